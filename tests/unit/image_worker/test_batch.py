"""The batch: each message on its own, and an end in time."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from articles.ids import new_id
from articles.keys import upload_object
from articles.metrics import Metrics
from image_worker.batch import LONGEST_PAUSE, Batch, pause_after
from image_worker.dead_letters import DeadLetters
from image_worker.deadline import Deadline
from image_worker.events import UploadArrived, Work
from tests.unit.image_worker import events
from tests.unit.image_worker.fakes import Clock, Context, client_error


class FakeSqs:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.changes: dict[str, int] = {}
        self.buried: list[dict[str, Any]] = []

    def send_message(self, **request: Any) -> None:
        if self.error:
            raise self.error
        assert request["QueueUrl"] == "https://dead-letters"
        self.buried.append(request)

    def change_message_visibility(self, **request: Any) -> None:
        if self.error:
            raise self.error
        assert request["QueueUrl"] == "https://queue"
        self.changes[request["ReceiptHandle"]] = request["VisibilityTimeout"]


def upload(image_id: str | None = None) -> str:
    return events.s3_body(upload_object(new_id(), image_id or new_id()))


def run(
    handle: Callable[[Work, Deadline], None],
    *bodies: str,
    sqs: FakeSqs | None = None,
    context: Context | None = None,
    tries: int = 1,
    at_once: int = 1,
    metrics: list[str] | None = None,
) -> list[str]:
    client: Any = sqs or FakeSqs()  # it has the two methods that matter
    batch = Batch(
        handle,
        client,
        DeadLetters(client, "https://dead-letters", Clock()),
        queue_url="https://queue",
        uploads_bucket=events.UPLOADS_BUCKET,
        max_receive_count=5,
        at_once=at_once,
        metrics=Metrics("image_worker", "gazette-test", write=metrics.append if metrics is not None else print),
        now=Clock(),
    )
    return events.failed(batch.run(events.sqs_event(*bodies, tries=tries), context or Context()))


def raising(error: BaseException, image_id: str) -> Callable[[Work, Deadline], None]:
    """A handler that fails for one image and is content with every other."""

    def handle(work: Work, _: Deadline) -> None:
        if work.image_id == image_id:
            raise error

    return handle


def test_all_is_well_when_nothing_fails() -> None:
    seen: list[Work] = []
    assert run(lambda work, _: seen.append(work), upload(), upload()) == []
    assert len(seen) == 2


@pytest.mark.parametrize("error", [RuntimeError("a bug"), client_error("ThrottlingException")])
def test_a_failure_is_reported_and_its_neighbours_are_done(error: Exception) -> None:
    bad = new_id()
    assert run(raising(error, bad), upload(), upload(bad), upload()) == ["m1"]


def test_poison_goes_to_the_dead_letters_at_once_and_counts_as_done(caplog: pytest.LogCaptureFixture) -> None:
    sqs, seen = FakeSqs(), []
    assert run(lambda work, _: seen.append(work), "poison", upload(), sqs=sqs) == []
    assert len(seen) == 1
    [buried] = sqs.buried
    assert buried["MessageBody"] == "poison"
    assert buried["MessageAttributes"]["reason"]["StringValue"] == "PoisonError"
    assert buried["MessageAttributes"]["request_id"]["StringValue"] == "request-1"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "poison" not in caplog.text


def test_poison_that_cannot_be_buried_is_reported_and_left_at_the_queues_pace() -> None:
    sqs = FakeSqs(client_error("AccessDenied", "SendMessage", 403))
    assert run(lambda *_: None, "poison", upload(), sqs=sqs) == ["m0"]
    assert sqs.changes == {}


def test_the_other_records_of_a_message_are_done_though_one_fails() -> None:
    bad, seen = new_id(), []

    def handle(work: Work, _: Deadline) -> None:
        if work.image_id == bad:
            raise RuntimeError
        seen.append(work)

    records = [events.s3_record(upload_object(new_id(), bad)), events.s3_record(upload_object(new_id(), new_id()))]
    assert run(handle, json.dumps({"Records": records})) == ["m0"]
    assert len(seen) == 1


def test_what_passes_soon_comes_again_soon() -> None:
    sqs, bad = FakeSqs(), new_id()
    run(raising(EndpointConnectionError(endpoint_url="https://x"), bad), upload(), upload(bad), sqs=sqs, tries=2)
    assert list(sqs.changes) == ["handle-1"]
    assert 10 <= sqs.changes["handle-1"] <= 20


@pytest.mark.parametrize("error", [client_error("AccessDeniedException"), TypeError("a bug")])
def test_what_needs_an_operator_comes_again_at_the_queues_pace(error: Exception) -> None:
    sqs, bad = FakeSqs(), new_id()
    assert run(raising(error, bad), upload(bad), sqs=sqs) == ["m0"]
    assert sqs.changes == {}


@pytest.mark.parametrize("error", [client_error("ThrottlingException"), TypeError("a bug")])
def test_before_the_last_try_nothing_is_buried(error: Exception) -> None:
    sqs, bad = FakeSqs(), new_id()
    assert run(raising(error, bad), upload(bad), sqs=sqs, tries=4) == ["m0"]
    assert sqs.buried == []


def test_after_the_last_try_a_message_goes_to_the_dead_letters(caplog: pytest.LogCaptureFixture) -> None:
    sqs, bad = FakeSqs(), new_id()
    assert run(raising(client_error("ThrottlingException"), bad), upload(), upload(bad), sqs=sqs, tries=5) == []
    [buried] = sqs.buried
    assert buried["MessageAttributes"]["message_id"]["StringValue"] == "m1"
    assert buried["MessageAttributes"]["reason"]["StringValue"] == "ThrottlingException"
    assert sqs.changes == {}
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert record.__dict__["reason"] == "ThrottlingException"


def test_a_visibility_that_cannot_be_changed_does_not_matter() -> None:
    bad = new_id()
    sqs = FakeSqs(client_error("AccessDenied", "ChangeMessageVisibility"))
    assert run(raising(client_error("ThrottlingException"), bad), upload(bad), sqs=sqs) == ["m0"]


def test_the_batch_ends_in_time_and_reports_the_rest() -> None:
    sqs, seen = FakeSqs(), []
    context = Context([60_000, 8_000])
    assert run(lambda work, _: seen.append(work), *[upload() for _ in range(4)], sqs=sqs, context=context) == [
        "m2",
        "m3",
    ]
    assert len(seen) == 2
    assert set(sqs.changes) == {"handle-2", "handle-3"}


def test_the_first_message_is_begun_however_little_time_there_is() -> None:
    seen: list[Work] = []
    assert run(lambda work, _: seen.append(work), upload(), context=Context([3_000])) == []
    assert isinstance(seen[0], UploadArrived)


def test_a_lease_outlives_the_function() -> None:
    clock = Clock()
    assert (Deadline(Context([60_000]), clock).lease_until() - clock()).total_seconds() == 65


def test_pauses_grow_are_random_and_have_an_end() -> None:
    for tries, longest in [(1, 10), (2, 20), (3, 40), (20, LONGEST_PAUSE)]:
        pauses = {pause_after(tries) for _ in range(50)}
        assert len(pauses) > 10
        assert all(longest / 2 <= pause <= longest for pause in pauses)
