"""What a queue message asks for."""

import json

import pytest

from articles.ids import new_id
from articles.jobs import Job, JobKind
from articles.keys import pad_sequencer, upload_object
from image_worker.events import UploadArrived, work_in
from image_worker.failures import PoisonError
from tests.samples import an_id
from tests.unit.image_worker import events

ARTICLE, IMAGE = an_id(1), an_id(2)  # parameters: the same in every process that tests run in
KEY = upload_object(ARTICLE, IMAGE)


def work(body: str) -> list[object]:
    return list(work_in(body, events.UPLOADS_BUCKET))


def test_an_s3_notification_names_the_image_and_its_padded_sequencer() -> None:
    assert work(events.s3_body(KEY, "55aed6")) == [UploadArrived(ARTICLE, IMAGE, pad_sequencer("55AED6"))]


def test_a_notification_may_have_several_records() -> None:
    other = upload_object(ARTICLE, new_id())
    body = json.dumps({"Records": [events.s3_record(KEY), events.s3_record(other)]})
    assert len(work(body)) == 2


def test_a_key_comes_encoded_as_a_url() -> None:
    record = events.s3_record(KEY)
    record["s3"]["object"]["key"] = KEY.replace("/", "%2F")
    assert len(work(json.dumps({"Records": [record]}))) == 1


def test_a_missing_sequencer_is_none() -> None:
    assert work(events.s3_body(KEY, None)) == [UploadArrived(ARTICLE, IMAGE, None)]


def test_s3s_test_event_asks_for_nothing() -> None:
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-05-01T12:00:00.000Z", "Bucket": "uploads"}
    assert work(json.dumps(body)) == []


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "LifecycleExpiration:Delete", "ObjectTagging:Put"])
def test_events_that_bring_no_object_are_ignored(name: str) -> None:
    assert work(events.s3_body(KEY, eventName=name)) == []


@pytest.mark.parametrize("key", ["uploads/readme.txt", f"uploads/{ARTICLE}/cat.jpg", f"elsewhere/{ARTICLE}/{IMAGE}"])
def test_objects_that_are_no_uploads_of_ours_are_ignored(key: str) -> None:
    assert work(events.s3_body(key)) == []


@pytest.mark.parametrize(
    "job",
    [
        Job(JobKind.PROCESS_IMAGE, ARTICLE, IMAGE),
        Job(JobKind.SETTLE_IMAGE, ARTICLE, IMAGE),
        Job(JobKind.PURGE_IMAGE, ARTICLE, IMAGE),
        Job(JobKind.INDEX_ARTICLE, ARTICLE),
        Job(JobKind.PURGE_ARTICLE, ARTICLE),
    ],
    ids=lambda job: job.kind.value,
)
def test_our_own_jobs_come_through_unchanged(job: Job) -> None:
    assert work(job.to_message()) == [job]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"unknown": 1}',
        '{"Records": null}',
        '{"Records": [{}]}',
        '{"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "uploads"}, "object": {}}}]}',
        '{"job": "make_coffee", "article_id": "x"}',
        '{"job": "process_image"}',
        json.dumps({"job": "process_image", "article_id": ARTICLE}),
        json.dumps({"job": "process_image", "article_id": ARTICLE, "image_id": "../x"}),
        json.dumps({"job": "purge_article", "article_id": "nobody"}),
        json.dumps({"job": ["process_image"], "article_id": ARTICLE}),
        '{"Records": [{"\\ud800": 1}]}',
        json.dumps({"job": "index_article", "article_id": ARTICLE, "image_id": "key"}),
        json.dumps({"job": "purge_article", "article_id": ARTICLE, "image_id": IMAGE}),
        events.s3_body(KEY, bucket="another"),
    ],
)
def test_anything_else_is_poison(body: str) -> None:
    with pytest.raises(PoisonError):
        work(body)
