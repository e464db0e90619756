"""What cannot be done ends in the dead letters with its reason; two commands show it there and send it back."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local.layout import CHECKOUT
from local.operations import place
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.unit.image_worker.events import sqs_event

pytestmark = pytest.mark.e2e

PATIENCE = 60.0  # seconds until the worker must have put a message where it belongs


def _make(stack: RunningStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "GAZETTE_LOCAL_DIR": str(stack.layout.root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _letters(stack: RunningStack) -> list[dict[str, Any]]:
    listed = _make(stack, "--silent", "dead-letters", "JSON=1")
    assert listed.returncode == 0, listed.stderr
    letters: list[dict[str, Any]] = json.loads(listed.stdout)["dead_letters"]
    return letters


def _letter(stack: RunningStack, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The letter that fits, once it is there; other tests' letters lie beside it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for letter in _letters(stack):
            if fits(letter):
                return letter
        assert time.monotonic() < deadline, "it did not arrive in the dead letters"


def _about(image: dict[str, Any]) -> Callable[[dict[str, Any]], bool]:
    return lambda letter: any(subject["image_id"] == image["id"] for subject in letter["subjects"])


@contextmanager
def _quick_tries(stack: RunningStack) -> Iterator[None]:
    """Inside, a message that nothing cures comes again after seconds; the real time is six times the function's."""
    url = stack.outputs["image_jobs_queue_url"]
    asked = ["VisibilityTimeout"]
    usual = stack.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]  # type: ignore[arg-type]
    stack.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    try:
        yield
    finally:
        stack.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)  # type: ignore[arg-type]


def _deliver(stack: RunningStack, body: str) -> Any:
    """One invocation of the worker with that message; gives the answer once it is through."""
    event = sqs_event(body)
    answer = stack.clients.lambda_.invoke(
        FunctionName=stack.outputs["worker_function"], Payload=json.dumps(event).encode()
    )
    return json.loads(answer["Payload"].read())


def test_the_queues_have_the_names_that_the_commands_look_for_on_aws(stack: RunningStack) -> None:
    for output, name in (
        ("image_jobs_queue_url", place.image_jobs_name("local")),
        ("dead_letter_queue_url", place.dead_letters_name("local")),
        ("table_name", place.table_name("local")),
    ):
        assert stack.outputs[output].rpartition("/")[2] == name


def test_poison_is_buried_at_once_and_a_redrive_does_no_harm(stack: RunningStack) -> None:
    poison = f"poison {time.time_ns()}"
    sent = stack.clients.sqs.send_message(
        QueueUrl=stack.outputs["image_jobs_queue_url"],
        MessageBody=poison,
        MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": "c-1"}},
    )

    letter = _letter(stack, lambda letter: letter["body"] == poison)

    assert letter["message_id"] == sent["MessageId"]
    assert (letter["reason"], letter["detail"], letter["tries"]) == ("PoisonError", "The body is no JSON.", 1)
    shown = _make(stack, "dead-letters").stdout
    assert letter["id"] in shown
    assert "PoisonError: The body is no JSON." in shown
    assert poison not in shown

    assert _make(stack, "redrive", f"ID={letter['id']}").returncode == 0

    again = _letter(stack, lambda other: other["body"] == poison and other["id"] != letter["id"])
    assert again["tries"] == 1
    assert [other["id"] for other in _letters(stack) if other["body"] == poison] == [again["id"]]
    # The first one is gone: who asks for it learns that.
    missing = _make(stack, "redrive", f"ID={letter['id']}")
    assert missing.returncode != 0
    assert f"{letter['id']}  not in the dead letters" in missing.stderr


def test_a_picture_that_was_given_up_becomes_ready_by_a_redrive(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()
    with _quick_tries(stack):
        # An error of every call that no try cures: somebody took the permission away, say.
        stack.rekognition.fail_next("AccessDeniedException", times=1000)
        try:
            image = alice.upload(article["id"], photograph)
            letter = _letter(stack, _about(image))
        finally:
            stack.rekognition.reset()
    assert (letter["reason"], letter["tries"]) == ("AccessDeniedException", 5)
    assert "was answered AccessDeniedException (HTTP status 400)" in letter["detail"]
    [subject] = letter["subjects"]
    assert (subject["kind"], subject["article_id"]) == ("upload", article["id"])
    assert (subject["image"]["status"], subject["image"]["attempts"]) == ("processing", 5)
    assert alice.image(image)["status"] == "processing"

    redriven = _make(stack, "redrive", f"ID={letter['message_id']}")

    assert redriven.returncode == 0, redriven.stderr
    assert "1 dead letter sent back to work in local." in redriven.stdout
    ready = alice.wait_for(image)
    assert ready["status"] == "ready"
    counts = stack.rekognition.counts()
    # Once more, as after a redrive that was killed halfway: it finds nothing to do, and does not come back.
    assert _deliver(stack, letter["body"]) == {"batchItemFailures": []}
    assert alice.image(image)["analysed_at"] == ready["analysed_at"]
    assert stack.rekognition.counts() == counts
    assert not any(map(_about(image), _letters(stack)))
