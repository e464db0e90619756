"""The image pipeline from S3's event to what readers find: on moto's AWS, with a Rekognition that keeps count."""

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image as Pictures

from articles.errors import NotFoundError
from articles.image_repository import Analysis, ImageRepository
from articles.jobs import JobKind
from articles.keys import renditions_prefix
from articles.model import Article, ArticleStatus, Image, ImageStatus
from articles.table import Table
from image_worker.sweeper import MAX_ATTEMPTS, SweepError
from tests.integration.image_pipeline import MAX_RECEIVE_COUNT, Killed, Pipeline
from tests.unit.image_worker import pictures
from tests.unit.image_worker.fakes import Context, client_error


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    return Pipeline(table)


def expected_keys(image: Image) -> set[str]:
    prefix = f"{renditions_prefix(image.article_id, image.id)}{image.renditions}"
    return {f"{prefix}/large.jpg", f"{prefix}/thumbnail.jpg"}


# The job


def test_an_upload_becomes_a_ready_image_with_labels_in_the_index(pipeline: Pipeline) -> None:
    data = pictures.encoded(pictures.quadrants(1000, 600), "JPEG", exif=pictures.exif(6, gps=True))
    image, body = pipeline.uploaded(data=data)

    assert pipeline.deliver(body) == []

    ready = pipeline.read(image)
    assert ready.status is ImageStatus.READY
    assert (ready.width, ready.height) == (600, 1000)
    assert [label.name for label in ready.labels] == ["Animal", "Dog"]
    assert ready.labels[1].parents == ("Animal",)
    assert ready.labels[1].boxes[0].width == 0.3
    assert ready.analysed_at == pipeline.clock()
    assert (ready.claim, ready.lease_until, ready.due_at) == (None, None, None)

    files = pipeline.renditions()
    assert set(files) == expected_keys(ready)
    sizes = {key.rsplit("/", 1)[1]: Pictures.open(io.BytesIO(file)).size for key, file in files.items()}
    assert sizes == {"large.jpg": (600, 1000), "thumbnail.jpg": (240, 400)}
    assert pipeline.uploads() == []
    assert pipeline.labels() == {"Animal": [image.id], "Dog": [image.id]}

    [message] = pipeline.notifications()
    assert message["id"] == ready.event_id
    assert message["type"] == "image.ready"
    assert (message["article_id"], message["image_id"]) == (image.article_id, image.id)
    assert message["time"] == "2026-05-01T12:00:00.000Z"
    assert message["labels"][1]["boxes"] == [{"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4, "confidence": 96.5}]


def test_renditions_are_served_as_pictures(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    pipeline.deliver(body)
    for key in expected_keys(pipeline.read(image)):
        head = pipeline.s3.head_object(Bucket="media", Key=key)
        assert head["ContentType"] == "image/jpeg"
        rendition = key.rpartition("/")[2]
        assert head["ContentDisposition"] == f'inline; filename="{image.id}-{rendition}"'
        assert "immutable" in head["CacheControl"]


def test_rekognition_is_asked_once_for_each_with_the_bytes_of_the_large_rendition(pipeline: Pipeline) -> None:
    _, body = pipeline.uploaded()
    pipeline.deliver(body)
    asked = dict(pipeline.rekognition.shown)
    assert len(pipeline.rekognition.shown) == 2
    large = next(file for key, file in pipeline.renditions().items() if key.endswith("large.jpg"))
    assert asked["DetectLabels"] == {"Image": {"Bytes": large}, "MaxLabels": 24, "MinConfidence": 55}
    assert asked["DetectModerationLabels"] == {"Image": {"Bytes": large}, "MinConfidence": 60}


def test_a_rejected_image_never_has_renditions(pipeline: Pipeline) -> None:
    pipeline.rekognition.moderation = [{"Name": "Weapons", "ParentName": "Violence", "Confidence": 88.0}]
    image, body = pipeline.uploaded()
    writes: list[str] = []
    pipeline.s3.meta.events.register("before-call.s3.PutObject", lambda **_: writes.append("written"))

    assert pipeline.deliver(body) == []

    rejected = pipeline.read(image)
    assert rejected.status is ImageStatus.REJECTED
    assert (rejected.width, rejected.height, rejected.renditions) == (320, 200, None)
    assert rejected.moderation[0].name == "Weapons"
    assert writes == []
    assert pipeline.renditions() == {}
    assert pipeline.labels() == {}
    assert pipeline.uploads() == []
    [message] = pipeline.notifications()
    assert message["type"] == "image.rejected"
    assert message["moderation"] == [{"name": "Weapons", "parent": "Violence", "confidence": 88}]
    assert "labels" not in message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"only text, though its name is dog.jpg", "unsupported_format"),
        (pictures.jpeg()[:2000], "corrupt"),
        (pictures.jpeg(40, 40), "too_small"),
        (pictures.png_claiming(65_000, 65_000), "too_large"),
        (b"\xff\xd8\xff" + b"\0" * 1_000_000, "too_large"),
    ],
    ids=["text", "truncated", "tiny", "bomb", "heavy"],
)
def test_what_is_no_picture_fails_at_once_and_is_shown_to_nobody(pipeline: Pipeline, data: bytes, code: str) -> None:
    image, body = pipeline.uploaded(data=data)

    assert pipeline.deliver(body) == []

    failed = pipeline.read(image)
    assert failed.status is ImageStatus.FAILED
    assert failed.error is not None
    assert failed.error.code == code
    assert pipeline.rekognition.shown == []
    assert pipeline.renditions() == {}
    assert pipeline.uploads() == []
    [message] = pipeline.notifications()
    assert (message["type"], message["error"]["code"]) == ("image.failed", code)


def test_an_error_that_is_the_pictures_fault_fails_it_without_another_try(pipeline: Pipeline) -> None:
    pipeline.rekognition.errors = [client_error("InvalidImageFormatException")]
    image, body = pipeline.uploaded()
    assert pipeline.deliver(body) == []
    failed = pipeline.read(image)
    assert failed.error is not None
    assert failed.error.code == "not_analysable"
    assert failed.width == 320
    assert pipeline.renditions() == {}


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_an_error_that_is_not_gives_the_claim_back_and_the_message_comes_again(pipeline: Pipeline, code: str) -> None:
    pipeline.rekognition.errors = [client_error(code)]
    image, body = pipeline.uploaded()

    assert pipeline.deliver(body) == ["m0"]

    waiting = pipeline.read(image)
    assert (waiting.status, waiting.claim) == (ImageStatus.PROCESSING, None)
    assert waiting.due_at == pipeline.clock() + timedelta(hours=1)
    assert pipeline.renditions() == {}
    assert pipeline.notifications() == []

    assert pipeline.deliver(body, tries=2) == []
    assert pipeline.read(image).status is ImageStatus.READY


def test_an_upload_that_vanished_fails(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    pipeline.s3.delete_object(Bucket="uploads", Key=pipeline.uploads()[0])
    assert pipeline.deliver(body) == []
    failed = pipeline.read(image)
    assert failed.error is not None
    assert failed.error.code == "upload_missing"


# Once


def test_ten_deliveries_cost_one_pair_of_calls_and_one_notification(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    for _ in range(4):
        assert pipeline.deliver(body, body) == []
    pipeline.clock.advance(minutes=10)
    assert pipeline.deliver(body, body) == []
    assert pipeline.rekognition.calls("DetectLabels") == 1
    assert pipeline.rekognition.calls("DetectModerationLabels") == 1
    assert len(pipeline.notifications()) == 1
    assert set(pipeline.renditions()) == expected_keys(pipeline.read(image))


def test_a_delivery_in_the_middle_of_the_job_changes_nothing(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    in_the_middle: list[list[str]] = []
    pipeline.rekognition.meanwhile = lambda: in_the_middle.append(pipeline.deliver(body))
    assert pipeline.deliver(body) == []
    assert in_the_middle == [[]]
    assert pipeline.rekognition.calls("DetectLabels") == 1
    assert len(pipeline.notifications()) == 1
    assert pipeline.read(image).attempts == 1


# The newest upload wins


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "out of order"])
def test_the_newer_upload_wins_whatever_order_the_events_take(pipeline: Pipeline, order: tuple[int, int]) -> None:
    image = pipeline.registered()
    bodies = [pipeline.upload(image, pictures.jpeg(300, 300)), pipeline.upload(image, pictures.jpeg(500, 400))]
    for position in order:
        assert pipeline.deliver(bodies[position]) == []
    ready = pipeline.read(image)
    assert (ready.status, ready.width, ready.height) == (ImageStatus.READY, 500, 400)
    assert set(pipeline.renditions()) == expected_keys(ready)
    assert pipeline.labels() == {"Animal": [image.id], "Dog": [image.id]}
    assert {message["id"] for message in pipeline.notifications()} == {ready.event_id}


def test_a_newer_upload_replaces_a_finished_one_with_its_labels_and_files(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    pipeline.deliver(first)
    pipeline.rekognition.labels = [{"Name": "Cat", "Confidence": 90.0}, {"Name": "Animal", "Confidence": 91.0}]
    second = pipeline.upload(image, pictures.jpeg(500, 400))
    assert pipeline.deliver(second) == []
    ready = pipeline.read(image)
    assert ready.width == 500
    assert set(pipeline.renditions()) == expected_keys(ready)
    assert pipeline.labels() == {"Animal": [image.id], "Cat": [image.id]}
    assert len({message["id"] for message in pipeline.notifications()}) == 2
    assert pipeline.deliver(first) == []
    assert pipeline.read(image).width == 500


def test_a_newer_upload_takes_over_from_a_running_job_whose_files_go(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded(data=pictures.jpeg(300, 300))

    def newer() -> None:
        assert pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400))) == []

    pipeline.rekognition.meanwhile = newer
    assert pipeline.deliver(first) == []
    ready = pipeline.read(image)
    assert ready.width == 500
    assert set(pipeline.renditions()) == expected_keys(ready)
    assert [message["id"] for message in pipeline.notifications()] == [ready.event_id]


def test_a_newer_rejected_upload_takes_the_older_ones_labels_and_files_away(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    pipeline.deliver(first)
    pipeline.rekognition.moderation = [{"Name": "Weapons", "ParentName": "Violence", "Confidence": 88.0}]
    assert pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400))) == []
    assert pipeline.read(image).status is ImageStatus.REJECTED
    assert pipeline.renditions() == {}
    assert pipeline.labels() == {}


def test_a_newer_upload_in_the_middle_of_an_older_ones_job_is_not_deleted_with_it(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded(data=pictures.jpeg(300, 300))
    later: list[str] = []
    pipeline.rekognition.meanwhile = lambda: later.append(pipeline.upload(image, pictures.jpeg(500, 400)))
    assert pipeline.deliver(first) == []
    assert len(pipeline.uploads()) == 1
    assert pipeline.deliver(*later) == []
    assert pipeline.read(image).width == 500


def test_the_same_file_uploaded_twice_is_not_lost_when_its_upload_was_deleted_meanwhile(pipeline: Pipeline) -> None:
    image = pipeline.registered()
    first, second = pipeline.upload(image), pipeline.upload(image)
    assert pipeline.deliver(first) == []
    assert pipeline.uploads() == []
    ready = pipeline.read(image)
    assert pipeline.deliver(second) == []
    again = pipeline.read(image)
    assert (again.status, again.renditions, again.event_id) == (ImageStatus.READY, ready.renditions, ready.event_id)
    assert set(pipeline.renditions()) == expected_keys(again)
    assert pipeline.labels() == {"Animal": [image.id], "Dog": [image.id]}
    assert pipeline.rekognition.calls("DetectLabels") == 1


# Nothing is lost


def die_before_the_notification(pipeline: Pipeline, body: str) -> None:
    with pytest.raises(Killed), pipeline.killed_before("sns.Publish"):
        pipeline.deliver(body)


def test_a_worker_that_dies_before_the_notification_is_made_up_for_by_the_sweeper(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    die_before_the_notification(pipeline, body)
    ready = pipeline.read(image)
    assert ready.status is ImageStatus.READY
    assert pipeline.notifications() == []

    assert pipeline.sweep_and_work()["overdue"] == 0
    pipeline.clock.advance(minutes=2)
    assert pipeline.sweep_and_work()["settle_image"] == 1

    assert [message["id"] for message in pipeline.notifications()] == [ready.event_id]
    assert pipeline.read(image).due_at is None
    assert pipeline.rekognition.calls("DetectLabels") == 1


def test_a_redelivery_long_after_such_a_death_concludes_the_image_too(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    die_before_the_notification(pipeline, body)
    assert pipeline.deliver(body, tries=2) == []
    assert pipeline.notifications() == []  # another worker may be just about to send it
    pipeline.clock.advance(minutes=6)
    assert pipeline.deliver(body, tries=2) == []
    ready = pipeline.read(image)
    assert ready.due_at is None
    assert [message["id"] for message in pipeline.notifications()] == [ready.event_id]


def test_a_result_whose_own_write_seems_lost_is_not_taken_back(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = ImageRepository.finish

    def finish(self: ImageRepository, image: Image, analysis: Analysis, **more: Any) -> bool:
        written(self, image, analysis, **more)
        return False

    monkeypatch.setattr(ImageRepository, "finish", finish)
    image, body = pipeline.uploaded()
    assert pipeline.deliver(body) == []
    assert set(pipeline.renditions()) == expected_keys(pipeline.read(image))
    assert len(pipeline.notifications()) == 1


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_worker_killed_at_any_call_leaves_nothing_that_is_not_made_up_for(pipeline: Pipeline, moment: str) -> None:
    article = pipeline.article()
    died = 0
    for step in range(40):
        image, body = pipeline.uploaded(article)
        try:
            with pipeline.killed_at(step, moment):
                pipeline.deliver(body)
        except Killed:
            died += 1
        pipeline.clock.advance(minutes=6)  # the message is visible again
        assert pipeline.deliver(body, tries=2) == [], step
        pipeline.clock.advance(minutes=2)
        pipeline.sweep_and_work()

        ready = pipeline.read(image)
        assert ready.status is ImageStatus.READY, step
        assert ready.due_at is None, step
        found = {key for key in pipeline.renditions() if image.id in key}
        assert found == expected_keys(ready), step
        assert {message["id"] for message in pipeline.notifications()} == {ready.event_id}, step
        assert image.id in pipeline.labels()["Dog"], step
        if died <= step:
            break
    assert died >= 8
    assert died < 40


def test_a_lost_answer_of_any_call_leaves_nothing_that_is_not_made_up_for(pipeline: Pipeline) -> None:
    article = pipeline.article()
    tried_again = 0
    for step in range(12):
        image, body = pipeline.uploaded(article)
        with pipeline.answer_lost_at(step):
            answer = pipeline.deliver(body)
        tried_again += len(answer)
        pipeline.clock.advance(seconds=10)
        pipeline.deliver(body, tries=2)
        for _ in range(2):  # what two attempts worked on is looked at again when neither can write any more
            pipeline.clock.advance(minutes=2)
            pipeline.sweep_and_work()

        ready = pipeline.read(image)
        assert (ready.status, ready.due_at) == (ImageStatus.READY, None), step
        assert {key for key in pipeline.renditions() if image.id in key} == expected_keys(ready), step
        assert {message["id"] for message in pipeline.notifications()} == {ready.event_id}, step
        assert image.id in pipeline.labels()["Dog"], step
    assert tried_again >= 6


def test_a_newer_upload_that_comes_between_result_and_notification_stays_due(pipeline: Pipeline) -> None:
    image, first = pipeline.uploaded()
    sns = pipeline.worker_clients[-1]

    def newer_comes_and_dies(**_: object) -> None:
        sns.meta.events.unregister("before-call.sns.Publish", unique_id="newer")
        newer = pipeline.upload(image, pictures.jpeg(500, 400))
        with pytest.raises(Killed), pipeline.killed_at(1, "before-call"):
            pipeline.deliver(newer)

    sns.meta.events.register("before-call.sns.Publish", newer_comes_and_dies, unique_id="newer")
    assert pipeline.deliver(first) == []
    assert pipeline.read(image).status is ImageStatus.PROCESSING
    pipeline.clock.advance(minutes=3)
    assert pipeline.sweep_and_work()["process_image"] == 1
    pipeline.clock.advance(minutes=2)
    assert pipeline.sweep_and_work()["settle_image"] == 1
    ready = pipeline.read(image)
    assert (ready.status, ready.width, ready.due_at) == (ImageStatus.READY, 500, None)


def test_a_poison_message_harms_none_of_its_neighbours(pipeline: Pipeline) -> None:
    article = pipeline.article()
    good = [pipeline.uploaded(article) for _ in range(3)]
    bodies = [body for _, body in good]
    answer = pipeline.deliver(bodies[0], "{no json", bodies[1], '{"unknown": 1}', bodies[2])
    assert answer == []
    assert all(pipeline.read(image).status is ImageStatus.READY for image, _ in good)
    letters = pipeline.sqs.receive_message(
        QueueUrl=pipeline.dead_letter_queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["reason"]
    )["Messages"]
    assert {letter["Body"]: letter["MessageAttributes"]["reason"]["StringValue"] for letter in letters} == {
        "{no json": "PoisonError",
        '{"unknown": 1}': "PoisonError",
    }


# Deletes


def delete_article(pipeline: Pipeline, article: Article) -> None:
    standing = pipeline.articles.get(article.id)
    pipeline.articles.bury(standing, at=pipeline.clock(), due_at=pipeline.clock() + timedelta(minutes=2))


def test_a_deleted_image_leaves_nothing_behind(pipeline: Pipeline) -> None:
    article = pipeline.article()
    image, body = pipeline.uploaded(article)
    pipeline.deliver(body)
    pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())
    assert pipeline.job(JobKind.PURGE_IMAGE, image.article_id, image.id) == []
    assert pipeline.renditions() == {}
    assert pipeline.labels() == {}
    with pytest.raises(NotFoundError):
        pipeline.read(image)
    assert pipeline.job(JobKind.PURGE_IMAGE, image.article_id, image.id) == []


def test_an_image_that_stands_is_not_purged(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    pipeline.deliver(body)
    assert pipeline.job(JobKind.PURGE_IMAGE, image.article_id, image.id) == []
    assert len(pipeline.renditions()) == 2


def test_an_image_deleted_while_its_job_runs_leaves_nothing_behind(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()

    def delete() -> None:
        pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())
        assert pipeline.job(JobKind.PURGE_IMAGE, image.article_id, image.id) == []

    pipeline.rekognition.meanwhile = delete
    assert pipeline.deliver(body) == []
    assert pipeline.renditions() == {}
    assert pipeline.read(image).status is ImageStatus.DELETED  # its worker might have died before taking its files back

    pipeline.clock.advance(minutes=3)
    assert pipeline.sweep_and_work()["purge_image"] == 1
    with pytest.raises(NotFoundError):
        pipeline.read(image)
    assert pipeline.uploads() == []
    assert pipeline.notifications() == []


def test_files_of_a_worker_that_died_over_a_deleted_image_are_found(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()

    def delete() -> None:
        pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())
        pipeline.job(JobKind.PURGE_IMAGE, image.article_id, image.id)

    pipeline.rekognition.meanwhile = delete
    with pytest.raises(Killed), pipeline.killed_before("dynamodb.TransactWriteItems"):
        pipeline.deliver(body)
    assert len(pipeline.renditions()) == 2
    pipeline.clock.advance(minutes=3)
    pipeline.sweep_and_work()
    assert pipeline.renditions() == {}


def test_an_upload_to_a_deleted_image_is_removed(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())
    assert pipeline.deliver(body) == []
    assert pipeline.uploads() == []
    assert pipeline.rekognition.shown == []


def test_a_deleted_article_leaves_nothing_behind(pipeline: Pipeline) -> None:
    article = pipeline.article()
    for _ in range(2):
        _, body = pipeline.uploaded(article)
        pipeline.deliver(body)
    pipeline.uploaded(article)
    pipeline.registered(article)
    delete_article(pipeline, article)
    assert pipeline.job(JobKind.PURGE_ARTICLE, article.id) == []
    assert pipeline.items() == []
    assert pipeline.renditions() == {}
    assert pipeline.uploads() == []
    assert pipeline.labels() == {}
    assert pipeline.job(JobKind.PURGE_ARTICLE, article.id) == []


def test_an_article_deleted_while_a_job_runs_leaves_nothing_behind(pipeline: Pipeline) -> None:
    article = pipeline.article()
    _, body = pipeline.uploaded(article)

    def delete() -> None:
        delete_article(pipeline, article)
        assert pipeline.job(JobKind.PURGE_ARTICLE, article.id) == []

    pipeline.rekognition.meanwhile = delete
    assert pipeline.deliver(body) == []
    assert pipeline.renditions() == {}
    for _ in range(2):
        pipeline.clock.advance(minutes=6)
        pipeline.sweep_and_work()
    assert pipeline.items() == []


# Publishing and withdrawing


def test_the_label_index_follows_the_article(pipeline: Pipeline) -> None:
    article = pipeline.article(ArticleStatus.DRAFT)
    image, body = pipeline.uploaded(article)
    pipeline.deliver(body)
    assert pipeline.labels() == {}

    pipeline.change_status(article.id, ArticleStatus.PUBLISHED)
    assert pipeline.job(JobKind.INDEX_ARTICLE, article.id) == []
    assert pipeline.labels() == {"Animal": [image.id], "Dog": [image.id]}
    assert pipeline.articles.get(article.id).due_at is None

    pipeline.change_status(article.id, ArticleStatus.DRAFT)
    pipeline.clock.advance(minutes=3)
    assert pipeline.sweep_and_work()["index_article"] == 1  # the API's message was lost
    assert pipeline.labels() == {}


def test_a_late_withdrawal_does_not_unlist_what_was_published_again(pipeline: Pipeline) -> None:
    article = pipeline.article()
    image, body = pipeline.uploaded(article)
    pipeline.deliver(body)
    pipeline.change_status(article.id, ArticleStatus.DRAFT)
    pipeline.images.unlist_labels(pipeline.read(image), while_withdrawn=True)
    assert pipeline.labels() == {}
    pipeline.change_status(article.id, ArticleStatus.PUBLISHED)
    pipeline.job(JobKind.INDEX_ARTICLE, article.id)
    pipeline.images.unlist_labels(pipeline.read(image), while_withdrawn=True)
    assert pipeline.labels() == {"Animal": [image.id], "Dog": [image.id]}


# The sweeper


def test_an_upload_that_never_came_expires_and_is_announced(pipeline: Pipeline) -> None:
    image = pipeline.registered()
    pipeline.clock.advance(minutes=19)
    assert pipeline.sweep_and_work()["overdue"] == 0
    pipeline.clock.advance(minutes=2)
    assert pipeline.sweep_and_work()["expired"] == 1
    expired = pipeline.read(image)
    assert expired.error is not None
    assert (expired.status, expired.error.code, expired.due_at) == (ImageStatus.FAILED, "upload_expired", None)
    [message] = pipeline.notifications()
    assert (message["id"], message["error"]["code"]) == (expired.event_id, "upload_expired")


def test_an_upload_whose_event_was_lost_is_processed(pipeline: Pipeline) -> None:
    image, lost = pipeline.uploaded()
    pipeline.clock.advance(minutes=21)
    assert pipeline.sweep_and_work()["process_image"] == 1
    assert pipeline.read(image).status is ImageStatus.READY
    assert pipeline.deliver(lost) == []
    assert pipeline.rekognition.calls("DetectLabels") == 1


def test_a_job_whose_worker_died_is_asked_for_again_but_not_every_time(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    with pytest.raises(Killed), pipeline.killed_at(1, "before-call"):
        pipeline.deliver(body)
    assert pipeline.read(image).status is ImageStatus.PROCESSING
    pipeline.clock.advance(minutes=2)
    assert pipeline.sweep()["process_image"] == 1
    assert pipeline.sweep()["overdue"] == 0
    [again] = pipeline.queued()
    pipeline.clock.advance(minutes=1)
    assert pipeline.deliver(again) == []
    assert pipeline.read(image).status is ImageStatus.READY


def test_a_job_that_was_tried_too_often_fails_and_is_announced(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()
    for attempt in range(MAX_ATTEMPTS):  # two messages' worth: after its last try each goes to the dead letters
        pipeline.rekognition.errors = [client_error("InternalServerError", status=500)]
        tries = attempt % MAX_RECEIVE_COUNT + 1
        assert pipeline.deliver(body, tries=tries) == ([] if tries == MAX_RECEIVE_COUNT else ["m0"])
    pipeline.clock.advance(hours=2)
    assert pipeline.sweep_and_work()["expired"] == 1
    failed = pipeline.read(image)
    assert failed.error is not None
    assert failed.error.code == "analysis_failed"
    assert [message["type"] for message in pipeline.notifications()] == ["image.failed"]


def test_what_fails_a_sweep_does_not_stop_it_but_shows(pipeline: Pipeline) -> None:
    broken, fine = pipeline.registered(), pipeline.registered()
    pipeline.dynamodb.update_item(
        TableName=pipeline.table.name,
        Key={"PK": {"S": f"ARTICLE#{broken.article_id}"}, "SK": {"S": f"IMAGE#{broken.id}"}},
        UpdateExpression="REMOVE filename",
    )
    pipeline.clock.advance(minutes=30)
    with pytest.raises(SweepError, match="1 of 2"):
        pipeline.sweep()
    assert pipeline.read(fine).status is ImageStatus.FAILED


def test_a_sweep_that_has_no_time_left_leaves_the_rest_to_the_next(pipeline: Pipeline) -> None:
    for _ in range(3):
        pipeline.registered()
    pipeline.clock.advance(minutes=30)
    counts = pipeline.sweeper.run(Context([60_000, 5_000]))
    assert (counts["overdue"], counts["left"]) == (1, 2)
    assert pipeline.sweep()["overdue"] == 2


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_sweep_killed_at_any_call_is_made_up_for_by_the_next(pipeline: Pipeline, moment: str) -> None:
    for step in range(12):
        image = pipeline.registered()
        pipeline.clock.advance(minutes=30)
        try:
            with pipeline.killed_at(step, moment):
                pipeline.sweep()
        except Killed:
            pass
        else:
            break
        for _ in range(2):
            pipeline.clock.advance(minutes=6)
            pipeline.sweep_and_work()
        assert pipeline.read(image).due_at is None, step
        assert {message["id"] for message in pipeline.notifications()} == {pipeline.read(image).event_id}, step
    assert 3 <= step < 11
