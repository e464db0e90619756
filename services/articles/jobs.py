"""What the image-jobs queue carries besides S3's own events: the work that an item owes, named by the item.

Every job may come more than once and too late: it looks at the item first, and does what the item still owes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from articles import correlation

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class JobKind(StrEnum):
    PROCESS_IMAGE = "process_image"
    """Analyse the upload that is there. S3's event asks for the same; the sweeper asks again where that was lost."""
    SETTLE_IMAGE = "settle_image"
    """Send the notification of a finished image."""
    PURGE_IMAGE = "purge_image"
    """Remove what is left of a deleted image."""
    INDEX_ARTICLE = "index_article"
    """Make the label index follow an article that was published or withdrawn."""
    PURGE_ARTICLE = "purge_article"
    """Remove what is left of a deleted article."""


@dataclass(frozen=True, slots=True)
class Job:
    kind: JobKind
    article_id: str
    image_id: str | None = None
    correlation_id: str | None = field(default=None, compare=False)
    """An attribute of the message, as S3's events could not have it in their bodies either."""

    def to_message(self) -> str:
        return json.dumps({"job": self.kind.value, "article_id": self.article_id, "image_id": self.image_id})

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> "Job":
        """The inverse of to_message, of a parsed body. Raises KeyError, ValueError."""
        image_id = message.get("image_id")
        return cls(JobKind(message["job"]), str(message["article_id"]), str(image_id) if image_id else None)


class JobQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, job: Job) -> None:
        """Puts a job into the queue. Lets botocore's errors through; the sweeper asks again for what gets lost here."""
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=job.to_message(),
            MessageAttributes=correlation.attribute(job.correlation_id),
        )
