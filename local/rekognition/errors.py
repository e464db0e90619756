"""The errors Rekognition answers, with the HTTP status and the body it gives them.

Sources: the API's model (botocore's rekognition/2016-06-27/service-2.json: a shape with "fault" is a 5xx) and "Error
handling" in the Rekognition developer guide, which shows the body.
"""

import uuid
from typing import Final

STATUS_BY_CODE: Final = {
    "InternalServerError": 500,
    "ThrottlingException": 500,
    "ServiceUnavailable": 503,
    "RequestEntityTooLargeException": 413,
}
MESSAGE_BY_CODE: Final = {
    "AccessDeniedException": "User is not authorized to perform this action",
    "InternalServerError": "Internal server error",
    "ProvisionedThroughputExceededException": "Provisioned rate exceeded",
    "ThrottlingException": "Rate exceeded",
}


class ServiceError(Exception):
    """What a caller gets instead of a result.

    code: the error code as an SDK reports it. message: for people; the service's own wording where it is known.
    status: the HTTP status; by default that of the code, which is 400 for most.
    """

    def __init__(self, code: str, message: str | None = None, status: int | None = None) -> None:
        self.code = code
        self.message = MESSAGE_BY_CODE.get(code, code) if message is None else message
        self.status = STATUS_BY_CODE.get(code, 400) if status is None else status
        super().__init__(f"{code}: {self.message}")

    def body(self) -> dict[str, str]:
        """The JSON body, member by member that of the developer guide's example."""
        return {"__type": self.code, "Code": self.code, "Logref": str(uuid.uuid4()), "Message": self.message}


def invalid_parameters() -> ServiceError:
    """A request that is well formed and still not acceptable. Too small a picture is one too (boto/botocore#1366)."""
    return ServiceError("InvalidParameterException", "Request has invalid parameters")


def invalid_format() -> ServiceError:
    """Neither JPEG nor PNG, or one that does not decode."""
    return ServiceError("InvalidImageFormatException", "Request has invalid image format")


def invalid_object() -> ServiceError:
    """An S3 object that is missing or out of reach."""
    return ServiceError(
        "InvalidS3ObjectException",
        "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
    )


def constraint(value: object, member: str, rule: str) -> ServiceError:
    """A value outside the model's constraints. The service calls it ValidationException, which its model omits."""
    shown = "null" if value is None else f"'{value}'"
    return ServiceError(
        "ValidationException",
        f"1 validation error detected: Value {shown} at '{member}' failed to satisfy constraint: Member must {rule}",
    )


def malformed(what: str) -> ServiceError:
    """A body that is not the JSON of the operation's input."""
    return ServiceError("SerializationException", what)
