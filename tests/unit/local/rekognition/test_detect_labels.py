"""DetectLabels through an SDK client."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageOps

from tests.unit.local.rekognition.support import PHOTOGRAPH, FakeS3, encoded, plain

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient

# Where the face is in the upright photograph, read off by eye, as fractions: nose and mouth are inside.
NOSE_AND_MOUTH = [(0.438, 0.255), (0.44, 0.285)]


def names(response: Any) -> list[str]:
    return [label["Name"] for label in response["Labels"]]


def by_name(response: Any) -> dict[str, Any]:
    return {label["Name"]: label for label in response["Labels"]}


def upright() -> Image.Image:
    with Image.open(PHOTOGRAPH) as image:
        return ImageOps.exif_transpose(image)


def assert_over_the_face(box: dict[str, float]) -> None:
    for x, y in NOSE_AND_MOUTH:
        assert box["Left"] < x < box["Left"] + box["Width"]
        assert box["Top"] < y < box["Top"] + box["Height"]
    assert box["Width"] < 0.3
    assert box["Height"] < 0.3


def test_a_face_makes_a_person_with_boxes_and_ancestors(client: "RekognitionClient", photograph: bytes) -> None:
    labels = by_name(client.detect_labels(Image={"Bytes": photograph}))
    assert {"Person", "Head", "Face", "Portrait"} <= labels.keys()
    assert [parent["Name"] for parent in labels["Face"]["Parents"]] == ["Head", "Person"]
    assert labels["Person"]["Aliases"] == [{"Name": "Human"}]
    assert labels["Person"]["Categories"] == [{"Name": "Person Description"}]
    for name in ("Person", "Face"):
        (instance,) = labels[name]["Instances"]
        assert_over_the_face(instance["BoundingBox"])
        assert 55 <= instance["Confidence"] <= 100


def test_the_response_has_the_services_shape(client: "RekognitionClient", photograph: bytes) -> None:
    response = client.detect_labels(Image={"Bytes": photograph})
    assert response.keys() == {"Labels", "LabelModelVersion", "ResponseMetadata"}
    for label in response["Labels"]:
        assert label.keys() == {"Name", "Confidence", "Instances", "Parents", "Aliases", "Categories"}
    confidences = [label["Confidence"] for label in response["Labels"]]
    assert confidences == sorted(confidences, reverse=True)
    assert len(set(names(response))) == len(names(response))
    assert response["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/x-amz-json-1.1"
    assert response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("side", [160, 512, 1024, 2048])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_the_face_is_found_at_any_size(client: "RekognitionClient", side: int, file_format: str) -> None:
    data = encoded(upright().resize((side, side)), file_format)
    (instance,) = by_name(client.detect_labels(Image={"Bytes": data}))["Face"]["Instances"]
    assert_over_the_face(instance["BoundingBox"])


def test_two_faces_are_two_instances_and_people(client: "RekognitionClient") -> None:
    both = Image.new("RGB", (1024, 512))
    both.paste(upright(), (0, 0))
    both.paste(ImageOps.mirror(upright()), (512, 0))
    labels = by_name(client.detect_labels(Image={"Bytes": encoded(both, "JPEG")}))
    assert len(labels["Face"]["Instances"]) == 2
    assert "People" in labels
    assert "Portrait" not in labels


def test_boxes_stay_inside_the_picture(client: "RekognitionClient") -> None:
    # The face fills the picture to its edges.
    close = upright().crop((170, 60, 280, 190)).resize((440, 520))
    for label in client.detect_labels(Image={"Bytes": encoded(close)}, MinConfidence=0)["Labels"]:
        for instance in label["Instances"]:
            box = instance["BoundingBox"]
            assert 0 <= box["Left"] <= box["Left"] + box["Width"] <= 1.000001
            assert 0 <= box["Top"] <= box["Top"] + box["Height"] <= 1.000001


@pytest.mark.parametrize(
    ("color", "label"),
    [
        ("red", "Red"),
        ("gold", "Yellow"),
        ("darkorange", "Orange"),
        ("green", "Green"),
        ("darkcyan", "Cyan"),
        ("navy", "Blue"),
        ("indigo", "Purple"),
        ("hotpink", "Pink"),
        ("saddlebrown", "Brown"),
        ("black", "Black"),
        ("white", "White"),
        ("gray", "Gray"),
    ],
)
def test_a_colour_that_dominates_is_a_label(client: "RekognitionClient", color: str, label: str) -> None:
    response = client.detect_labels(Image={"Bytes": plain(color=color)})
    assert names(response) == [label]
    assert response["Labels"][0]["Confidence"] == 100


def test_a_picture_without_colours_is_black_and_white(client: "RekognitionClient") -> None:
    grey = encoded(upright().convert("L"), "JPEG")
    found = names(client.detect_labels(Image={"Bytes": grey}))
    assert "Black and White" in found
    assert "Person" in found


def test_labels_under_min_confidence_are_left_out(client: "RekognitionClient", photograph: bytes) -> None:
    everything = client.detect_labels(Image={"Bytes": photograph}, MinConfidence=0)["Labels"]
    assert min(label["Confidence"] for label in everything) < 55
    default = client.detect_labels(Image={"Bytes": photograph})["Labels"]
    assert default == [label for label in everything if label["Confidence"] >= 55]
    sure = client.detect_labels(Image={"Bytes": photograph}, MinConfidence=90)["Labels"]
    assert sure == [label for label in everything if label["Confidence"] >= 90]
    assert client.detect_labels(Image={"Bytes": photograph}, MinConfidence=100)["Labels"] == []


def test_max_labels_keeps_the_surest(client: "RekognitionClient", photograph: bytes) -> None:
    everything = client.detect_labels(Image={"Bytes": photograph})["Labels"]
    assert client.detect_labels(Image={"Bytes": photograph}, MaxLabels=2)["Labels"] == everything[:2]


def test_filters_choose_labels_and_categories(client: "RekognitionClient", photograph: bytes) -> None:
    def found(**filters: list[str]) -> set[str]:
        settings: Any = {"GeneralLabels": filters}
        return set(names(client.detect_labels(Image={"Bytes": photograph}, Settings=settings)))

    assert found(LabelInclusionFilters=["Face"]) == {"Face"}
    assert "Face" not in found(LabelExclusionFilters=["Face"])
    assert found(LabelCategoryInclusionFilters=["Person Description"]) == {"Person", "Head", "Face", "Portrait"}
    assert not found(LabelCategoryExclusionFilters=["Person Description"]) & {"Person", "Head", "Face", "Portrait"}


def test_image_properties_come_when_asked_for(client: "RekognitionClient") -> None:
    picture = Image.new("RGB", (200, 100), "navy")
    picture.paste("white", (0, 0, 50, 100))
    response = client.detect_labels(Image={"Bytes": encoded(picture)}, Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"])
    assert names(response) == ["Blue"]
    first, second = response["ImageProperties"]["DominantColors"]
    assert first == {
        "Red": 0,
        "Green": 0,
        "Blue": 128,
        "HexCode": "#000080",
        "CSSColor": "navy",
        "SimplifiedColor": "blue",
        "PixelPercent": 75.0,
    }
    assert second["CSSColor"] == "white"
    assert response["ImageProperties"]["Quality"].keys() == {"Brightness", "Sharpness", "Contrast"}
    assert all(0 <= value <= 100 for value in response["ImageProperties"]["Quality"].values())


def test_a_blurred_picture_is_less_sharp_and_a_dark_one_less_bright(client: "RekognitionClient") -> None:
    def quality(image: Image.Image) -> Any:
        response = client.detect_labels(Image={"Bytes": encoded(image)}, Features=["IMAGE_PROPERTIES"])
        assert response["Labels"] == []
        return response["ImageProperties"]["Quality"]

    original = quality(upright())
    assert quality(upright().reduce(8).resize((512, 512)))["Sharpness"] < original["Sharpness"] / 1.5
    assert quality(upright().point(lambda value: value // 3))["Brightness"] < original["Brightness"] / 2


def test_max_dominant_colors_is_honoured(client: "RekognitionClient", photograph: bytes) -> None:
    def count(**settings: int) -> int:
        response = client.detect_labels(
            Image={"Bytes": photograph},
            Features=["IMAGE_PROPERTIES"],
            Settings={"ImageProperties": settings},  # type: ignore[typeddict-item]
        )
        return len(response["ImageProperties"]["DominantColors"])

    assert count() == 10
    assert count(MaxDominantColors=3) == 3
    assert count(MaxDominantColors=20) == 20


def test_an_object_in_s3_is_read_with_the_root_credentials(
    client: "RekognitionClient", s3: FakeS3, photograph: bytes
) -> None:
    s3.objects["/media/a/b%20c.jpg"] = photograph
    response = client.detect_labels(Image={"S3Object": {"Bucket": "media", "Name": "a/b c.jpg"}})
    assert "Face" in names(response)
    path, authorization = s3.requests[-1]
    assert path == "/media/a/b%20c.jpg"
    assert "Credential=test/" in authorization


def test_a_version_of_an_object_is_asked_for(client: "RekognitionClient", s3: FakeS3) -> None:
    s3.objects["/media/versioned"] = plain()
    client.detect_labels(Image={"S3Object": {"Bucket": "media", "Name": "versioned", "Version": "v7"}})
    assert s3.requests[-1][0] == "/media/versioned?versionId=v7"


def test_nothing_is_seen_where_nothing_is(client: "RekognitionClient") -> None:
    noise = Image.effect_noise((512, 512), 60).convert("RGB")
    assert not {"Person", "Face"} & set(names(client.detect_labels(Image={"Bytes": encoded(noise)}, MinConfidence=0)))


@pytest.mark.parametrize("size", [(80, 10_000), (10_000, 80), (80, 80)])
def test_extreme_shapes_are_looked_at_without_failing(client: "RekognitionClient", size: tuple[int, int]) -> None:
    try:
        assert names(client.detect_labels(Image={"Bytes": plain(*size)})) == ["White"]
    except ClientError as error:
        pytest.fail(str(error))
