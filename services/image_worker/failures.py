"""Errors told apart, in one table: what is the picture's fault for good, what passes, and what needs an operator.

Sources: Amazon Rekognition API reference, DetectLabels and DetectModerationLabels (errors); DynamoDB, S3, SNS and SQS
common errors; botocore.exceptions for what never reached the service.
"""

from dataclasses import dataclass
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError

from articles.errors import ContentionError
from articles.model import Failure


class PictureError(Exception):
    """The upload can never be shown: the image fails for good. `code` is for programs, `message` for its author."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(code, message)


class PoisonError(Exception):
    """A message that is no job and no event of ours. No try helps; it ends in the dead letters, for all to see."""


class Remedy(Enum):
    """What helps after an error that is not the picture's fault."""

    SOON = "soon"
    """Trying again in some seconds: throttling, time-outs, 5xx, contention."""
    LATER = "later"
    """Perhaps an operator: a permission, a missing bucket, a bug, poison. The queue's own pace will do."""


@dataclass(frozen=True, slots=True)
class _Row:
    codes: frozenset[str]
    remedy: Remedy | None
    """None: the picture's fault."""
    failure: Failure | None = None


_REKOGNITION = frozenset({"DetectLabels", "DetectModerationLabels"})

_TABLE = (
    _Row(
        frozenset({"ImageTooLargeException"}),
        None,
        Failure("too_large", "The picture is too large to be analysed."),
    ),
    _Row(
        frozenset({"InvalidImageFormatException", "InvalidS3ObjectException", "InvalidParameterException"}),
        None,
        Failure("not_analysable", "The picture could not be analysed."),
    ),
    _Row(
        frozenset(
            {
                "InternalError",
                "InternalFailure",
                "InternalServerError",
                "LimitExceededException",
                "PriorRequestNotComplete",
                "ProvisionedThroughputExceededException",
                "RequestLimitExceeded",
                "RequestTimeout",
                "RequestTimeoutException",
                "ServiceUnavailable",
                "SlowDown",
                "Throttling",
                "ThrottlingException",
                "ThrottledException",
                "TooManyRequestsException",
                "TransactionConflictException",
                "TransactionInProgressException",
            }
        ),
        Remedy.SOON,
    ),
)
"""Whatever stands in no row: 5xx comes again soon, anything else (AccessDenied first of all) later."""


def fault_of_picture(error: BaseException) -> Failure | None:
    """Why the image fails for good, or None where trying again may help."""
    if isinstance(error, PictureError):
        return error.failure
    if not isinstance(error, ClientError) or error.operation_name not in _REKOGNITION:
        return None  # an invalid parameter of any other service is our own fault
    row = _row(error)
    return row.failure if row else None


def remedy_of(error: BaseException) -> Remedy:
    """When to try again after an error for which fault_of_picture knows nothing."""
    if isinstance(error, ContentionError | MemoryError):
        return Remedy.SOON  # memory: the neighbours of the next try are others
    if isinstance(error, ClientError):
        row = _row(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return Remedy.SOON if (row and row.remedy is Remedy.SOON) or status >= 500 or status == 429 else Remedy.LATER
    # What never got an answer: connections, time-outs, name resolution, credentials that could not be fetched.
    return Remedy.SOON if isinstance(error, BotoCoreError) else Remedy.LATER


def name_of(error: BaseException) -> str:
    """A short name for logs: the service's code, or the exception's type. Never its text, which may quote input."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Code", "Unknown"))
    return type(error).__name__


def _row(error: ClientError) -> _Row | None:
    code = error.response["Error"].get("Code", "")
    return next((row for row in _TABLE if code in row.codes), None)
