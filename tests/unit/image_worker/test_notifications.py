"""The messages on the topic."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from articles.ids import new_id
from articles.model import (
    MAX_BOXES_PER_LABEL,
    MAX_LABELS_PER_IMAGE,
    Box,
    Failure,
    Image,
    ImageStatus,
    Label,
    Moderation,
)
from image_worker.notifications import Notifications, message_of
from tests.image_events import check_message

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

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


class Recorder:
    """An SNS that only remembers."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> None:
        self.published.append(request)


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


def test_the_largest_message_that_there_can_be_fits_the_schema_and_half_of_what_sns_takes() -> None:
    # No number is longer, with the digits that rekognition.py keeps. Rekognition's names and paths are shorter.
    box = Box(0.12345, 0.12345, 0.12345, 0.12345, 99.99)
    name = "é" * 64
    label = Label(name, 99.99, (name,) * 8, (box,) * MAX_BOXES_PER_LABEL)
    image = replace(IMAGE, labels=(label,) * MAX_LABELS_PER_IMAGE, id=new_id(), article_id=new_id(), event_id=new_id())
    sns = Recorder()

    Notifications(cast("SNSClient", sns), "topic").announce(image)

    [published] = sns.published
    check_message(json.loads(published["Message"]))
    # SNS counts the attributes, too. In the envelope that subscribers get, each quotation mark is escaped by one byte.
    [(attribute, value)] = published["MessageAttributes"].items()
    size = sum(len(text.encode()) for text in (published["Message"], attribute, *value.values()))
    assert size < 131_072
    assert size + published["Message"].count('"') < 262_144
