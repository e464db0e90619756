"""From a message of the image-jobs queue to the work it asks for.

Two kinds of bodies come: S3's notifications (Amazon S3 user guide, "Event message structure") and our own jobs
(articles.jobs). Anything else is poison.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from articles.ids import is_id
from articles.jobs import Job, JobKind
from articles.keys import ids_of_upload, pad_sequencer
from image_worker.failures import PoisonError

log = logging.getLogger(__name__)

_OF_AN_ARTICLE = {JobKind.INDEX_ARTICLE, JobKind.PURGE_ARTICLE}


@dataclass(frozen=True, slots=True)
class UploadArrived:
    """S3 has a new object in the place of an image's upload. `sequencer`: padded, or None where S3 gave none."""

    article_id: str
    image_id: str
    sequencer: str | None
    at: datetime | None = field(default=None, compare=False)
    """When S3 had all of it; None where the event does not say."""


Work = UploadArrived | Job


class _Bucket(msgspec.Struct):
    name: str


class _Object(msgspec.Struct):
    key: str
    sequencer: str | None = None


class _S3(msgspec.Struct):
    bucket: _Bucket
    object: _Object


class _Record(msgspec.Struct, rename={"event_name": "eventName", "event_time": "eventTime"}):
    event_name: str
    s3: _S3
    event_time: Any = None


class _Notification(msgspec.Struct, rename={"records": "Records"}):
    records: list[_Record]


def work_in(body: str, uploads_bucket: str) -> list[Work]:
    """What one message asks for: nothing (S3's test event), one thing or, of S3, several. Raises PoisonError."""
    try:
        message = json.loads(body)
    except ValueError as error:
        raise PoisonError("The body is no JSON.") from error
    except RecursionError as error:
        raise PoisonError("The body is nested too deeply.") from error
    if not isinstance(message, dict):
        raise PoisonError("The body is no JSON object.")
    if "job" in message:
        return [_job(message)]
    if message.get("Event") == "s3:TestEvent":
        return []
    if "Records" in message:
        return _uploads(message, uploads_bucket)
    raise PoisonError("The body is neither a job nor an S3 notification.")


def _job(message: Mapping[str, Any]) -> Job:
    try:
        job = Job.from_message(message)
    except (KeyError, ValueError) as error:
        raise PoisonError("The body is a job of no known shape.") from error
    image_fits = job.image_id is None if job.kind in _OF_AN_ARTICLE else is_id(job.image_id or "")
    if not is_id(job.article_id) or not image_fits:
        raise PoisonError("The job's ids are none of ours.")
    return job


def _uploads(message: Mapping[str, Any], uploads_bucket: str) -> list[Work]:
    try:
        notification = msgspec.convert(message, _Notification)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:  # the latter: a field named by half a surrogate pair
        raise PoisonError("The body is an S3 notification of no known shape.") from error
    found: list[Work] = []
    for record in notification.records:
        if record.s3.bucket.name != uploads_bucket:
            raise PoisonError("The S3 notification comes from another bucket.")
        if not record.event_name.removeprefix("s3:").startswith("ObjectCreated:"):
            log.info("ignored an S3 event that brings no object", extra={"event_name": record.event_name})
            continue
        ids = ids_of_upload(unquote_plus(record.s3.object.key))
        if ids is None or not all(map(is_id, ids)):
            # No signed policy names such a key: whoever put it there does not expect it to become an image.
            log.warning("ignored an object that is no upload of ours")
            continue
        sequencer = record.s3.object.sequencer
        padded = pad_sequencer(sequencer) if sequencer else None
        found.append(UploadArrived(*ids, padded, _moment(record.event_time)))
    return found


def _moment(text: Any) -> datetime | None:
    """Nothing but a metric hangs on it: one that can't be read is no reason to refuse the event."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
