"""DetectModerationLabels through an SDK client."""

from typing import TYPE_CHECKING

from tests.unit.local.rekognition.support import plain

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient


def test_the_demo_photograph_is_harmless(client: "RekognitionClient", photograph: bytes) -> None:
    response = client.detect_moderation_labels(Image={"Bytes": photograph})
    assert response["ModerationLabels"] == []
    assert response["ModerationModelVersion"] == "7.0"
    assert response["ContentTypes"] == []


def test_labels_carry_the_taxonomy_and_one_confidence(client: "RekognitionClient", photograph: bytes) -> None:
    labels = client.detect_moderation_labels(Image={"Bytes": photograph}, MinConfidence=0)["ModerationLabels"]
    assert [(label["Name"], label["ParentName"], label["TaxonomyLevel"]) for label in labels] == [
        ("Explicit Nudity", "Explicit", 2),
        ("Explicit", "", 1),
    ]
    # The classifier's authors call less than 20 safe.
    assert 0 < labels[0]["Confidence"] == labels[1]["Confidence"] < 20


def test_the_score_comes_from_the_pixels(client: "RekognitionClient", photograph: bytes) -> None:
    scores = {
        client.detect_moderation_labels(Image={"Bytes": data}, MinConfidence=0)["ModerationLabels"][0]["Confidence"]
        for data in (photograph, plain(color="red"), plain(color="peachpuff"))
    }
    assert len(scores) == 3
