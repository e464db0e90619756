"""What Rekognition has answered once is neither asked nor paid for again: the image pipeline on moto's AWS."""

from datetime import datetime, timedelta

import pytest

from articles.image_repository import ImageRepository
from articles.jobs import JobKind
from articles.model import Image, ImageStatus
from articles.table import Table
from image_worker.reuse import Reuse
from tests.integration.image_pipeline import Pipeline
from tests.unit.image_worker import pictures
from tests.unit.image_worker.fakes import client_error


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    return Pipeline(table)


def pairs(pipeline: Pipeline) -> tuple[int, int]:
    return pipeline.rekognition.calls("DetectLabels"), pipeline.rekognition.calls("DetectModerationLabels")


def delivered(pipeline: Pipeline, data: bytes | None = None) -> Image:
    """An image of an article of its own, as it stands after the worker's turn."""
    image, body = pipeline.uploaded(data=data)
    assert pipeline.deliver(body) == []
    return pipeline.read(image)


def delete(pipeline: Pipeline, image: Image) -> None:
    pipeline.images.bury(image.article_id, image.id, due_at=pipeline.clock())


# The same picture again


def test_an_identical_picture_takes_the_analysis_and_gets_files_of_its_own(pipeline: Pipeline) -> None:
    first = delivered(pipeline)
    looked_at = pipeline.clock()
    pipeline.clock.advance(days=3)
    pipeline.notifications()
    again = delivered(pipeline)

    assert pairs(pipeline) == (1, 1)
    assert (again.status, again.labels, again.moderation) == (ImageStatus.READY, first.labels, first.moderation)
    assert (again.analysed_at, again.looked_at, first.looked_at) == (pipeline.clock(), looked_at, looked_at)
    assert again.renditions != first.renditions
    for image in (first, again):
        files = [key for key in pipeline.renditions() if f"{image.id}/{image.renditions}/" in key]
        assert len(files) == 2
    assert pipeline.labels() == {"Animal": [again.id, first.id], "Dog": [again.id, first.id]}
    [message] = pipeline.notifications()
    assert (message["id"], message["type"]) == (again.event_id, "image.ready")
    assert [label["name"] for label in message["labels"]] == ["Animal", "Dog"]


def test_a_rejection_serves_as_well(pipeline: Pipeline) -> None:
    pipeline.rekognition.moderation = [{"Name": "Weapons", "ParentName": "Violence", "Confidence": 88.0}]
    first = delivered(pipeline)
    pipeline.rekognition.moderation = []
    again = delivered(pipeline)
    assert pairs(pipeline) == (1, 1)
    assert (again.status, again.moderation) == (ImageStatus.REJECTED, first.moderation)
    assert pipeline.renditions() == {}


def test_another_picture_is_looked_at(pipeline: Pipeline) -> None:
    delivered(pipeline)
    delivered(pipeline, pictures.jpeg(500, 400))
    assert pairs(pipeline) == (2, 2)


def test_the_same_file_uploaded_to_the_same_image_again_costs_nothing(pipeline: Pipeline) -> None:
    first = delivered(pipeline)
    assert pipeline.deliver(pipeline.upload(first)) == []
    again = pipeline.read(first)
    assert pairs(pipeline) == (1, 1)
    assert (again.status, again.labels, again.attempts) == (ImageStatus.READY, first.labels, 2)
    assert again.renditions != first.renditions


def test_age_counts_from_the_look_not_from_the_copy(pipeline: Pipeline) -> None:
    delivered(pipeline)
    pipeline.clock.advance(days=29)
    delivered(pipeline)
    assert pairs(pipeline) == (1, 1)
    pipeline.clock.advance(days=2)
    renewed = delivered(pipeline)
    assert pairs(pipeline) == (2, 2)
    assert renewed.looked_at == pipeline.clock()
    delivered(pipeline)
    assert pairs(pipeline) == (2, 2)


def test_the_analysis_goes_with_its_image(pipeline: Pipeline) -> None:
    first = delivered(pipeline)
    delete(pipeline, first)
    pipeline.job(JobKind.PURGE_IMAGE, first.article_id, first.id)
    assert [item for item in pipeline.items() if "CONTENT" in item] == []
    delivered(pipeline)
    assert pairs(pipeline) == (2, 2)


def test_a_deleted_image_serves_nobody_while_its_tombstone_stands(pipeline: Pipeline) -> None:
    delete(pipeline, delivered(pipeline))
    delivered(pipeline)
    assert pairs(pipeline) == (2, 2)


def test_a_copy_serves_on_when_the_image_that_was_looked_at_is_gone(pipeline: Pipeline) -> None:
    first = delivered(pipeline)
    delivered(pipeline)
    delete(pipeline, first)
    pipeline.job(JobKind.PURGE_IMAGE, first.article_id, first.id)
    delivered(pipeline)
    assert pairs(pipeline) == (1, 1)


def test_an_image_that_has_other_content_by_now_serves_no_more(pipeline: Pipeline) -> None:
    first = delivered(pipeline)
    assert pipeline.deliver(pipeline.upload(first, pictures.jpeg(500, 400))) == []
    assert pairs(pipeline) == (2, 2)
    delivered(pipeline)
    assert pairs(pipeline) == (3, 3)


def test_a_failed_analysis_is_never_reused(pipeline: Pipeline) -> None:
    pipeline.rekognition.errors = [client_error("InvalidImageFormatException")]
    failed = delivered(pipeline)
    assert (failed.status, failed.content, failed.looked_at) == (ImageStatus.FAILED, None, None)
    assert delivered(pipeline).status is ImageStatus.READY
    assert pairs(pipeline) == (2, 2)


def test_a_failure_takes_the_images_entry_away(pipeline: Pipeline) -> None:
    first = delivered(pipeline)
    pipeline.deliver(pipeline.upload(first, b"no picture"))
    assert pipeline.read(first).content is None
    delivered(pipeline)
    assert pairs(pipeline) == (2, 2)


def test_an_index_that_is_behind_costs_a_call_and_nothing_else(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, replaced = delivered(pipeline), delivered(pipeline)
    pipeline.deliver(pipeline.upload(replaced, pictures.jpeg(500, 400)))
    delete(pipeline, gone)
    pipeline.job(JobKind.PURGE_IMAGE, gone.article_id, gone.id)
    before = pairs(pipeline)

    def behind(_self: ImageRepository, _digest: str, *, after: datetime, limit: int) -> list[tuple[str, str]]:
        assert after == pipeline.clock() - timedelta(days=30)
        return [(gone.article_id, gone.id), (replaced.article_id, replaced.id)][:limit]

    monkeypatch.setattr(ImageRepository, "with_content", behind)
    assert delivered(pipeline).status is ImageStatus.READY
    assert pairs(pipeline) == (before[0] + 1, before[1] + 1)


def reuse(pipeline: Pipeline, *, days: int = 30, label: float = 55, moderation: float = 60) -> Reuse:
    return Reuse(
        pipeline.images,
        label_min_confidence=label,
        moderation_min_confidence=moderation,
        days=days,
        now=pipeline.clock,
    )


def test_it_can_be_turned_off(pipeline: Pipeline) -> None:
    first, waiting = delivered(pipeline), pipeline.registered()
    content = reuse(pipeline).content_of(pictures.jpeg())
    assert first.content == content
    found = reuse(pipeline).known(waiting, content)
    assert found is not None
    assert found.labels == first.labels
    for asker in (waiting, first):
        assert reuse(pipeline, days=0).known(asker, content) is None


def test_an_analysis_by_other_rules_is_another_content(pipeline: Pipeline) -> None:
    of = [
        reuse(pipeline, label=label, moderation=moderation).content_of(b"file")
        for label, moderation in ((55, 60), (56, 60), (55, 61), (60, 55))
    ]
    assert len({*of, reuse(pipeline).content_of(b"another file")}) == 5
    assert reuse(pipeline, label=55.0).content_of(b"file") == of[0]


# Paid once


def test_what_fails_after_rekognition_answered_does_not_ask_again(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded()

    def refuse(**_: object) -> None:
        raise client_error("SlowDown", "PutObject", 503)

    pipeline.s3.meta.events.register("before-call.s3.PutObject", refuse, unique_id="refuse")
    assert pipeline.deliver(body) == ["m0"]
    pipeline.s3.meta.events.unregister("before-call.s3.PutObject", unique_id="refuse")
    waiting = pipeline.read(image)
    assert waiting.looked is not None
    assert waiting.looked.complete
    asked = pipeline.clock()

    pipeline.clock.advance(minutes=1)
    assert pipeline.deliver(body, tries=2) == []
    ready = pipeline.read(image)
    assert (ready.status, ready.looked, ready.looked_at) == (ImageStatus.READY, None, asked)
    assert [label.name for label in ready.labels] == ["Animal", "Dog"]
    assert pairs(pipeline) == (1, 1)
    assert len([key for key in pipeline.renditions() if f"/{ready.renditions}/" in key]) == 2


def test_of_two_calls_only_the_one_that_failed_is_made_again(pipeline: Pipeline) -> None:
    pipeline.rekognition.moderation = [{"Name": "Weapons", "ParentName": "Violence", "Confidence": 88.0}]
    pipeline.rekognition.errors = [client_error("ThrottlingException"), client_error("ThrottlingException")]
    image, body = pipeline.uploaded()
    assert pipeline.deliver(body) == ["m0"]
    waiting = pipeline.read(image)
    assert waiting.looked is not None
    assert (waiting.looked.labels, waiting.looked.complete) == (None, False)
    assert [entry.name for entry in waiting.looked.moderation or ()] == ["Weapons"]

    assert pipeline.deliver(body, tries=2) == ["m0"]
    assert pipeline.deliver(body, tries=3) == []
    assert pairs(pipeline) == (3, 1)
    rejected = pipeline.read(image)
    assert (rejected.status, rejected.looked) == (ImageStatus.REJECTED, None)
    assert pipeline.renditions() == {}


def test_what_was_kept_of_one_upload_does_not_serve_another(pipeline: Pipeline) -> None:
    pipeline.rekognition.errors = [client_error("ThrottlingException")]
    image, body = pipeline.uploaded()
    assert pipeline.deliver(body) == ["m0"]
    assert pipeline.deliver(pipeline.upload(image, pictures.jpeg(500, 400))) == []
    assert pairs(pipeline) == (2, 2)


def test_an_error_before_any_answer_keeps_what_an_earlier_attempt_was_told(pipeline: Pipeline) -> None:
    pipeline.rekognition.errors = [client_error("ThrottlingException")]
    image, body = pipeline.uploaded()
    assert pipeline.deliver(body) == ["m0"]

    def refuse(**_: object) -> None:
        raise client_error("SlowDown", "GetObject", 503)

    pipeline.s3.meta.events.register("before-call.s3.GetObject", refuse, unique_id="refuse")
    assert pipeline.deliver(body, tries=2) == ["m0"]
    pipeline.s3.meta.events.unregister("before-call.s3.GetObject", unique_id="refuse")
    assert pipeline.deliver(body, tries=3) == []
    assert pipeline.read(image).status is ImageStatus.READY
    assert pairs(pipeline) == (2, 1)
