"""Rekognition's daily budget: who has to wait for the next day waits, and nothing is lost, failed or paid meanwhile."""

import logging
from datetime import timedelta

import pytest

from articles import keys
from articles.budget import AnalysisBudget
from articles.errors import BudgetUsedUpError
from articles.model import Image, ImageStatus
from articles.table import Table
from image_worker.process import BUDGET_USED_UP
from image_worker.sweeper import MAX_ATTEMPTS
from tests.dynamodb import Wire
from tests.integration.image_pipeline import Environment, Pipeline
from tests.unit.image_worker import pictures
from tests.unit.image_worker.fakes import client_error

HOUR = timedelta(hours=1)


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    """One whose worker may have two pictures a day analysed. It is noon."""
    return allow(Pipeline(table), 2)


def allow(pipeline: Pipeline, analyses: int) -> Pipeline:
    """Deploys the worker anew, with that budget."""
    environment = Environment(pipeline.places, pipeline.rekognition, pipeline.clock, analyses_per_day=analyses)
    pipeline.batch, pipeline.s3, pipeline.worker_clients = environment.batch, environment.s3, environment.clients
    return pipeline


def delivered(pipeline: Pipeline, side: int) -> Image:
    """An image after its event was delivered and reported done; each side makes another picture."""
    image, body = pipeline.uploaded(data=pictures.jpeg(side, 100))
    assert pipeline.deliver(body) == []
    return pipeline.read(image)


def asked(pipeline: Pipeline) -> tuple[int, int]:
    return pipeline.rekognition.calls("DetectLabels"), pipeline.rekognition.calls("DetectModerationLabels")


def taken(pipeline: Pipeline) -> int:
    item = pipeline.table.get(keys.analysis_budget_key(f"{pipeline.clock():%Y-%m-%d}"))
    return item["calls"] if item else 0


def exhausted(pipeline: Pipeline) -> Image:
    """The first image that has to wait."""
    for side in (100, 101):
        assert delivered(pipeline, side).status is ImageStatus.READY
    return delivered(pipeline, 102)


def sweep_until(pipeline: Pipeline, image: Image, status: ImageStatus, *, within: timedelta) -> Image:
    """Sweeps every ten minutes, and lets the worker do what is asked for."""
    end = pipeline.clock() + within
    while pipeline.clock() < end:
        pipeline.clock.advance(minutes=10)
        pipeline.sweep_and_work()
        if (now := pipeline.read(image)).status is status:
            return now
    raise AssertionError(f"still {now.status} after {within}")


def test_when_it_is_used_up_an_image_waits(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        waiting = exhausted(pipeline)

    assert asked(pipeline) == (2, 2)
    assert taken(pipeline) == 4
    assert (waiting.status, waiting.error, waiting.claim, waiting.attempts) == (ImageStatus.PROCESSING, None, None, 0)
    assert waiting.due_at is not None
    assert HOUR <= waiting.due_at - pipeline.clock() <= 2 * HOUR
    assert [record.message for record in caplog.records] == [BUDGET_USED_UP]
    assert len(pipeline.notifications()) == 2
    assert len(pipeline.uploads()) == 1
    assert pipeline.taken(pipeline.dead_letter_queue_url) == []


def test_it_goes_on_in_the_first_hours_of_the_next_day(pipeline: Pipeline) -> None:
    waiting = exhausted(pipeline)
    looked_at = 0
    while pipeline.clock().day == 1:
        assert pipeline.read(waiting).attempts == 0
        looked_at += pipeline.sweep_and_work().get("process_image", 0)
        pipeline.clock.advance(minutes=10)
    assert 6 <= looked_at <= 12 < 2 * MAX_ATTEMPTS
    assert asked(pipeline) == (2, 2)

    ready = sweep_until(pipeline, waiting, ImageStatus.READY, within=2 * HOUR)

    assert (ready.attempts, ready.waited, taken(pipeline)) == (1, False, 2)
    assert len(pipeline.notifications()) == 3
    assert pipeline.uploads() == []


def test_when_it_is_raised_nobody_waits_for_midnight(pipeline: Pipeline) -> None:
    waiting = exhausted(pipeline)
    allow(pipeline, 3)
    sweep_until(pipeline, waiting, ImageStatus.READY, within=2 * HOUR + timedelta(minutes=10))
    assert (pipeline.clock().day, taken(pipeline)) == (1, 6)


def test_whoever_waits_costs_no_download(pipeline: Pipeline) -> None:
    waiting = exhausted(pipeline)
    before = pipeline.clock()
    pipeline.clock.advance(hours=2)
    calls: list[str] = []
    for client in pipeline.worker_clients:
        client.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    pipeline.sweep_and_work()
    assert calls == ["UpdateItem", "GetObject", "GetItem", "UpdateItem"]
    assert (pipeline.read(waiting).due_at or before) >= pipeline.clock() + HOUR


def test_an_identical_picture_needs_no_budget(pipeline: Pipeline) -> None:
    exhausted(pipeline)
    assert delivered(pipeline, 100).status is ImageStatus.READY
    assert (asked(pipeline), taken(pipeline)) == ((2, 2), 4)


def test_a_picture_that_is_none_takes_nothing(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded(data=b"no picture")
    assert pipeline.deliver(body) == []
    assert (pipeline.read(image).status, taken(pipeline)) == (ImageStatus.FAILED, 0)


def test_only_the_call_that_is_missing_is_taken_again(pipeline: Pipeline) -> None:
    pipeline.rekognition.errors = [client_error("ThrottlingException")]
    image, body = pipeline.uploaded()
    assert pipeline.deliver(body) == ["m0"]
    assert taken(pipeline) == 2
    assert pipeline.deliver(body, tries=2) == []
    assert (pipeline.read(image).status, taken(pipeline)) == (ImageStatus.READY, 3)
    # One call is left, a picture needs two.
    assert delivered(pipeline, 300).status is ImageStatus.PROCESSING
    assert (asked(pipeline), taken(pipeline)) == ((2, 1), 3)


def test_an_upload_that_went_while_its_image_waited_is_told_to_be_missing(pipeline: Pipeline) -> None:
    waiting = exhausted(pipeline)
    pipeline.s3.delete_object(Bucket="uploads", Key=keys.upload_object(waiting.article_id, waiting.id))
    failed = sweep_until(pipeline, waiting, ImageStatus.FAILED, within=3 * HOUR)
    assert failed.error is not None
    assert failed.error.code == "upload_missing"


def test_a_deleted_image_waits_no_more(pipeline: Pipeline) -> None:
    waiting = exhausted(pipeline)
    pipeline.images.bury(waiting.article_id, waiting.id, due_at=pipeline.clock())
    pipeline.clock.advance(minutes=2)
    pipeline.sweep_and_work()
    assert not any(waiting.id in item for item in pipeline.items())
    assert pipeline.uploads() == []


def test_none_is_kept_where_there_is_no_limit(pipeline: Pipeline) -> None:
    allow(pipeline, 0)
    for side in range(100, 104):
        assert delivered(pipeline, side).status is ImageStatus.READY
    assert taken(pipeline) == 0


def test_what_it_costs(pipeline: Pipeline, wire: Wire) -> None:
    budget = AnalysisBudget(pipeline.table, analyses_per_day=1, now=pipeline.clock)
    wire.forget()
    budget.take(2)
    with pytest.raises(BudgetUsedUpError) as used_up:
        budget.take(1)
    with pytest.raises(BudgetUsedUpError):
        budget.check()
    assert wire.calls == ["UpdateItem", "UpdateItem", "GetItem"]
    assert used_up.value.until == pipeline.clock() + timedelta(hours=12)
