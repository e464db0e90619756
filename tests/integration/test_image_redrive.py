"""From the dead letters back to work, with the worker, the sweeper and the operator's command on the same queues."""

import pytest

from articles.model import ImageStatus
from articles.table import Table
from image_worker.sweeper import MAX_ATTEMPTS
from local.operations.queue import DeadLetterQueue
from local.operations.redrive import redrive
from tests.integration.image_pipeline import MAX_RECEIVE_COUNT, Pipeline
from tests.unit.image_worker.fakes import client_error


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    return Pipeline(table)


@pytest.fixture
def queue(pipeline: Pipeline) -> DeadLetterQueue:
    return DeadLetterQueue(pipeline.sqs, pipeline.dead_letter_queue_url, pipeline.queue_url, wait=0)


def fail_for_good(pipeline: Pipeline, body: str, attempts: int = MAX_RECEIVE_COUNT) -> None:
    """Rekognition refuses it, message after message."""
    for attempt in range(attempts):
        pipeline.rekognition.errors = [client_error("AccessDeniedException")]
        pipeline.deliver(body, tries=attempt % MAX_RECEIVE_COUNT + 1)


def work(pipeline: Pipeline) -> None:
    for body in pipeline.queued():
        assert pipeline.deliver(body) == []


def test_a_picture_becomes_ready_by_a_redrive(pipeline: Pipeline, queue: DeadLetterQueue) -> None:
    image, body = pipeline.uploaded()
    fail_for_good(pipeline, body)
    assert pipeline.read(image).status is ImageStatus.PROCESSING

    [outcome] = redrive(queue).outcomes
    work(pipeline)

    assert outcome.letter.report["reason"] == "AccessDeniedException"
    assert pipeline.read(image).status is ImageStatus.READY
    assert [message["type"] for message in pipeline.notifications()] == ["image.ready"]


def test_also_one_that_the_sweeper_gave_up_meanwhile(pipeline: Pipeline, queue: DeadLetterQueue) -> None:
    image, body = pipeline.uploaded()
    fail_for_good(pipeline, body, MAX_ATTEMPTS)
    pipeline.clock.advance(hours=2)
    pipeline.sweep_and_work()
    assert pipeline.read(image).status is ImageStatus.FAILED

    assert len(redrive(queue).outcomes) == MAX_ATTEMPTS // MAX_RECEIVE_COUNT  # two messages were spent on it
    work(pipeline)

    assert pipeline.read(image).status is ImageStatus.READY
    assert [message["type"] for message in pipeline.notifications()] == ["image.failed", "image.ready"]
    assert pipeline.rekognition.calls("DetectLabels") == MAX_ATTEMPTS + 1  # the second message found nothing to do


def test_one_that_was_done_meanwhile_is_not_done_again(pipeline: Pipeline, queue: DeadLetterQueue) -> None:
    image, body = pipeline.uploaded()
    fail_for_good(pipeline, body)
    pipeline.clock.advance(hours=2)
    pipeline.sweep_and_work()
    before = pipeline.read(image)
    assert before.status is ImageStatus.READY

    assert redrive(queue).complete
    work(pipeline)

    assert pipeline.read(image) == before
    assert len(pipeline.notifications()) == 1


def test_one_that_was_deleted_meanwhile_stays_deleted(pipeline: Pipeline, queue: DeadLetterQueue) -> None:
    image, body = pipeline.uploaded()
    fail_for_good(pipeline, body)
    pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())
    pipeline.clock.advance(hours=2)
    pipeline.sweep_and_work()

    assert redrive(queue).complete
    work(pipeline)

    assert (pipeline.uploads(), pipeline.renditions()) == ([], {})
    assert not any(image.id in item for item in pipeline.items())
