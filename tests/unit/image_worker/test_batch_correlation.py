"""The correlation id on its way through the worker: from a message or the claimed image, to lines and dead letters."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from articles import correlation, logs
from articles.metrics import Metrics
from image_worker.batch import Batch
from image_worker.dead_letters import DeadLetters
from image_worker.deadline import Deadline
from image_worker.events import Work
from tests.emf import metrics_in
from tests.unit.image_worker import events
from tests.unit.image_worker.fakes import Clock, Context
from tests.unit.image_worker.test_batch import FakeSqs, run, upload

OF_THE_MESSAGE = "6f9619ff-8b86-4d11-b42d-00c04fc964ff"
OF_THE_IMAGE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def fail(_: Work, __: Deadline) -> None:
    raise ZeroDivisionError


def claim_and_fail(_: Work, __: Deadline) -> None:
    correlation.follow(OF_THE_IMAGE)
    raise ZeroDivisionError


def deliver(handle: Any, *bodies: str, attribute: str | None = None, at_once: int = 1, tries: int = 5) -> FakeSqs:
    sqs = FakeSqs()
    client: Any = sqs
    batch = Batch(
        handle,
        client,
        DeadLetters(client, "https://dead-letters", Clock()),
        queue_url="https://queue",
        uploads_bucket=events.UPLOADS_BUCKET,
        max_receive_count=5,
        at_once=at_once,
        metrics=Metrics("image_worker", "gazette-test", write=lambda _: None),
        now=Clock(),
    )
    event = events.sqs_event(*bodies, tries=tries)
    if attribute:
        event["Records"][0]["messageAttributes"] = {"correlation_id": {"dataType": "String", "stringValue": attribute}}
    batch.run(event, Context())
    return sqs


def carried(letter: dict[str, Any]) -> str | None:
    value: str | None = letter["MessageAttributes"].get("correlation_id", {}).get("StringValue")
    return value


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_dead_letter_goes_on_with_the_id_of_the_image_that_failed(at_once: int) -> None:
    first, second = deliver(claim_and_fail, upload(), upload(), at_once=at_once).buried
    assert (carried(first), carried(second)) == (OF_THE_IMAGE, OF_THE_IMAGE)
    assert correlation.current() is None


def test_or_with_that_of_its_message_which_a_redrive_left_on_it() -> None:
    (letter,) = deliver(fail, upload(), attribute=OF_THE_MESSAGE).buried
    assert carried(letter) == OF_THE_MESSAGE


def test_one_that_got_no_id_has_none_also_behind_one_that_did() -> None:
    bad, known = upload(), upload()

    def handle(work: Work, deadline: Deadline) -> None:
        if str(work.image_id) in known:
            claim_and_fail(work, deadline)
        raise ZeroDivisionError

    first, second = deliver(handle, known, bad).buried
    assert (carried(first), carried(second)) == (OF_THE_IMAGE, None)


def test_poison_keeps_its_id() -> None:
    (letter,) = deliver(fail, "poison", attribute=OF_THE_MESSAGE, tries=1).buried
    assert carried(letter) == OF_THE_MESSAGE


def test_the_line_about_a_failure_has_the_id(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("image_worker", "INFO")
    deliver(claim_and_fail, upload(), attribute=OF_THE_MESSAGE, tries=1)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["message"], line["correlation_id"]) == ("a job failed", OF_THE_IMAGE)


def test_what_fails_and_comes_again_is_a_retry_and_what_is_buried_is_none() -> None:
    lines: list[str] = []
    run(fail, upload(), upload(), metrics=lines)
    (line,) = lines
    assert metrics_in(line) == {("Retries", ("gazette-test", "image_worker")): [2]}
    run(fail, upload(), upload(), metrics=lines, tries=5)
    assert len(lines) == 1
