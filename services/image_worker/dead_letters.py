"""Moves a message that nobody can do to the dead letters by hand, so that it arrives there with its reason.

SQS's own redrive policy moves a message as well, after MAX_RECEIVE_COUNT tries, but without a word. It stays, for what
never got as far as this: a function that was killed or ran out of time or memory.
"""

import base64
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from traceback import walk_tb
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from articles import clock, correlation
from image_worker.deadline import OutOfTimeError
from image_worker.failures import PoisonError, name_of

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageAttributeValueTypeDef as Attribute

log = logging.getLogger(__name__)

REPORT = ("reason", "detail", "tries", "failed_at", "message_id", "request_id")
"""The names of the message attributes that are added, the most telling first. A redrive takes them off again."""

MAX_ATTRIBUTES = 10
"""Of one message (Amazon SQS developer guide, "Message metadata")."""

MAX_DETAIL = 1_000
"""Bytes: all of it is ASCII."""

_OUR_OWN = frozenset({"articles", "image_worker"})


class DeadLetters:
    """The dead letters' queue as the worker sees it: it can put something in and nothing else."""

    def __init__(self, sqs: "SQSClient", queue_url: str, now: Callable[[], datetime] = clock.now) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._now = now

    def bury(self, record: Mapping[str, Any], errors: Sequence[BaseException], *, request_id: str) -> bool:
        """Sends a record of an SQS event, whole, with a report on what went wrong, and gives whether SQS has it now.

        Where not, the record must be reported as failed: then SQS moves it by itself, sooner or later. Should the
        process die right after, the message lies there twice, which does no harm: jobs may be done twice.
        """
        tries = str(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        report: dict[str, Attribute] = {
            "reason": _text(name_of(errors[0])),
            "detail": _text(detail_of(errors)),
            "tries": {"DataType": "Number", "StringValue": tries},
            "failed_at": _text(clock.to_text(self._now())),
            "message_id": _text(record["messageId"]),
            "request_id": _text(request_id),
        }
        # No part of the report: a redrive leaves it on the message.
        own = attributes_of(record) | correlation.attribute(correlation.current())
        # SQS counts attributes as part of the message: one that nearly fills its queue has room for the reason alone.
        for attributes in (_together(report, own), {"reason": report["reason"]}):
            try:
                self._sqs.send_message(
                    QueueUrl=self._queue_url, MessageBody=record["body"], MessageAttributes=attributes
                )
            except (BotoCoreError, ClientError) as error:
                refused = error
                if not _is_about_the_message(error):
                    break
            else:
                return True
        log.error("a message could not be put into the dead letters", extra={"reason": name_of(refused)})
        return False


def detail_of(errors: Sequence[BaseException]) -> str:
    """What went wrong, in sentences of our own making: an error's text may quote input, addresses or names."""
    sentences = list(dict.fromkeys(map(_sentence, errors)))
    text = " ".join(sentences)
    while len(text) > MAX_DETAIL:
        sentences.pop()
        text = " ".join([*sentences, "There was more."])
    return text


def attributes_of(record: Mapping[str, Any]) -> "dict[str, Attribute]":
    """The attributes that a message came with, from the shape that Lambda gives them to the one that SQS takes."""
    found: dict[str, Attribute] = {}
    for name, value in record.get("messageAttributes", {}).items():
        if value.get("stringValue") is not None:
            found[name] = {"DataType": value["dataType"], "StringValue": value["stringValue"]}
        elif value.get("binaryValue") is not None:
            found[name] = {"DataType": value["dataType"], "BinaryValue": base64.b64decode(value["binaryValue"])}
    return found


def _together(report: "Mapping[str, Attribute]", own: "Mapping[str, Attribute]") -> "dict[str, Attribute]":
    """Both, as far as a message has room: of the report the reason at least, before that of its own all."""
    kept = dict([entry for entry in own.items() if entry[0] not in REPORT][: MAX_ATTRIBUTES - 1])
    return kept | dict(list(report.items())[: MAX_ATTRIBUTES - len(kept)])


def _sentence(error: BaseException) -> str:
    if isinstance(error, PoisonError):
        return str(error)  # a constant of image_worker.events
    place = _place(error.__traceback__)
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "none")
        return f"{error.operation_name} was answered {name_of(error)} (HTTP status {status}){place}."
    if isinstance(error, OutOfTimeError):
        return f"There was no time left to go on{place}."
    if isinstance(error, BotoCoreError):
        return f"A call of AWS got no answer: {name_of(error)}{place}."
    return f"The function raised {name_of(error)}{place}."


def _place(traceback: TracebackType | None) -> str:
    """Where in our own code it came up."""
    ours = [(frame, line) for frame, line in walk_tb(traceback) if _is_ours(frame)]
    if not ours:
        return ""
    frame, line = ours[-1]
    path = PurePath(frame.f_code.co_filename)
    return f", at {path.parent.name}/{path.name}:{line}"


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _OUR_OWN


def _is_about_the_message(error: BotoCoreError | ClientError) -> bool:
    """Whether SQS, or the SDK before it, refuses these attributes with this body, and not everything or for now."""
    return isinstance(error, ClientError) and name_of(error) in {
        "InvalidMessageContents",
        "InvalidParameterValue",
        "InvalidParameterValueException",
    }


def _text(value: str) -> "Attribute":
    return {"DataType": "String", "StringValue": value}
