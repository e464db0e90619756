"""One id for all that follows from one call of the API: the call that registers an upload gives it to the image, and it
goes on with the upload's metadata, the queue's messages and the notification, and stands in every log line about them.

It is API Gateway's id of that call. A client can choose that one (its header x-amzn-requestid), so only UUIDs are taken
over: what else somebody sends gets neither into a log nor into a policy.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

HEADER = "X-Correlation-Id"
"""Of the API's answers."""

METADATA = "correlation-id"
"""Of an upload: the object's metadata, so the header x-amz-meta-correlation-id."""

ATTRIBUTE = "correlation_id"
"""Of a message of SQS or SNS."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def valid(text: Any) -> str | None:
    """The text where it could be an id of ours, else None."""
    return text if isinstance(text, str) and _ID.match(text) else None


def current() -> str | None:
    """The id of what is being worked on here, where it is known."""
    return _current.get()


def follow(correlation_id: str | None) -> None:
    """Names the id of what is being worked on from now on, here and in threads that are begun from here."""
    _current.set(correlation_id)


@contextmanager
def following(correlation_id: str | None) -> Iterator[None]:
    """As `follow`, and puts back at the end what was there before."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)


def attribute(correlation_id: str | None) -> dict[str, Any]:
    """The attributes by which a message of SQS or SNS carries the id: one, or none where it is not known."""
    return {ATTRIBUTE: {"DataType": "String", "StringValue": correlation_id}} if correlation_id else {}


def of_record(record: Mapping[str, Any]) -> str | None:
    """The id that a record of an SQS event carries. Whoever may send to the queue chose it."""
    return valid(record.get("messageAttributes", {}).get(ATTRIBUTE, {}).get("stringValue"))
