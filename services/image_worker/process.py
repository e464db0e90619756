"""The job process_image: claim, analyse, finish, conclude. Safe to be killed anywhere and to be asked for again."""

import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from articles import correlation
from articles.claims import NotClaimed
from articles.clock import to_text
from articles.errors import BudgetUsedUpError, NotFoundError
from articles.ids import new_id
from articles.image_repository import ImageRepository
from articles.metrics import Metric, Metrics
from articles.model import FINISHED, Image, ImageStatus
from image_worker import writers
from image_worker.analysis import Analysed, Analyst
from image_worker.conclusion import Conclusion
from image_worker.deadline import Deadline, closing
from image_worker.reuse import Notes
from image_worker.storage import Media, Uploads

log = logging.getLogger(__name__)

CONCLUDED_WITHIN = timedelta(minutes=1)
"""After this long without a conclusion the sweeper takes a finished image for one whose worker died."""

RETRIED_WITHIN = timedelta(hours=1)
"""After a failure the queue tries again by itself, for half an hour at most (5 tries, each 6 minutes of visibility);
the sweeper steps in after it."""

BUDGET_AGAIN_AFTER = timedelta(hours=1)
"""An image that waits for the budget is looked at again after one to two of these, in case somebody has raised it, and
within one of these of the next day's start: spread, so that they do not all come at once."""


BUDGET_USED_UP = "the budget of the day is used up: the image waits"
"""Terraform's metric filter (modules/observability) looks for these very words."""


class ImageProcess:
    def __init__(
        self,
        images: ImageRepository,
        uploads: Uploads,
        media: Media,
        analyst: Analyst,
        conclusion: Conclusion,
        metrics: Metrics,
        now: Callable[[], datetime],
        *,
        timeout_seconds: int,
    ) -> None:
        """`timeout_seconds`: the function's own, which no attempt outlives."""
        self._images = images
        self._uploads = uploads
        self._media = media
        self._analyst = analyst
        self._conclusion = conclusion
        self._metrics = metrics
        self._now = now
        self._writes_for = timedelta(seconds=timeout_seconds) + writers.MARGIN

    def run(
        self,
        article_id: str,
        image_id: str,
        sequencer: str | None,
        deadline: Deadline,
        uploaded_at: datetime | None = None,
    ) -> None:
        """Brings an image to its end if nobody else does. `sequencer`: the event's, padded; None: whatever is there.
        `uploaded_at`: the event's; None: when S3 says that the upload was last modified, which it does to the second.

        Raises whatever may be cured by another try, after giving the claim back.
        """
        token = new_id()
        claimed = self._images.claim(
            article_id,
            image_id,
            token=token,
            sequencer=sequencer,
            now=self._now(),
            lease_until=deadline.lease_until(),
            writes_until=self._now() + self._writes_for,
        )
        match claimed:
            case NotClaimed.GONE:
                log.info("removed the upload of a deleted image")
                self._uploads.delete(article_id, image_id)
            case NotClaimed.DONE:
                log.info("it is finished already")
                self._conclude_if_overdue(article_id, image_id)
            case NotClaimed.BUSY:
                log.info("somebody else works on it")
            case Image():
                correlation.follow(claimed.correlation_id)
                log.info("claimed", extra={"attempts": claimed.attempts})
                self._process(claimed, token, uploaded_at)

    def _process(self, image: Image, token: str, uploaded_at: datetime | None) -> None:
        notes = Notes()
        try:
            result = self._analyst.analyse(image, token, notes)
            won = self._finish(image, result)
        except BudgetUsedUpError as used_up:
            # Nothing has failed: the message is done, and the sweeper asks again.
            now = self._now()
            with closing():
                self._images.put_off(image, now=now, due_at=asked_again_at(now, used_up.until))
            self._metrics.add(Metric.BUDGET_WAITS)
            log.warning(BUDGET_USED_UP, extra={"until": to_text(used_up.until)})
            return
        except Exception:
            now = self._now()
            with closing(), suppress(BotoCoreError, ClientError):  # then the lease has to run out
                self._images.release(image, now=now, due_at=now + RETRIED_WITHIN, looked=notes.to_keep())
            raise
        if not won:
            log.info("the claim was lost: to a newer upload, a deletion or another worker")
            self._media.delete(image.article_id, image.id, [token])
            return
        self._count(result, uploaded_at)
        self._conclusion.of(_finished(image, result))
        log.info("finished", extra={"status": result.analysis.status.value, "attempts": image.attempts})

    def _count(self, result: Analysed, uploaded_at: datetime | None) -> None:
        status = result.analysis.status
        self._metrics.add(Metric.PICTURES, Outcome=status.value)
        since = uploaded_at or result.uploaded_at
        if status is ImageStatus.READY and since:
            # Clocks of two machines: what is ready before it came was quick.
            self._metrics.add(Metric.TIME_TO_READY, max(0, round((self._now() - since).total_seconds() * 1000)))

    def _finish(self, image: Image, result: Analysed) -> bool:
        due_at = self._now() + CONCLUDED_WITHIN
        if self._images.finish(image, result.analysis, due_at=due_at, upload_etag=result.etag):
            return True
        # Before giving up, a look whether it was our own write that stands in the way: its answer may have been lost.
        try:
            current = self._images.get(image.article_id, image.id)
        except NotFoundError:
            return False
        return current.status in FINISHED and current.event_id == result.analysis.event_id

    def _conclude_if_overdue(self, article_id: str, image_id: str) -> None:
        """The event of a finished image comes again: perhaps because its worker died before the notification."""
        try:
            image = self._images.get(article_id, image_id)
        except NotFoundError:
            return
        if image.status in FINISHED and image.due_at and image.due_at <= self._now():
            correlation.follow(image.correlation_id)
            self._conclusion.of(image)


def asked_again_at(now: datetime, day_ends_at: datetime) -> datetime:
    """When an image that waits for the budget is looked at again."""
    jitter = random.uniform(0, 1) * BUDGET_AGAIN_AFTER  # noqa: S311 (jitter is no secret)
    return min(now + BUDGET_AGAIN_AFTER, day_ends_at) + jitter


def _finished(image: Image, result: Analysed) -> Image:
    analysis = result.analysis
    return replace(
        image,
        status=analysis.status,
        width=analysis.width,
        height=analysis.height,
        labels=analysis.labels,
        moderation=analysis.moderation,
        error=analysis.error,
        analysed_at=analysis.analysed_at,
        event_id=analysis.event_id,
        renditions=analysis.renditions,
        listed=False,  # where it is not ready; finish has seen to it
        claim=None,
        lease_until=None,
        upload_etag=result.etag,
    )
