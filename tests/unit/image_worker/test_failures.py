"""The table of errors."""

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError, ReadTimeoutError

from articles.errors import ContentionError
from image_worker.failures import PictureError, PoisonError, Remedy, fault_of_picture, name_of, remedy_of
from tests.unit.image_worker.fakes import client_error


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("ImageTooLargeException", "too_large"),
        ("InvalidImageFormatException", "not_analysable"),
        ("InvalidS3ObjectException", "not_analysable"),
        ("InvalidParameterException", "not_analysable"),
    ],
)
def test_rekognitions_refusals_are_the_pictures_fault(code: str, failure: str) -> None:
    fault = fault_of_picture(client_error(code, "DetectModerationLabels"))
    assert fault is not None
    assert fault.code == failure


def test_the_same_code_of_another_service_is_our_fault() -> None:
    assert fault_of_picture(client_error("InvalidParameterException", "Publish")) is None


def test_what_the_pipeline_found_itself_is_the_pictures_fault() -> None:
    fault = fault_of_picture(PictureError("corrupt", "It is damaged."))
    assert fault is not None
    assert (fault.code, fault.message) == ("corrupt", "It is damaged.")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("LimitExceededException"),
        client_error("InternalServerError", status=500),
        client_error("SomethingNew", status=503),
        client_error("SlowDown", "PutObject", status=503),
        client_error("TooMany", status=429),
        ConnectTimeoutError(endpoint_url="https://x"),
        ReadTimeoutError(endpoint_url="https://x"),
        NoCredentialsError(),
        ContentionError("again"),
    ],
    ids=repr,
)
def test_what_passes_is_tried_again_soon(error: Exception) -> None:
    assert fault_of_picture(error) is None
    assert remedy_of(error) is Remedy.SOON


@pytest.mark.parametrize(
    "error",
    [
        client_error("AccessDeniedException", status=400),
        client_error("AccessDenied", "GetObject", status=403),
        client_error("NoSuchBucket", "PutObject", status=404),
        client_error("ResourceNotFoundException", "UpdateItem"),
        PoisonError("no job"),
        ValueError("a bug"),
    ],
    ids=repr,
)
def test_what_needs_an_operator_is_tried_again_later(error: Exception) -> None:
    assert fault_of_picture(error) is None
    assert remedy_of(error) is Remedy.LATER


def test_an_errors_name_says_what_not_with_what() -> None:
    assert name_of(client_error("AccessDenied")) == "AccessDenied"
    assert name_of(ValueError("alice@example.com")) == "ValueError"
