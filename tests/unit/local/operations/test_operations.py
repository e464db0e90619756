"""Dead letters listed and sent back, on queues in process."""

import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from articles.ids import new_id
from articles.jobs import Job, JobKind
from articles.keys import image_key, upload_object
from image_worker.dead_letters import DeadLetters
from local.delivery.site import Site
from local.errors import LocalError
from local.layout import CHECKOUT
from local.operations import __main__ as operations
from local.operations import place as places
from local.operations import queue as queues
from local.operations.place import Place
from local.operations.queue import DeadLetterQueue
from local.operations.redrive import Fate, redrive
from tests.dynamodb import create_table
from tests.unit.image_worker import events
from tests.unit.image_worker.fakes import client_error

REGION = "eu-central-1"

SESSION = boto3.session.Session("testing", "testing", region_name=REGION)
"""One for all tests: it keeps the services' models, which take longer to read than most tests to run."""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A stage `dev` on an account that has nothing else. No receive waits: moto has one server."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr("boto3.session.Session", lambda: SESSION)
    monkeypatch.setattr(queues.DeadLetterQueue.__init__, "__defaults__", (0,))
    with mock_aws():
        sqs = SESSION.client("sqs")
        for name in ("gazette-dev-image-jobs", "gazette-dev-image-jobs-dead-letters"):
            sqs.create_queue(QueueName=name)
        create_table(SESSION.client("dynamodb"), "gazette-dev-articles")
        yield places.find("dev")


@pytest.fixture
def queue(place: Place) -> DeadLetterQueue:
    return queue_of(place)


def queue_of(place: Place) -> DeadLetterQueue:
    return DeadLetterQueue(place.sqs, place.dead_letters_url, place.image_jobs_url, wait=0)


def job(image_id: str | None = None) -> str:
    return Job(JobKind.PROCESS_IMAGE, new_id(), image_id or new_id()).to_message()


def buried(place: Place, body: str, error: Exception | None = None, **attributes: Any) -> None:
    """What the worker does."""
    record = {
        "messageId": f"job-{new_id()}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "5"},
        "messageAttributes": attributes,
    }
    letters = DeadLetters(place.sqs, place.dead_letters_url)
    assert letters.bury(record, [error or client_error("AccessDeniedException")], request_id="r1")


def moved(place: Place, body: str) -> None:
    """What SQS does by itself: it says nothing."""
    place.sqs.send_message(QueueUrl=place.dead_letters_url, MessageBody=body)


def taken(place: Place, url: str) -> list[Any]:
    """Everything in a queue, taken out of it."""
    found: list[Any] = []
    while messages := place.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", []):
        found += messages
    return found


def listed(capsys: pytest.CaptureFixture[str]) -> Any:
    capsys.readouterr()
    assert operations.main(["dead-letters", "--stage", "dev", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# The list


def test_a_letter_is_listed_with_its_reason_and_its_images_state(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    article_id, image_id = new_id(), new_id()
    buried(place, Job(JobKind.PROCESS_IMAGE, article_id, image_id).to_message())
    put_image(place, article_id, image_id, status="processing", attempts=5)

    assert operations.main(["dead-letters", "--stage", "dev"]) == 0

    shown = capsys.readouterr()
    head, what, why, _, total = shown.out.splitlines()
    assert re.fullmatch(r"[0-9a-f-]{36}  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z, 5 tries", head)
    assert what == f"    process_image image {image_id} in article {article_id} (now processing, 5 attempts)"
    assert why == "    AccessDeniedException: DetectLabels was answered AccessDeniedException (HTTP status 400)."
    assert total == "1 dead letter in dev."
    assert shown.err == ""


def test_a_letter_without_a_report_says_why_it_has_none(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    article_id, image_id = new_id(), new_id()
    moved(place, events.s3_body(upload_object(article_id, image_id)))
    put_image(place, article_id, image_id, status="failed", error={"M": {"code": {"S": "analysis_failed"}}})

    operations.main(["dead-letters", "--stage", "dev"])

    _, what, why, *_ = capsys.readouterr().out.splitlines()
    assert what == f"    upload of image {image_id} in article {article_id} (now failed, analysis_failed)"
    assert why == "    no report: the function was killed or ran out of time or memory"


def test_poison_is_counted_not_shown(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    moved(place, '{"job": "\\u001b[2J", "article_id": "\\u001b[2J"}')
    moved(place, "\u00e9\u00e9")

    operations.main(["dead-letters", "--stage", "dev"])

    shown = capsys.readouterr().out
    assert "no job of ours, 4 bytes" in shown
    assert "\x1b" not in shown


def test_a_report_that_somebody_forged_moves_no_cursor(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.sqs.send_message(
        QueueUrl=place.dead_letters_url,
        MessageBody="x",
        MessageAttributes={"reason": {"DataType": "String", "StringValue": "a\n\tb"}},
    )

    operations.main(["dead-letters", "--stage", "dev"])

    assert "    a\ufffd\ufffdb: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "body", ["[]", '"x"', "{}", '{"Records": 1}', '{"Records": [1, {"s3": {"object": {"key": 1}}}]}']
)
def test_a_body_of_any_shape_can_be_listed(place: Place, capsys: pytest.CaptureFixture[str], body: str) -> None:
    moved(place, body)
    [letter] = listed(capsys)["dead_letters"]
    assert letter["body"] == body
    assert [subject["kind"] for subject in letter["subjects"]] == ["unknown"]


def test_more_than_one_call_brings_are_all_listed_once(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    bodies = [job() for _ in range(37)]
    for body in bodies:
        buried(place, body)

    first, second = listed(capsys), listed(capsys)

    assert sorted(letter["body"] for letter in first["dead_letters"]) == sorted(bodies)
    assert first["counted"] == 37
    assert len({letter["id"] for letter in first["dead_letters"]}) == 37
    # Nothing was taken, and nothing stays hidden.
    assert [letter["id"] for letter in second["dead_letters"]] == [letter["id"] for letter in first["dead_letters"]]


def test_programs_get_every_field(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    buried(place, job(), TypeError())
    moved(place, job())

    by_worker, by_sqs = sorted(listed(capsys)["dead_letters"], key=lambda letter: letter["reason"] is None)

    assert (by_worker["reason"], by_worker["tries"], by_worker["request_id"]) == ("TypeError", 5, "r1")
    assert by_worker["detail"] == "The function raised TypeError."
    assert by_sqs.keys() == by_worker.keys()
    assert (by_sqs["reason"], by_sqs["tries"], by_sqs["failed_at"]) == (None, None, None)
    assert by_sqs["subjects"][0]["image"] == {"status": "gone", "attempts": 0, "error": None}


def test_letters_in_another_hand_are_not_passed_over_in_silence(
    place: Place, queue: DeadLetterQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    buried(place, job())
    with queue.lent(60):
        operations.main(["dead-letters", "--stage", "dev"])

    shown = capsys.readouterr()
    assert shown.out == "No dead letters in dev.\n"
    assert "SQS counts about 1" in shown.err


def test_a_table_that_may_not_be_read_costs_the_state_and_nothing_else(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    buried(place, job())
    buried(place, job())
    place.dynamodb.delete_table(TableName=place.table_name)

    assert operations.main(["dead-letters", "--stage", "dev"]) == 0

    shown = capsys.readouterr()
    assert "2 dead letters in dev." in shown.out
    assert shown.err == ("The images' state is not shown: the table cannot be read (ResourceNotFoundException).\n")


def test_a_message_that_lies_there_twice_says_so(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    body = job()
    moved(place, body)
    [twin] = listed(capsys)["dead_letters"]
    record = {"messageId": twin["id"], "body": body, "attributes": {"ApproximateReceiveCount": "5"}}
    DeadLetters(place.sqs, place.dead_letters_url).bury(record, [TypeError()], request_id="r1")

    operations.main(["dead-letters", "--stage", "dev"])

    assert "no report: SQS moved it as well" in capsys.readouterr().out


# The redrive


def test_a_redrive_sends_the_message_as_it_was_and_takes_the_letter_away(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    body = job()
    buried(place, body, correlation_id={"stringValue": "c-1", "dataType": "String"})

    assert operations.main(["redrive", "--stage", "dev"]) == 0

    assert capsys.readouterr().out.endswith("1 dead letter sent back to work in dev.\n")
    [message] = taken(place, place.image_jobs_url)
    assert message["Body"] == body
    assert {name: value["StringValue"] for name, value in message["MessageAttributes"].items()} == {
        "correlation_id": "c-1"
    }
    assert taken(place, place.dead_letters_url) == []


def test_a_redrive_of_many_sends_each_once_and_a_second_one_nothing(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [job() for _ in range(23)]
    for body in bodies:
        moved(place, body)

    assert operations.main(["redrive", "--stage", "dev"]) == 0
    assert operations.main(["redrive", "--stage", "dev"]) == 0

    assert capsys.readouterr().out.endswith("No dead letters sent back to work in dev.\n")
    assert sorted(message["Body"] for message in taken(place, place.image_jobs_url)) == sorted(bodies)


def test_only_the_wanted_ones_go_by_either_of_their_ids(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    bodies = {name: job() for name in ("first", "second", "third")}
    for body in bodies.values():
        buried(place, body)
    letters = {letter["body"]: letter for letter in listed(capsys)["dead_letters"]}
    ids = f"{letters[bodies['first']]['id']},{letters[bodies['third']]['message_id']}"

    assert operations.main(["redrive", "--stage", "dev", "--id", ids]) == 0

    assert {message["Body"] for message in taken(place, place.image_jobs_url)} == {bodies["first"], bodies["third"]}
    # The other one is there for everybody, at once.
    assert [letter["body"] for letter in listed(capsys)["dead_letters"]] == [bodies["second"]]


def test_an_id_that_is_not_there_is_an_error_and_the_others_are_sent(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    body = job()
    buried(place, body)
    [letter] = listed(capsys)["dead_letters"]

    assert operations.main(["redrive", "--stage", "dev", "--id", f"nothing,{letter['id']}"]) == 1

    assert "✗ nothing  not in the dead letters" in capsys.readouterr().err
    assert [message["Body"] for message in taken(place, place.image_jobs_url)] == [body]


def test_killed_between_sending_and_deleting_it_is_there_twice(place: Place, queue: DeadLetterQueue) -> None:
    class Killed(BaseException):
        pass

    def die(**_: Any) -> None:
        raise Killed

    bodies = sorted([job(), job()])
    for body in bodies:
        buried(place, body)
    place.sqs.meta.events.register("before-call.sqs.DeleteMessage", die, unique_id="die")
    with pytest.raises(Killed):
        redrive(queue)
    place.sqs.meta.events.unregister("before-call.sqs.DeleteMessage", unique_id="die")

    assert redrive(queue).complete

    sent = Counter(message["Body"] for message in taken(place, place.image_jobs_url))
    assert sorted(sent) == bodies
    assert sorted(sent.values()) == [1, 2]
    assert taken(place, place.dead_letters_url) == []


def test_what_the_jobs_do_not_take_stays_and_is_free_at_once(
    place: Place, queue: DeadLetterQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    buried(place, job())
    place.sqs.delete_queue(QueueUrl=place.image_jobs_url)

    result = redrive(queue)

    assert [outcome.fate for outcome in result.outcomes] == [Fate.KEPT]
    assert not result.complete
    place.sqs.create_queue(QueueName="gazette-dev-image-jobs")
    assert len(listed(capsys)["dead_letters"]) == 1


def test_what_cannot_be_deleted_is_told(
    place: Place, queue: DeadLetterQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    buried(place, job())

    def refuse(**_: Any) -> None:
        raise client_error("AccessDenied", "DeleteMessage", 403)

    place.sqs.meta.events.register("before-call.sqs.DeleteMessage", refuse)
    outcomes = redrive(queue).outcomes

    assert [outcome.fate for outcome in outcomes] == [Fate.DOUBLED]
    assert outcomes[0].new_id
    assert len(taken(place, place.image_jobs_url)) == 1
    assert len(listed(capsys)["dead_letters"]) == 1


def test_two_redrives_at_once_send_each_letter_and_lose_none(place: Place) -> None:
    bodies = [job() for _ in range(40)]
    for body in bodies:
        buried(place, body)
    start = Barrier(2)

    def run() -> bool:
        queue = queue_of(place)
        start.wait()
        return redrive(queue).complete

    with ThreadPoolExecutor(2) as pool:
        results = [future.result() for future in [pool.submit(run) for _ in range(2)]]

    assert results == [True, True]
    assert sorted({message["Body"] for message in taken(place, place.image_jobs_url)}) == sorted(bodies)
    assert taken(place, place.dead_letters_url) == []


def test_what_is_buried_again_meanwhile_waits_for_the_next_redrive(place: Place, queue: DeadLetterQueue) -> None:
    buried(place, "poison")

    result = redrive(queue, tell=lambda outcome: buried(place, outcome.letter.body))

    assert len(result.outcomes) == 1
    assert len(taken(place, place.dead_letters_url)) == 1


def test_a_second_signal_does_not_keep_letters_from_being_given_back() -> None:
    # make passes a signal on that its child has got already.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(KeyboardInterrupt):
            operations._interrupt()
        assert {signal.getsignal(number) for number in before} == {signal.SIG_IGN}
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# Where


def test_a_stage_that_is_not_there_is_named(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert place.stage == "dev"
    assert operations.main(["dead-letters", "--stage", "prod"]) == 1
    assert "has no queue gazette-prod-image-jobs in eu-central-1: is prod deployed there" in capsys.readouterr().err


def test_a_local_cloud_that_is_not_up_says_what_to_do(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.environ", {"GAZETTE_LOCAL_DIR": str(tmp_path), "AWS_PROFILE": "production"})
    assert operations.main(["redrive"]) == 1
    assert "run `make up` first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), "does not answer: `make up` brings it back"),
        (client_error("InvalidParameterException", "AdminGetUser", 400), "has its programs' logs"),
    ],
)
def test_up_is_advised_where_the_local_cloud_does_not_answer(error: Any, advice: str) -> None:
    assert advice in operations._advice("local", error)


def test_an_erasure_of_nobody_asks_whose(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("os.environ", {})
    assert operations.main(["erase-author", "--author", ""]) == 1
    assert capsys.readouterr().err == "✗ Say whose: AUTHOR=<sub or name>.\n"


def test_missing_credentials_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)

    def nobody(*_: object, **__: object) -> Any:
        raise NoCredentialsError

    monkeypatch.setattr("boto3.session.Session.client", nobody)
    assert operations.main(["dead-letters", "--stage", "dev"]) == 1
    assert "AWS takes no credentials from here" in capsys.readouterr().err


def test_refused_credentials_are_told_what_it_takes(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_self: object) -> int:
        raise client_error("AccessDenied", "GetQueueAttributes", 403)

    assert place.stage == "dev"
    monkeypatch.setattr(queues.DeadLetterQueue, "count", refuse)
    assert operations.main(["dead-letters", "--stage", "dev"]) == 1
    assert "lists the permissions" in capsys.readouterr().err


def test_another_error_of_the_look_up_is_let_through(place: Place) -> None:
    class Sqs:
        def get_queue_url(self, **_: Any) -> Any:
            raise client_error("AccessDenied", "GetQueueUrl", 403)

    class Session:
        def client(self, *_: Any, **__: Any) -> Any:
            return Sqs()

    assert place.stage == "dev"
    with pytest.raises(ClientError):
        places._on_aws("dev", Site("1", REGION, Session()))  # type: ignore[arg-type]
    with pytest.raises(LocalError):
        places.find("prod")


# The Makefile


@pytest.mark.parametrize(
    ("arguments", "environment", "command"),
    [
        (["dead-letters"], {}, "dead-letters --stage 'local'"),
        (["dead-letters", "STAGE=dev", "JSON=1"], {}, "dead-letters --stage 'dev' --json"),
        (["dead-letters", "JSON=0"], {"STAGE": "prod"}, "dead-letters --stage 'prod'"),
        (["redrive"], {}, "redrive --stage 'local'"),
        (["redrive", "STAGE=prod", "ID=a,b"], {}, "redrive --stage 'prod' --id 'a,b'"),
        (["plan"], {}, "plan --stage 'dev'"),
    ],
)
def test_the_stage_is_local_unless_somebody_says_otherwise(
    arguments: list[str], environment: dict[str, str], command: str
) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", *arguments],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.rstrip().endswith(command)


def put_image(place: Place, article_id: str, image_id: str, *, status: str, **more: Any) -> None:
    item: dict[str, Any] = {name: {"S": value} for name, value in image_key(article_id, image_id).items()}
    item["status"] = {"S": status}
    for name, value in more.items():
        item[name] = {"N": str(value)} if isinstance(value, int) else value
    place.dynamodb.put_item(TableName=place.table_name, Item=item)
