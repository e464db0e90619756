"""Every refusal, by the code that an SDK reports."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.rekognition.control import RekognitionControl
from local.rekognition.errors import ServiceError
from local.rekognition.images import MAX_OBJECT_BYTES, MAX_REQUEST_IMAGE_BYTES
from local.rekognition.objects import S3Objects
from local.rekognition.server import RekognitionServer
from tests.unit.local.rekognition.support import FakeS3, plain

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=00"
PICTURE = base64.b64encode(plain()).decode()


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def post(
    server: RekognitionServer,
    body: bytes,
    *,
    target: str = "RekognitionService.DetectLabels",
    authorization: str | None = SIGNED.format("rekognition"),
    path: str = "/",
) -> tuple[int, Any]:
    """What the wire says: (status, body)."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    if authorization is not None:
        headers["Authorization"] = authorization
    request = urllib.request.Request(server.url + path, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_an_error_looks_like_the_developer_guides_example(server: RekognitionServer) -> None:
    status, body = post(server, b'{"Image": {"Bytes": "bm8="}}')
    assert status == 400
    assert body.keys() == {"__type", "Code", "Logref", "Message"}
    assert body["__type"] == body["Code"] == "InvalidImageFormatException"
    assert body["Message"] == "Request has invalid image format"


@pytest.mark.parametrize("operation", ["detect_labels", "detect_moderation_labels"])
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"text", "InvalidImageFormatException"),
        (plain(file_format="GIF"), "InvalidImageFormatException"),
        (plain(79, 80), "InvalidParameterException"),
        (plain(80, 10_001), "ImageTooLargeException"),
    ],
    ids=["text", "GIF", "79 pixels", "10,001 pixels"],
)
def test_a_bad_picture_has_its_code(client: "RekognitionClient", operation: str, data: bytes, code: str) -> None:
    assert code_of(lambda: getattr(client, operation)(Image={"Bytes": data})) == code


def test_the_sdk_maps_errors_to_its_own_exceptions(client: "RekognitionClient") -> None:
    with pytest.raises(client.exceptions.InvalidImageFormatException):
        client.detect_labels(Image={"Bytes": b"text"})


def test_bytes_up_to_5_mb_are_taken_and_one_more_is_a_validation_error(
    client: "RekognitionClient", photograph: bytes
) -> None:
    # Bytes after a JPEG's end do not matter to any decoder.
    whole = photograph.ljust(MAX_REQUEST_IMAGE_BYTES, b"\0")
    assert client.detect_labels(Image={"Bytes": whole})["Labels"]
    with pytest.raises(ClientError, match=r"at 'image\.bytes' failed to satisfy constraint") as caught:
        client.detect_labels(Image={"Bytes": whole + b"\0"})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_objects_up_to_15_mb_are_taken_and_one_byte_more_is_too_large(
    client: "RekognitionClient", s3: FakeS3, photograph: bytes
) -> None:
    s3.objects["/media/large"] = photograph.ljust(MAX_OBJECT_BYTES, b"\0")
    s3.objects["/media/larger"] = photograph.ljust(MAX_OBJECT_BYTES + 1, b"\0")
    assert client.detect_labels(Image={"S3Object": {"Bucket": "media", "Name": "large"}})["Labels"]
    larger: Any = {"S3Object": {"Bucket": "media", "Name": "larger"}}
    assert code_of(lambda: client.detect_labels(Image=larger)) == "ImageTooLargeException"


def test_a_missing_object_is_an_invalid_object(client: "RekognitionClient") -> None:
    missing: Any = {"S3Object": {"Bucket": "media", "Name": "missing"}}
    assert code_of(lambda: client.detect_moderation_labels(Image=missing)) == "InvalidS3ObjectException"


def test_an_s3_out_of_reach_is_an_invalid_object() -> None:
    with pytest.raises(ServiceError, match="InvalidS3ObjectException"):
        S3Objects("http://127.0.0.1:1").read("media", "key", None)


def test_without_an_s3_endpoint_an_object_is_invalid_and_the_message_says_why() -> None:
    with pytest.raises(ServiceError, match="without --endpoint-url"):
        S3Objects(None).read("media", "key", None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"", "ValidationException"),
        (b"{}", "ValidationException"),
        (b'{"Image": []}', "SerializationException"),
        (b'{"Image": {}}', "InvalidParameterException"),
        (b'{"Image": {"Bytes": "bm8=", "S3Object": {"Bucket": "b", "Name": "n"}}}', "InvalidParameterException"),
        (b'{"Image": {"Bytes": "*"}}', "SerializationException"),
        (b'{"Image": {"Bytes": 1}}', "SerializationException"),
        (b'{"Image": {"Bytes": ""}}', "ValidationException"),
        (b'{"Image": {"S3Object": {"Bucket": "b"}}}', "InvalidParameterException"),
        (b'{"Image": {"S3Object": {"Bucket": "b", "Name": 1}}}', "SerializationException"),
    ],
)
def test_a_bad_body_has_its_code(server: RekognitionServer, body: bytes, code: str) -> None:
    status, answer = post(server, body)
    assert (status, answer["__type"]) == (400, code)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"MinConfidence": -0.1}, "ValidationException"),
        ({"MinConfidence": 100.1}, "ValidationException"),
        ({"MinConfidence": "50"}, "SerializationException"),
        ({"MinConfidence": True}, "SerializationException"),
        ({"MaxLabels": -1}, "ValidationException"),
        ({"MaxLabels": 1.5}, "SerializationException"),
        ({"Features": ["FACES"]}, "ValidationException"),
        ({"Features": "GENERAL_LABELS"}, "SerializationException"),
        ({"Features": ["IMAGE_PROPERTIES"], "MinConfidence": 50}, "InvalidParameterException"),
        ({"Features": ["IMAGE_PROPERTIES"], "MaxLabels": 5}, "InvalidParameterException"),
        ({"Settings": {"ImageProperties": {"MaxDominantColors": 21}}}, "ValidationException"),
        ({"Settings": {"GeneralLabels": {"LabelInclusionFilters": ["x"] * 101}}}, "ValidationException"),
        ({"Settings": []}, "SerializationException"),
    ],
)
def test_a_bad_parameter_of_detect_labels_has_its_code(
    server: RekognitionServer, members: dict[str, object], code: str
) -> None:
    status, answer = post(server, json.dumps({"Image": {"Bytes": PICTURE}, **members}).encode())
    assert (status, answer["__type"]) == (400, code)


@pytest.mark.parametrize("confidence", [0, 100])
def test_min_confidence_may_be_anything_from_0_to_100(client: "RekognitionClient", confidence: float) -> None:
    client.detect_labels(Image={"Bytes": plain()}, MinConfidence=confidence)
    client.detect_moderation_labels(Image={"Bytes": plain()}, MinConfidence=confidence)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"MinConfidence": 101}, "ValidationException"),
        ({"ProjectVersion": "arn:aws:rekognition:eu-west-1:1:project/p/version/v/1"}, "ResourceNotFoundException"),
        ({"HumanLoopConfig": {}}, "ResourceNotFoundException"),
    ],
)
def test_a_bad_parameter_of_detect_moderation_labels_has_its_code(
    server: RekognitionServer, members: dict[str, object], code: str
) -> None:
    body = json.dumps({"Image": {"Bytes": PICTURE}, **members}).encode()
    status, answer = post(server, body, target="RekognitionService.DetectModerationLabels")
    assert (status, answer["__type"]) == (400, code)


def test_an_operation_that_is_not_here_is_unknown(client: "RekognitionClient") -> None:
    assert code_of(lambda: client.detect_faces(Image={"Bytes": plain()})) == "UnknownOperationException"


@pytest.mark.parametrize("target", ["", "RekognitionService", "DynamoDB_20120810.GetItem", "Other.DetectLabels"])
def test_a_target_of_something_else_is_unknown(server: RekognitionServer, target: str) -> None:
    assert post(server, b"{}", target=target)[1]["__type"] == "UnknownOperationException"


def test_an_unsigned_call_is_refused(server: RekognitionServer, control: RekognitionControl) -> None:
    client = boto3.client(
        "rekognition",
        endpoint_url=server.url,
        region_name="eu-west-1",
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )
    assert code_of(lambda: client.detect_labels(Image={"Bytes": plain()})) == "MissingAuthenticationTokenException"
    client.close()
    assert control.count("DetectLabels") == 0


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer token", "IncompleteSignatureException"),
        (
            "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/rekognition/aws4_request",
            "IncompleteSignatureException",
        ),
        (SIGNED.format("s3"), "InvalidSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=test, SignedHeaders=host, Signature=00", "InvalidSignatureException"),
    ],
)
def test_a_signature_of_another_kind_is_refused(server: RekognitionServer, authorization: str, code: str) -> None:
    status, answer = post(server, b"{}", authorization=authorization)
    assert (status, answer["__type"]) == (400, code)


def test_a_huge_body_is_refused_and_the_server_lives_on(server: RekognitionServer) -> None:
    status, answer = post(server, b" " * (17 * 1024 * 1024))
    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")
    assert post(server, json.dumps({"Image": {"Bytes": PICTURE}}).encode())[0] == 200


def test_another_path_is_not_found(server: RekognitionServer) -> None:
    assert post(server, b"{}", path="/other")[0] == 404
