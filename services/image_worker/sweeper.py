"""The sweeper: finds what is owed and overdue by the index `due`, and sets it going again.

It decides and asks; the worker does. Killed anywhere it can start again: an item leaves the index only by the worker's
hand, and moves on in it only after its job is in the queue.
"""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from articles import clock, correlation
from articles.clock import to_text
from articles.errors import NotFoundError
from articles.ids import new_id
from articles.image_repository import Due, ImageRepository
from articles.jobs import Job, JobKind
from articles.logs import context as log_context
from articles.logs import trace_id
from articles.metrics import Metric, Metrics
from articles.model import ArticleStatus, Failure, Image, ImageStatus
from articles.repository import ArticleRepository
from image_worker.clients import BULKY
from image_worker.deadline import LAST_SECOND, Deadline, LambdaContext
from image_worker.failures import name_of

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 10
"""Claims of one image after which it fails: two messages' worth of tries."""

PAGE = 100
"""Entries of the index that one Query reads."""

RESERVE = BULKY + LAST_SECOND + 1.0
"""Seconds that must be left for another item to be begun: its calls take some 50 ms, and none is begun that could take
more than what is left."""

ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""How long what was set going may take before the sweeper asks for it again."""

_UPLOAD_EXPIRED = Failure("upload_expired", "The file was not uploaded in time: register the image again.")
_ANALYSIS_FAILED = Failure("analysis_failed", "The picture could not be analysed, though it was tried again and again.")


class Jobs(Protocol):
    def send(self, job: Job) -> None: ...


class UploadCheck(Protocol):
    def exists(self, article_id: str, image_id: str) -> bool: ...


class SweepError(Exception):
    """Something could not be looked after; the logs name it. It stays overdue, so the next run tries again."""


class Sweeper:
    def __init__(
        self,
        articles: ArticleRepository,
        images: ImageRepository,
        uploads: UploadCheck,
        jobs: Jobs,
        metrics: Metrics,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._articles = articles
        self._images = images
        self._uploads = uploads
        self._jobs = jobs
        self._metrics = metrics
        self._now = now

    def run(self, context: LambdaContext) -> dict[str, int]:
        """Looks after everything that is overdue, the longest waiting first, as long as time is left.

        Gives how often each job was asked for, and `overdue`, `expired`, `failed` and `left` (for the next run).
        Raises SweepError at the end where an item failed.
        """
        deadline = Deadline(context, self._now)
        counts: Counter[str] = Counter(overdue=0, expired=0, failed=0, left=0)
        seen: set[Due] = set()
        ids = log_context(request_id=context.aws_request_id, trace_id=trace_id())
        with deadline.kept(), ids, self._metrics.of_invocation():
            while fresh := [due for due in self._images.overdue(self._now(), PAGE) if due not in seen]:
                for position, due in enumerate(fresh):
                    if deadline.seconds_left() < RESERVE:
                        counts["left"] += len(fresh) - position
                        break
                    seen.add(due)
                    counts["overdue"] += 1
                    with log_context(article_id=due.article_id, image_id=due.image_id), correlation.following(None):
                        self._look_after(due, counts)
                if counts["left"]:
                    break
            log.info("swept", extra={"counts": dict(counts)})
            self._metrics.add(Metric.SWEEPS)
        if counts["failed"]:
            raise SweepError(f"{counts['failed']} of {counts['overdue']} overdue items could not be looked after")
        return dict(counts)

    def _look_after(self, due: Due, counts: Counter[str]) -> None:
        try:
            with suppress(NotFoundError):  # the index may still show what was removed a moment ago
                job, due = self._article_owes(due) if due.image_id is None else self._image_owes(due, counts)
                if job:
                    self._jobs.send(job)
                    counts[job.kind.value] += 1
                    self._images.postpone(due, self._now() + ASKED_AGAIN_AFTER)
        except Exception as error:
            counts["failed"] += 1
            log.error("an overdue item could not be looked after", extra={"reason": name_of(error)}, exc_info=True)

    def _article_owes(self, due: Due) -> tuple[Job | None, Due]:
        article = self._articles.get(due.article_id)
        if article.due_at is None or to_text(article.due_at) != due.due_at:
            return None, due  # it has moved on; the index is a little behind
        deleted = article.status is ArticleStatus.DELETED
        return Job(JobKind.PURGE_ARTICLE if deleted else JobKind.INDEX_ARTICLE, article.id), due

    def _image_owes(self, due: Due, counts: Counter[str]) -> tuple[Job | None, Due]:
        image = self._images.get(due.article_id, str(due.image_id))
        correlation.follow(image.correlation_id)
        if image.due_at is None or to_text(image.due_at) != due.due_at:
            return None, due
        match image.status:
            case ImageStatus.PENDING:
                if not self._uploads.exists(image.article_id, image.id):
                    return self._expire(image, _UPLOAD_EXPIRED, due, counts)
                return _job(JobKind.PROCESS_IMAGE, image), due
            case ImageStatus.PROCESSING:
                if image.lease_until and image.lease_until > self._now():
                    return None, due  # somebody works on it after all
                if image.attempts >= MAX_ATTEMPTS:
                    return self._expire(image, _ANALYSIS_FAILED, due, counts)
                return _job(JobKind.PROCESS_IMAGE, image), due
            case ImageStatus.DELETED:
                return _job(JobKind.PURGE_IMAGE, image), due
            case _:
                return _job(JobKind.SETTLE_IMAGE, image), due

    def _expire(self, image: Image, why: Failure, due: Due, counts: Counter[str]) -> tuple[Job | None, Due]:
        now = self._now()
        if not self._images.expire(image, why, event_id=new_id(), now=now):
            return None, due  # somebody was faster
        counts["expired"] += 1
        log.warning("an image was given up", extra={"code": why.code, "attempts": image.attempts})
        if why is _ANALYSIS_FAILED:  # the other is no picture at all
            self._metrics.add(Metric.PICTURES, Outcome=ImageStatus.FAILED.value)
        return _job(JobKind.SETTLE_IMAGE, image), replace(due, due_at=to_text(now))


def _job(kind: JobKind, image: Image) -> Job:
    return Job(kind, image.article_id, image.id, image.correlation_id)
