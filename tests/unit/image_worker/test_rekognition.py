"""Rekognition's answers in our words, and its two calls at the same time."""

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from articles.model import MAX_LABELS_PER_IMAGE, Box
from image_worker.rekognition import Vision, labels_from, moderation_from
from image_worker.threads import Threads
from tests.unit.image_worker.fakes import FakeRekognition, client_error


def vision(client: Any) -> Vision:
    return Vision(client, Threads(2, "call"), label_min_confidence=55, moderation_min_confidence=60)


def test_labels_keep_confidence_parents_and_boxes() -> None:
    [label] = labels_from(
        [
            {
                "Name": "Dog",
                "Confidence": 97.123456,
                "Parents": [{"Name": "Animal"}, {"Name": "Pet"}],
                "Instances": [
                    {"BoundingBox": {"Left": 0.25, "Top": 0.5, "Width": 0.125, "Height": 0.3}, "Confidence": 91.239}
                ],
                "Aliases": [],
                "Categories": [{"Name": "Animals and Pets"}],
            }
        ]
    )
    assert (label.name, label.confidence, label.parents) == ("Dog", 97.12, ("Animal", "Pet"))
    assert label.boxes == (Box(0.25, 0.5, 0.125, 0.3, 91.24),)


def test_boxes_are_clamped_to_the_picture() -> None:
    def box(left: float, top: float, width: float, height: float) -> Any:
        return {"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}, "Confidence": 90.0}

    outside = [box(-0.1, -0.2, 0.5, 0.5), box(0.9, 0.95, 0.3, 0.3), box(1.2, 0.1, 0.1, 0.1), {"Confidence": 90.0}]
    [label] = labels_from([{"Name": "Person", "Confidence": 99.0, "Instances": outside}])
    assert label.boxes == (Box(0, 0, 0.4, 0.3, 90), Box(0.9, 0.95, 0.1, 0.05, 90))


def test_names_are_unique_and_the_surest_comes_first() -> None:
    found = labels_from(
        [
            {"Name": "Dog", "Confidence": 70.0},
            {"Name": "Cat", "Confidence": 80.0},
            {"Name": "Dog", "Confidence": 90.0},
            {"Confidence": 99.0},
        ]
    )
    assert [(label.name, label.confidence) for label in found] == [("Dog", 90), ("Cat", 80)]


def test_there_are_never_more_labels_than_a_transaction_takes() -> None:
    found = labels_from([{"Name": f"Label {n}", "Confidence": float(n)} for n in range(60)])
    assert len(found) == MAX_LABELS_PER_IMAGE
    assert found[0].name == "Label 59"


def test_moderation_keeps_the_parent_category() -> None:
    [top, below] = moderation_from(
        [
            {"Name": "Violence", "ParentName": "", "Confidence": 90.0, "TaxonomyLevel": 1},
            {"Name": "Weapons", "ParentName": "Violence", "Confidence": 95.555, "TaxonomyLevel": 2},
        ]
    )
    assert (top.name, top.parent, top.confidence) == ("Weapons", "Violence", 95.56)
    assert (below.name, below.parent) == ("Violence", "")


@pytest.mark.parametrize(("confidence", "objectionable"), [(59.9, False), (60.0, True), (99.0, True)])
def test_moderation_counts_from_its_confidence_on(confidence: float, objectionable: bool) -> None:
    client = FakeRekognition(moderation=[{"Name": "Weapons", "ParentName": "Violence", "Confidence": confidence}])
    assert vision(client).look(b"jpeg").findings().objectionable is objectionable


def test_both_calls_are_on_their_way_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=5)

    class Meeting(FakeRekognition):
        def detect_labels(self, **request: Any) -> dict[str, Any]:
            meeting.wait()
            return super().detect_labels(**request)

        def detect_moderation_labels(self, **request: Any) -> dict[str, Any]:
            meeting.wait()
            return super().detect_moderation_labels(**request)

    findings = vision(Meeting()).look(b"jpeg").findings()
    assert len(findings.labels) == 2


def test_an_error_of_either_call_is_let_through_once_both_are_over() -> None:
    client = FakeRekognition(errors=[client_error("ThrottlingException")])
    with pytest.raises(ClientError):
        vision(client).look(b"jpeg").findings()
    assert client.calls("DetectModerationLabels") == 1
