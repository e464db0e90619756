"""What tests may program, and what they can count."""

import time
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.rekognition.control import RekognitionControl
from local.rekognition.server import RekognitionServer
from tests.unit.local.rekognition.support import plain

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient

PICTURE: Any = {"Bytes": plain()}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 400),
        ("ImageTooLargeException", 400),
        ("InternalServerError", 500),
        ("InvalidImageFormatException", 400),
        ("InvalidParameterException", 400),
        ("InvalidS3ObjectException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 500),
        ("ServiceUnavailable", 503),
        ("UnheardOfException", 400),
    ],
)
def test_any_error_can_be_forced(
    client: "RekognitionClient", control: RekognitionControl, code: str, status: int
) -> None:
    control.fail_next(code)
    with pytest.raises(ClientError) as caught:
        client.detect_labels(Image=PICTURE)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert client.detect_labels(Image=PICTURE)["Labels"]


def test_a_forced_error_may_have_its_own_status_and_message(
    client: "RekognitionClient", control: RekognitionControl
) -> None:
    control.fail_next("AccessDeniedException", status=403, message="not yours")
    with pytest.raises(ClientError, match="not yours") as caught:
        client.detect_labels(Image=PICTURE)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_rule_holds_for_its_operation_and_its_times(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.fail_next("InternalServerError", operation="DetectModerationLabels", times=2)
    client.detect_labels(Image=PICTURE)
    for _ in range(2):
        with pytest.raises(client.exceptions.InternalServerError):
            client.detect_moderation_labels(Image=PICTURE)
    client.detect_moderation_labels(Image=PICTURE)


def test_rules_are_used_in_the_order_they_came(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.throttle_next()
    control.fail_next("AccessDeniedException")
    with pytest.raises(client.exceptions.ThrottlingException):
        client.detect_labels(Image=PICTURE)
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.detect_labels(Image=PICTURE)


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_an_sdk_retries_a_throttle_by_itself(server: RekognitionServer, control: RekognitionControl, mode: Any) -> None:
    client = boto3.client(
        "rekognition",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 2, "mode": mode}),
    )
    control.throttle_next()
    response = client.detect_labels(Image=PICTURE)
    client.close()
    assert response["ResponseMetadata"]["RetryAttempts"] == 1
    assert control.count("DetectLabels") == 2


def test_a_moderation_result_can_be_forced(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.moderate_next([{"Name": "Explicit Nudity", "ParentName": "Explicit"}, {"Name": "Explicit"}])
    assert client.detect_labels(Image=PICTURE)["Labels"][0]["Name"] == "White"
    labels = client.detect_moderation_labels(Image=PICTURE)["ModerationLabels"]
    assert labels == [
        {"Name": "Explicit Nudity", "Confidence": 99.0, "ParentName": "Explicit", "TaxonomyLevel": 2},
        {"Name": "Explicit", "Confidence": 99.0, "ParentName": "", "TaxonomyLevel": 1},
    ]
    assert client.detect_moderation_labels(Image=PICTURE)["ModerationLabels"] == []


def test_labels_can_be_forced_and_filters_still_hold(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.label_next([{"Name": "Lighthouse", "Confidence": 71.5}, "Sea", {"Name": "Rock", "Confidence": 40}])
    labels = client.detect_labels(Image=PICTURE, MinConfidence=50)["Labels"]
    assert [(label["Name"], label["Confidence"]) for label in labels] == [("Sea", 99.0), ("Lighthouse", 71.5)]
    assert labels[0].keys() == {"Name", "Confidence", "Instances", "Parents", "Aliases", "Categories"}


def test_a_forced_result_does_not_excuse_a_bad_picture(
    client: "RekognitionClient", control: RekognitionControl
) -> None:
    control.label_next(["Sea"])
    with pytest.raises(client.exceptions.InvalidImageFormatException):
        client.detect_labels(Image={"Bytes": b"text"})


def test_a_fixed_answer_holds_until_reset(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.answer_always(["Sea"], [{"Name": "Explicit"}], delay_ms=0)
    for _ in range(2):
        assert [label["Name"] for label in client.detect_labels(Image=PICTURE)["Labels"]] == ["Sea"]
        assert client.detect_moderation_labels(Image=PICTURE)["ModerationLabels"][0]["Name"] == "Explicit"
    assert [call["forced"] for call in control.calls()] == [True] * 4
    control.reset()
    assert client.detect_labels(Image=PICTURE)["Labels"][0]["Name"] == "White"


def test_a_fixed_answer_comes_after_its_time(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.answer_always([], [], delay_ms=300)
    started = time.perf_counter()
    assert client.detect_labels(Image=PICTURE)["Labels"] == []
    assert client.detect_moderation_labels(Image=PICTURE)["ModerationLabels"] == []
    assert time.perf_counter() - started >= 0.6
    assert all(call["duration_ms"] >= 300 for call in control.calls())


def test_a_fixed_answer_decodes_no_pixel(client: "RekognitionClient", control: RekognitionControl) -> None:
    without_pixels: Any = {"Bytes": plain(1000, 1000)[:60]}  # a PNG's header and nothing behind it
    with pytest.raises(client.exceptions.InvalidImageFormatException):
        client.detect_labels(Image=without_pixels)
    control.answer_always(["Sea"], [], delay_ms=0)
    assert client.detect_labels(Image=without_pixels)["Labels"][0]["Name"] == "Sea"
    assert client.detect_moderation_labels(Image=without_pixels)["ModerationLabels"] == []


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (b"text", "InvalidImageFormatException"),
        (plain(79, 80), "InvalidParameterException"),
        (plain(10_001, 80), "ImageTooLargeException"),
        (plain() + bytes(5 * 1024 * 1024), "ValidationException"),
    ],
    ids=["no picture", "too small", "too wide", "too many bytes"],
)
def test_a_fixed_answer_does_not_excuse_a_picture_that_the_service_refuses(
    client: "RekognitionClient", control: RekognitionControl, picture: bytes, code: str
) -> None:
    control.answer_always(["Sea"], [], delay_ms=0)
    for operation in (client.detect_labels, client.detect_moderation_labels):
        with pytest.raises(ClientError) as caught:
            operation(Image={"Bytes": picture})
        assert caught.value.response["Error"]["Code"] == code


def test_what_is_queued_goes_before_a_fixed_answer(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.answer_always(["Sea"], [], delay_ms=0)
    control.throttle_next()
    control.label_next(["Rock"])
    control.delay_next(300)
    with pytest.raises(client.exceptions.ThrottlingException):
        client.detect_labels(Image=PICTURE)
    seen = [client.detect_labels(Image=PICTURE)["Labels"][0]["Name"] for _ in range(3)]
    assert seen == ["Rock", "Sea", "Sea"]
    assert [call["duration_ms"] >= 300 for call in control.calls()] == [False, False, True, False]


def test_colours_are_looked_for_whatever_is_answered_always(
    client: "RekognitionClient", control: RekognitionControl
) -> None:
    control.answer_always(["Sea"], [], delay_ms=0)
    answer = client.detect_labels(Image=PICTURE, Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"])
    assert answer["Labels"][0]["Name"] == "Sea"
    assert answer["ImageProperties"]["DominantColors"][0]["CSSColor"] == "white"


def test_calls_are_counted_and_listed(client: "RekognitionClient", control: RekognitionControl) -> None:
    assert control.counts() == {"DetectLabels": 0, "DetectModerationLabels": 0}
    control.throttle_next(operation="DetectModerationLabels")
    client.detect_labels(Image=PICTURE)
    with pytest.raises(ClientError):
        client.detect_moderation_labels(Image=PICTURE)
    with pytest.raises(ClientError):
        client.detect_labels(Image={"S3Object": {"Bucket": "media", "Name": "absent"}})
    assert control.counts() == {"DetectLabels": 2, "DetectModerationLabels": 1}
    seen = [(call["operation"], call["status"], call["error"], call["forced"]) for call in control.calls()]
    assert seen == [
        ("DetectLabels", 200, None, False),
        ("DetectModerationLabels", 500, "ThrottlingException", True),
        ("DetectLabels", 400, "InvalidS3ObjectException", False),
    ]
    assert control.calls()[0]["source"] == f"{len(plain())} bytes"
    assert control.calls()[2]["source"] == "s3://media/absent"


def test_reset_forgets_rules_delay_and_calls(client: "RekognitionClient", control: RekognitionControl) -> None:
    client.detect_labels(Image=PICTURE)
    control.throttle_next(times=100)
    control.delay(60_000)
    control.reset()
    started = time.perf_counter()
    client.detect_labels(Image=PICTURE)
    assert time.perf_counter() - started < 30
    assert control.counts() == {"DetectLabels": 1, "DetectModerationLabels": 0}


def test_a_fixed_delay_holds_for_every_answer_and_includes_the_work(
    client: "RekognitionClient", control: RekognitionControl
) -> None:
    client.detect_labels(Image=PICTURE)
    control.delay(400)
    for _ in range(2):
        started = time.perf_counter()
        client.detect_labels(Image=PICTURE)
        assert time.perf_counter() - started >= 0.4
    assert all(call["duration_ms"] >= 400 for call in control.calls()[1:])


def test_one_call_can_be_delayed(client: "RekognitionClient", control: RekognitionControl) -> None:
    control.delay_next(300, operation="DetectLabels")
    client.detect_labels(Image=PICTURE)
    assert control.calls()[0]["duration_ms"] >= 300


def test_delayed_calls_wait_side_by_side(client: "RekognitionClient", control: RekognitionControl) -> None:
    client.detect_labels(Image=PICTURE)
    control.delay(1_000)
    started = time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.detect_labels(Image=PICTURE), range(16)))
    # One after the other they would take 16 seconds.
    assert time.perf_counter() - started < 10
    assert control.count("DetectLabels") == 17


def test_concurrent_calls_are_each_counted_and_each_rule_is_used_once(
    client: "RekognitionClient", control: RekognitionControl, photograph: bytes
) -> None:
    control.throttle_next(times=10)

    def call(number: int) -> str:
        operation = client.detect_labels if number % 2 else client.detect_moderation_labels
        try:
            operation(Image={"Bytes": photograph})
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "ok"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(call, range(40)))
    assert outcomes.count("ThrottlingException") == 10
    assert outcomes.count("ok") == 30
    assert control.counts() == {"DetectLabels": 20, "DetectModerationLabels": 20}


@pytest.mark.parametrize(
    ("route", "wish"),
    [
        ("next", {}),
        ("next", {"operation": "DetectFaces", "throttle": True}),
        ("next", {"throttle": True, "labels": []}),
        ("next", {"throttle": True, "times": 0}),
        ("next", {"throttle": True, "times": "2"}),
        ("next", {"throttle": True, "unheard_of": 1}),
        ("next", {"error": {}}),
        ("next", {"error": {"code": "X", "status": 200}}),
        ("next", {"labels": "Sea"}),
        ("next", {"labels": [{}]}),
        ("next", {"labels": [{"Name": "Sea", "Confidence": "high"}]}),
        ("next", {"operation": "DetectLabels", "moderation": []}),
        ("next", {"delay_ms": -1}),
        ("delay", {"delay_ms": "1"}),
        ("delay", {}),
        ("always", {"labels": [], "delay_ms": 1}),
        ("always", {"labels": [], "moderation": [], "delay_ms": 1, "times": 2}),
        ("always", {"labels": [], "moderation": [], "delay_ms": "1"}),
        ("unheard_of", {}),
    ],
)
def test_what_cannot_be_programmed_is_refused(control: RekognitionControl, route: str, wish: dict[str, object]) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        control._post(route, wish)
    with caught.value as refusal:
        assert refusal.code == (404 if route == "unheard_of" else 400)
        assert b"message" in refusal.read()
