"""One dead letter: the message as it was sent, and the worker's report on it where there is one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from articles.clock import to_text
from articles.ids import is_id
from articles.jobs import JobKind
from articles.keys import ids_of_upload
from image_worker.dead_letters import REPORT

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef as Attribute
    from types_boto3_sqs.type_defs import MessageTypeDef as Message

UPLOAD = "upload"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that a message asks for. `kind`: a job's, `upload` (S3's own event) or `unknown`."""

    kind: str
    article_id: str | None = None
    image_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    id: str
    body: str
    receipt_handle: str
    sent_at: str
    """When the message was put where it came from: into the dead letters by the worker, or into the jobs by its sender,
    where SQS moved it. RFC 3339."""
    attributes: "Mapping[str, Attribute]" = field(default_factory=dict)

    @classmethod
    def of(cls, message: "Message") -> "Letter":
        """A message as ReceiveMessage gives it, all attributes asked for."""
        sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
        attributes = message.get("MessageAttributes", {})
        return cls(message["MessageId"], message["Body"], message["ReceiptHandle"], to_text(sent), attributes)

    @property
    def report(self) -> dict[str, str]:
        """What the worker said about it; empty where it could not say anything any more."""
        return {name: self.attributes[name].get("StringValue", "") for name in REPORT if name in self.attributes}

    @property
    def own_attributes(self) -> "dict[str, Attribute]":
        """What the message was sent with in the first place."""
        return {name: value for name, value in self.attributes.items() if name not in REPORT}

    @property
    def ids(self) -> frozenset[str]:
        """The names it goes by: its own, and the one that it had among the jobs, which the worker's logs have."""
        return frozenset({self.id, self.report.get("message_id", self.id)})

    @property
    def subjects(self) -> list[Subject]:
        """What it asks for, as far as that can be read: something may be wrong with it, or it would not be here."""
        return list(_subjects(self.body)) or [Subject(UNKNOWN)]


def _subjects(body: str) -> Iterator[Subject]:
    try:
        message = json.loads(body)
    except ValueError:
        return
    if not isinstance(message, dict):
        return
    kind = message.get("job")
    if isinstance(kind, str):
        known = kind in set(JobKind)
        yield Subject(kind if known else UNKNOWN, _id(message.get("article_id")), _id(message.get("image_id")))
    records = message.get("Records")
    for record in records if isinstance(records, list) else []:
        ids = ids_of_upload(_key(record))
        if ids and all(map(is_id, ids)):
            yield Subject(UPLOAD, *ids)


def _id(value: Any) -> str | None:
    """An id of ours, or nothing: whatever else stands there goes to no terminal."""
    return value if isinstance(value, str) and is_id(value) else None


def _key(record: Any) -> str:
    try:
        return unquote_plus(record["s3"]["object"]["key"])
    except (KeyError, TypeError, AttributeError):
        return ""
