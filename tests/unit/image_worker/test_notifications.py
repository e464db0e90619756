"""The messages on the topic."""

from dataclasses import replace
from datetime import UTC, datetime

from articles.model import Box, Failure, Image, ImageStatus, Label, Moderation
from image_worker.notifications import message_of

AT = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
IMAGE = Image(
    id="image",
    article_id="article",
    status=ImageStatus.READY,
    filename="dog.jpg",
    content_type="image/jpeg",
    size=1,
    alt="",
    created_at=AT,
    labels=(Label("Dog", 97.1, ("Animal",), (Box(0.1, 0.2, 0.3, 0.4, 96.5),)),),
    moderation=(Moderation("Weapons", "Violence", 88.0),),
    error=Failure("corrupt", "It is damaged."),
    analysed_at=AT,
    event_id="event",
)
COMMON = {"id": "event", "time": "2026-05-01T12:00:00.000Z", "article_id": "article", "image_id": "image"}


def test_a_ready_image_tells_its_labels() -> None:
    box = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4, "confidence": 96.5}
    label = {"name": "Dog", "confidence": 97.1, "parents": ["Animal"], "boxes": [box]}
    assert message_of(IMAGE) == COMMON | {"type": "image.ready", "labels": [label]}


def test_a_rejected_image_tells_what_moderation_saw() -> None:
    message = message_of(replace(IMAGE, status=ImageStatus.REJECTED))
    seen = [{"name": "Weapons", "parent": "Violence", "confidence": 88.0}]
    assert message == COMMON | {"type": "image.rejected", "moderation": seen}


def test_a_failed_image_tells_why() -> None:
    message = message_of(replace(IMAGE, status=ImageStatus.FAILED))
    assert message == COMMON | {"type": "image.failed", "error": {"code": "corrupt", "message": "It is damaged."}}
