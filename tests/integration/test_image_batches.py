"""Batches of messages on moto's AWS: several pictures at once, and batches whose time runs out."""

import json
from threading import RLock
from typing import Any

import pytest

from articles.model import ImageStatus
from articles.table import Table
from image_worker.clients import BULKY, QUICK
from image_worker.deadline import guard
from tests.integration.image_pipeline import Environment, Killed, Pipeline
from tests.unit.image_worker import events, pictures
from tests.unit.image_worker.fakes import Context, client_error


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    return Pipeline(table)


def environment_of(pipeline: Pipeline, at_once: int) -> Environment:
    environment = Environment(pipeline.places, pipeline.rekognition, pipeline.clock, at_once=at_once)
    # moto's DynamoDB copies whole tables for a transaction: nothing may write to them meanwhile.
    call, lock = environment.dynamodb._make_api_call, RLock()

    def one_at_a_time(*arguments: Any) -> Any:
        with lock:
            return call(*arguments)

    environment.dynamodb._make_api_call = one_at_a_time
    return environment


@pytest.fixture
def environment(pipeline: Pipeline) -> Environment:
    """Four pictures at once."""
    return environment_of(pipeline, 4)


def deliver(environment: Environment, *bodies: str, tries: int = 1, context: Context | None = None) -> list[str]:
    return events.failed(environment.batch.run(events.sqs_event(*bodies, tries=tries), context or Context()))


def test_ten_messages_at_once_with_bad_ones_among_them(pipeline: Pipeline, environment: Environment) -> None:
    article = pipeline.article()
    sizes = [(300 + 10 * n, 200) for n in range(7)]
    good = [pipeline.uploaded(article, pictures.jpeg(*size)) for size in sizes]
    broken, broken_body = pipeline.uploaded(article, pictures.jpeg()[:2000])
    bodies = [body for _, body in good]
    twice = bodies[0]

    answer = deliver(environment, *bodies[:3], "{no json", *bodies[3:], broken_body, twice)

    assert answer == []
    assert pipeline.read(broken).status is ImageStatus.FAILED
    ready = [pipeline.read(image) for image, _ in good]
    assert [(image.status, image.width, image.height) for image in ready] == [
        (ImageStatus.READY, width, height) for width, height in sizes
    ]
    assert len(pipeline.renditions()) == 2 * len(good)
    assert pipeline.rekognition.calls("DetectLabels") == len(good)
    assert sorted(pipeline.labels()["Dog"]) == sorted(image.id for image in ready)
    sent = pipeline.notifications()
    assert {message["id"] for message in sent} == {pipeline.read(image).event_id for image in [broken, *ready]}
    assert pipeline.taken(pipeline.dead_letter_queue_url) == ["{no json"]


def test_a_failure_among_several_at_once_comes_again_alone(pipeline: Pipeline, environment: Environment) -> None:
    pipeline.rekognition.errors = [client_error("ThrottlingException")]
    images, bodies = zip(*[pipeline.uploaded(data=pictures.jpeg(300 + n, 200)) for n in range(4)], strict=True)
    [failed] = deliver(environment, *bodies)
    assert [pipeline.read(image).status for image in images].count(ImageStatus.READY) == 3
    assert deliver(environment, bodies[int(failed.removeprefix("m"))], tries=2) == []
    assert {pipeline.read(image).status for image in images} == {ImageStatus.READY}


@pytest.mark.parametrize("name", ["large", "thumbnail"])
def test_where_one_rendition_cannot_be_written_both_calls_are_over_and_the_job_is_tried_again(
    pipeline: Pipeline, environment: Environment, name: str
) -> None:
    tried: list[str] = []

    def refuse(params: dict[str, str], **_: object) -> None:
        tried.append(params["Key"].rsplit("/", 1)[1])
        if params["Key"].endswith(f"{name}.jpg"):
            raise client_error("SlowDown", "PutObject", status=503)

    environment.s3.meta.events.register("provide-client-params.s3.PutObject", refuse, unique_id="refuse")
    image, body = pipeline.uploaded()
    assert deliver(environment, body) == ["m0"]
    assert sorted(tried) == ["large.jpg", "thumbnail.jpg"]
    waiting = pipeline.read(image)
    assert (waiting.status, waiting.claim) == (ImageStatus.PROCESSING, None)

    environment.s3.meta.events.unregister("provide-client-params.s3.PutObject", unique_id="refuse")
    assert deliver(environment, body, tries=2) == []
    ready = pipeline.read(image)
    assert ready.status is ImageStatus.READY
    pipeline.clock.advance(minutes=10)
    pipeline.sweep_and_work()
    assert {key.split("/")[-2] for key in pipeline.renditions()} == {ready.renditions}


def test_what_kills_one_of_several_at_once_kills_the_batch(pipeline: Pipeline, environment: Environment) -> None:
    images, bodies = zip(*[pipeline.uploaded(data=pictures.jpeg(300 + n, 200)) for n in range(3)], strict=True)

    def die(**_: object) -> None:
        raise Killed

    environment.sns.meta.events.register("before-call.sns.Publish", die, unique_id="kill")
    with pytest.raises(Killed):
        deliver(environment, *bodies)
    environment.sns.meta.events.unregister("before-call.sns.Publish", unique_id="kill")

    pipeline.clock.advance(minutes=6)
    assert deliver(environment, *bodies, tries=2) == []
    pipeline.clock.advance(minutes=2)
    pipeline.sweep_and_work()
    ready = [pipeline.read(image) for image in images]
    assert {image.status for image in ready} == {ImageStatus.READY}
    assert {message["id"] for message in pipeline.notifications()} == {image.event_id for image in ready}


@pytest.mark.parametrize("at_once", [1, 4])
def test_a_job_whose_time_runs_out_is_released_and_reported_and_pays_rekognition_once(
    pipeline: Pipeline, at_once: int
) -> None:
    environment = environment_of(pipeline, at_once)
    for client in environment.clients:
        longest = BULKY if client is environment.s3 else QUICK
        client.meta.events.register_first("before-send", guard(longest))
    image, body = pipeline.uploaded()
    context = Context()
    pipeline.rekognition.meanwhile = lambda: context.remaining.__setitem__(0, 15_000)

    assert deliver(environment, body, context=context) == ["m0"]

    waiting = pipeline.read(image)
    assert (waiting.status, waiting.claim) == (ImageStatus.PROCESSING, None)
    assert pipeline.renditions() == {}
    assert deliver(environment, body, tries=2) == []
    assert pipeline.read(image).status is ImageStatus.READY
    assert pipeline.rekognition.calls("DetectLabels") == 1


def test_a_message_of_s3_that_asks_for_nothing_is_done(environment: Environment) -> None:
    assert deliver(environment, json.dumps({"Event": "s3:TestEvent"})) == []
