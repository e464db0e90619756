"""The largest result that can be, beside the limits of DynamoDB and SNS."""

import json

from msgspec.structs import replace

from articles.dynamo_json import to_attributes
from articles.items import image_to_item, label_to_map, looked_from_map, looked_to_map, moderation_to_map
from articles.model import (
    MAX_BOXES_PER_LABEL,
    MAX_LABELS_PER_IMAGE,
    Box,
    ImageStatus,
    Label,
    Looked,
    Moderation,
)
from image_worker.notifications import message_of
from image_worker.rekognition import labels_from
from tests.samples import NOON, an_image

BOX = Box(0.12345, 0.12345, 0.12345, 0.12345, 99.99)
LABELS = tuple(
    Label(f"{n:02d}" + "x" * 60, 99.99, ("x" * 60,) * 4, (BOX,) * MAX_BOXES_PER_LABEL)
    for n in range(MAX_LABELS_PER_IMAGE)
)
MODERATION = tuple(Moderation("x" * 60, "x" * 60, 99.99) for _ in range(40))
LOOKED = Looked("0" * 64, NOON, LABELS, MODERATION)


def test_the_largest_result_fits_an_item_twice() -> None:
    item = {
        **image_to_item(an_image(alt="x" * 1000, filename="x" * 255)),
        "labels": [label_to_map(label) for label in LABELS],
        "moderation": [moderation_to_map(entry) for entry in MODERATION],
        "looked": looked_to_map(LOOKED),
    }
    # As it travels, which is more than twice what DynamoDB counts of it.
    assert len(json.dumps(to_attributes(item))) < 400_000


def test_the_largest_result_fits_a_message() -> None:
    image = replace(an_image(), status=ImageStatus.READY, labels=LABELS, analysed_at=NOON, event_id="0" * 26)
    assert len(json.dumps(message_of(image)).encode()) < 256 * 1024 * 0.6


def test_of_a_crowd_the_surest_boxes_are_kept() -> None:
    instances = [
        {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.1, "Height": 0.1}, "Confidence": float(n)}
        for n in range(100)
    ]
    [people] = labels_from([{"Name": "Person", "Confidence": 99.0, "Instances": instances}])  # type: ignore[list-item, typeddict-item]
    assert [box.confidence for box in people.boxes] == list(range(99, 99 - MAX_BOXES_PER_LABEL, -1))


def test_what_was_looked_at_survives_its_map() -> None:
    half = replace(LOOKED, labels=None)
    for looked in (LOOKED, half, replace(half, moderation=()), replace(LOOKED, moderation=None)):
        assert looked_from_map(looked_to_map(looked)) == looked
