"""Who may still write, what is still owed, and who may try again: the image pipeline's leases on moto's AWS."""

from datetime import timedelta

import pytest

from articles import keys
from articles.claims import NotClaimed
from articles.errors import NotFoundError
from articles.image_repository import ImageRepository
from articles.jobs import JobKind
from articles.model import ArticleStatus, Failure, Image, ImageStatus
from articles.repository import ArticleRepository
from articles.table import Table
from image_worker.sweeper import MAX_ATTEMPTS
from tests.dynamodb import Wire, lost_answer
from tests.integration.image_pipeline import MEDIA_BUCKET, Killed, Pipeline
from tests.samples import NOON, an_article, an_image
from tests.unit.image_worker import events, pictures
from tests.unit.image_worker.fakes import client_error

FAILURE = Failure("upload_expired", "The file was not uploaded in time.")


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    return Pipeline(table)


def hung_worker_writes(pipeline: Pipeline, image: Image) -> None:
    """What a worker does that lost its claim long ago, hung, and is then killed before it takes its files back."""
    key = keys.rendition_object(image.article_id, image.id, "stale", "large")
    pipeline.s3.put_object(Bucket=MEDIA_BUCKET, Key=key, Body=b"stale")


def shown(image: Image) -> set[str]:
    return {
        keys.rendition_object(image.article_id, image.id, str(image.renditions), name)
        for name in ("large", "thumbnail")
    }


# Who may still write


def registered(table: Table) -> ImageRepository:
    ArticleRepository(table).create(an_article())
    images = ImageRepository(table)
    images.register(an_image())
    return images


def claimed(images: ImageRepository, token: str, sequencer: str, seconds: int) -> Image:
    image = images.claim(
        an_image().article_id,
        an_image().id,
        token=token,
        sequencer=keys.pad_sequencer(sequencer),
        now=NOON,
        lease_until=NOON + timedelta(seconds=5),
        writes_until=NOON + timedelta(seconds=seconds),
    )
    assert isinstance(image, Image), image
    return image


def test_the_bound_of_all_claims_grows_and_never_shrinks(table: Table) -> None:
    images = registered(table)
    assert claimed(images, "t1", "1", 60).writes_until == NOON + timedelta(seconds=60)
    assert claimed(images, "t2", "2", 90).writes_until == NOON + timedelta(seconds=90)
    # A function whose timeout was lowered meanwhile.
    third = claimed(images, "t3", "3", 30)
    assert (third.claim, third.attempts) == ("t3", 3)
    assert third.writes_until == NOON + timedelta(seconds=90)
    images.release(third, now=NOON, due_at=NOON)
    assert images.get(third.article_id, third.id).writes_until == NOON + timedelta(seconds=90)


def test_what_a_hung_worker_wrote_after_a_newer_upload_was_finished_is_removed(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    pipeline.deliver(first)
    pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400)))
    ready = pipeline.read(image)
    assert ready.due_at == pipeline.clock() + timedelta(seconds=60 + 5 + 10)
    hung_worker_writes(pipeline, image)
    assert len({message["id"] for message in pipeline.notifications()}) == 2

    pipeline.clock.advance(seconds=74)
    assert pipeline.sweep_and_work()["overdue"] == 0
    pipeline.clock.advance(seconds=2)
    assert pipeline.sweep_and_work()["settle_image"] == 1

    assert set(pipeline.renditions()) == shown(ready)
    assert pipeline.notifications() == []
    assert pipeline.read(image).due_at is None
    assert pipeline.sweep_and_work()["overdue"] == 0


def test_a_job_that_comes_before_the_last_look_does_not_replace_it(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    pipeline.deliver(first)
    pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400)))
    due_at = pipeline.read(image).due_at
    pipeline.notifications()
    assert pipeline.job(JobKind.SETTLE_IMAGE, image.article_id, image.id) == []
    assert pipeline.read(image).due_at == due_at
    assert pipeline.notifications() == []


def test_one_attempt_is_settled_at_once(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    pipeline.deliver(body)
    assert pipeline.read(image).due_at is None


def test_what_a_hung_worker_writes_after_a_deletion_is_removed(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    pipeline.deliver(first)
    pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400)))
    pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())
    assert pipeline.job(JobKind.PURGE_IMAGE, image.article_id, image.id) == []
    assert pipeline.renditions() == {}
    assert pipeline.read(image).status is ImageStatus.DELETED
    hung_worker_writes(pipeline, image)

    pipeline.clock.advance(seconds=76)
    assert pipeline.sweep_and_work()["purge_image"] == 1
    assert pipeline.renditions() == {}
    with pytest.raises(NotFoundError):
        pipeline.read(image)


def test_an_article_waits_for_the_hung_workers_of_its_images(pipeline: Pipeline) -> None:
    article = pipeline.article()
    image, first = pipeline.uploaded(article)
    pipeline.deliver(first)
    pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400)))
    pipeline.articles.bury(pipeline.articles.get(article.id), at=pipeline.clock(), due_at=pipeline.clock())
    assert pipeline.job(JobKind.PURGE_ARTICLE, article.id) == []
    assert pipeline.articles.get(article.id).status is ArticleStatus.DELETED
    hung_worker_writes(pipeline, image)

    pipeline.clock.advance(seconds=76)
    pipeline.sweep_and_work()
    assert pipeline.renditions() == {}
    assert pipeline.items() == []


# The upload


def test_the_upload_of_a_worker_that_died_over_it_is_deleted_by_the_sweepers_job(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    with pytest.raises(Killed), pipeline.killed_before("s3.DeleteObject"):
        pipeline.deliver(body)
    assert len(pipeline.uploads()) == 1
    assert pipeline.read(image).upload_etag is not None
    pipeline.clock.advance(minutes=2)
    assert pipeline.sweep_and_work()["settle_image"] == 1
    assert pipeline.uploads() == []
    settled = pipeline.read(image)
    assert (settled.upload_etag, settled.due_at) == (None, None)


def test_a_newer_upload_stays_when_the_older_ones_result_is_concluded_late(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    with pytest.raises(Killed), pipeline.killed_before("s3.DeleteObject"):
        pipeline.deliver(body)
    newer = pipeline.upload(image, pictures.jpeg(500, 400))
    pipeline.clock.advance(minutes=2)
    pipeline.sweep_and_work()
    assert len(pipeline.uploads()) == 1
    assert pipeline.deliver(newer) == []
    assert pipeline.read(image).width == 500
    assert pipeline.uploads() == []


def test_an_upload_that_cannot_be_deleted_shows_and_is_made_up_for(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()

    def refuse(**_: object) -> None:
        raise client_error("AccessDenied", "DeleteObject", 403)

    pipeline.s3.meta.events.register("before-call.s3.DeleteObject", refuse, unique_id="refuse")
    assert pipeline.deliver(body) == ["m0"]
    pipeline.s3.meta.events.unregister("before-call.s3.DeleteObject", unique_id="refuse")
    ready = pipeline.read(image)
    assert ready.status is ImageStatus.READY
    assert len(pipeline.uploads()) == 1

    pipeline.clock.advance(minutes=6)
    assert pipeline.deliver(body, tries=2) == []
    assert pipeline.uploads() == []
    assert {message["id"] for message in pipeline.notifications()} == {ready.event_id}


# Given up


def expired(pipeline: Pipeline) -> Image:
    image = pipeline.registered()
    pipeline.clock.advance(minutes=21)
    assert pipeline.sweep_and_work()["expired"] == 1
    assert pipeline.read(image).given_up
    assert pipeline.sweep_and_work()["overdue"] == 0
    pipeline.notifications()
    return image


def test_an_upload_whose_event_comes_after_it_expired_is_processed(pipeline: Pipeline) -> None:
    image = expired(pipeline)
    assert pipeline.deliver(pipeline.upload(image)) == []
    ready = pipeline.read(image)
    assert (ready.status, ready.error, ready.given_up, ready.due_at) == (ImageStatus.READY, None, False, None)
    assert pipeline.labels() == {"Animal": [image.id], "Dog": [image.id]}
    assert [message["type"] for message in pipeline.notifications()] == ["image.ready"]


def given_up_after_trying(pipeline: Pipeline) -> tuple[Image, str]:
    image, body = pipeline.uploaded()
    pipeline.rekognition.errors = [client_error("InternalServerError", status=500) for _ in range(MAX_ATTEMPTS)]
    for _ in range(MAX_ATTEMPTS):
        assert pipeline.deliver(body) == ["m0"]
    pipeline.clock.advance(hours=2)
    assert pipeline.sweep_and_work()["expired"] == 1
    assert pipeline.sweep_and_work()["overdue"] == 0
    pipeline.notifications()
    return image, body


def test_a_redriven_message_brings_an_image_back_that_was_given_up(pipeline: Pipeline) -> None:
    image, body = given_up_after_trying(pipeline)
    assert len(pipeline.uploads()) == 1
    assert pipeline.deliver(body) == []
    ready = pipeline.read(image)
    assert (ready.status, ready.error, ready.given_up) == (ImageStatus.READY, None, False)
    assert [message["id"] for message in pipeline.notifications()] == [ready.event_id]
    assert pipeline.deliver(body) == []
    assert pipeline.read(image).attempts == MAX_ATTEMPTS + 1
    assert pipeline.uploads() == []


def test_a_job_or_an_older_event_brings_it_back_too(pipeline: Pipeline) -> None:
    image = pipeline.registered()
    older = pipeline.upload(image, pictures.jpeg(300, 300))
    newer = pipeline.upload(image, pictures.jpeg(500, 400))
    pipeline.rekognition.errors = [client_error("InternalServerError", status=500)]
    assert pipeline.deliver(newer) == ["m0"]
    sequencer = pipeline.read(image).sequencer
    give_up(pipeline, image)
    assert pipeline.deliver(older) == []
    ready = pipeline.read(image)
    assert (ready.status, ready.width, ready.sequencer) == (ImageStatus.READY, 500, sequencer)

    other = expired(pipeline)
    pipeline.upload(other)
    assert pipeline.job(JobKind.PROCESS_IMAGE, other.article_id, other.id) == []
    assert pipeline.read(other).status is ImageStatus.READY


def give_up(pipeline: Pipeline, image: Image, *, conclude: bool = True) -> None:
    key = keys.image_key(image.article_id, image.id)
    pipeline.dynamodb.update_item(
        TableName=pipeline.table.name,
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="SET attempts = :many",
        ExpressionAttributeValues={":many": {"N": str(MAX_ATTEMPTS)}},
    )
    pipeline.clock.advance(hours=2)
    assert (pipeline.sweep_and_work() if conclude else pipeline.sweep())["expired"] == 1
    pipeline.queued()


def test_one_that_fails_again_is_given_up_again_and_no_sweep_repeats_it(pipeline: Pipeline) -> None:
    image, body = given_up_after_trying(pipeline)
    pipeline.rekognition.errors = [client_error("InternalServerError", status=500)]
    assert pipeline.deliver(body) == ["m0"]
    again = pipeline.read(image)
    assert (again.status, again.error, again.analysed_at) == (ImageStatus.PROCESSING, None, None)
    pipeline.clock.advance(hours=2)
    assert pipeline.sweep_and_work()["expired"] == 1
    assert len(pipeline.notifications()) == 1
    for _ in range(3):
        pipeline.clock.advance(hours=2)
        assert pipeline.sweep_and_work()["overdue"] == 0


def test_the_labels_of_an_older_result_go_with_an_image_that_was_brought_back(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    pipeline.deliver(first)
    pipeline.rekognition.errors = [client_error("InternalServerError", status=500)]
    newer = pipeline.upload(image, pictures.jpeg(500, 400))
    assert pipeline.deliver(newer) == ["m0"]
    give_up(pipeline, image, conclude=False)
    assert pipeline.labels() != {}

    pipeline.rekognition.meanwhile = lambda: (
        pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock()) and None
    )
    assert pipeline.deliver(newer) == []
    pipeline.clock.advance(minutes=6)
    pipeline.sweep_and_work()
    assert pipeline.labels() == {}
    with pytest.raises(NotFoundError):
        pipeline.read(image)
    assert pipeline.renditions() == {}


def test_an_event_without_its_upload_fails_for_that_reason_then(pipeline: Pipeline) -> None:
    image = expired(pipeline)
    body = events.s3_body(keys.upload_object(image.article_id, image.id), "0055AED6DCD90281E5")
    assert pipeline.deliver(body) == []
    failed = pipeline.read(image)
    assert failed.error is not None
    assert (failed.error.code, failed.given_up) == ("upload_missing", False)


def test_what_an_upload_is_cannot_be_claimed_again(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded(data=b"no picture")
    pipeline.deliver(body)
    assert pipeline.deliver(body) == []
    assert pipeline.job(JobKind.PROCESS_IMAGE, image.article_id, image.id) == []
    assert pipeline.read(image).attempts == 1


def test_a_claim_of_what_was_given_up_whose_answer_is_lost_is_a_claim(table: Table, wire: Wire) -> None:
    images = registered(table)
    pending = an_image(due_at=NOON, id=an_image(2).id)
    images.register(pending)
    assert images.expire(images.get(pending.article_id, pending.id), FAILURE, event_id="e", now=NOON)
    wire.forget()
    wire.next("UpdateItem", lambda _body, carry_out: carry_out(), lost_answer)
    taken = images.claim(
        pending.article_id, pending.id, token="t", sequencer=None, now=NOON, lease_until=NOON + timedelta(minutes=1)
    )
    assert isinstance(taken, Image)
    assert (taken.claim, taken.given_up, taken.error, taken.attempts) == ("t", False, None, 1)
    assert wire.calls == ["UpdateItem"] * 3
    busy = images.claim(
        pending.article_id, pending.id, token="u", sequencer=None, now=NOON, lease_until=NOON + timedelta(minutes=2)
    )
    assert busy is NotClaimed.BUSY
