"""What a finished image still owes: its notification, and the removal of its upload and of other attempts' renditions.

It is done right after the result is written, or by a later job where that did not happen: the image stays due until
it is settled. Where there were other attempts, it stays due until none of them can write any more, and is cleaned once
more then.
"""

from collections.abc import Callable
from datetime import datetime

from articles.errors import NotFoundError
from articles.image_repository import ImageRepository
from articles.model import FINISHED, Image, ImageStatus
from image_worker import writers
from image_worker.notifications import Notifications
from image_worker.storage import Media, Uploads


class Conclusion:
    def __init__(
        self,
        images: ImageRepository,
        uploads: Uploads,
        media: Media,
        notifications: Notifications,
        now: Callable[[], datetime],
    ) -> None:
        self._images = images
        self._uploads = uploads
        self._media = media
        self._notifications = notifications
        self._now = now

    def of(self, image: Image) -> None:
        """Concludes a finished image. May be done twice: the notification then may go out again, with the same id.

        Raises what S3, SNS and DynamoDB do; the image stays due then.
        """
        if image.announced != image.event_id:
            self._notifications.announce(image)
        if image.upload_etag:
            # The ETag names content, not one upload of it. Whoever hangs right here while other content is uploaded and
            # finished, and then the first one again, takes that for its own: a bucket with versions could tell them
            # apart. A form serves for 15 minutes, so it takes three uploads and a hang within them.
            self._uploads.delete(image.article_id, image.id, image.upload_etag)
        if image.status is not ImageStatus.READY and image.listed:
            self._images.unlist_labels(image)
        if image.attempts > 1:
            self._remove_stale_renditions(image)
        gone_at = writers.gone_at(image)
        self._images.settle(image, but_due_at=gone_at if gone_at and gone_at > self._now() else None)

    def settle(self, article_id: str, image_id: str) -> None:
        """The job settle_image: concludes the image if that is still owed."""
        try:
            image = self._images.get(article_id, image_id)
        except NotFoundError:
            return
        if image.status in FINISHED and image.due_at:
            self.of(image)

    def _remove_stale_renditions(self, image: Image) -> None:
        # First the files, then the item: an attempt that begins after the list was taken writes under a token that
        # is not in it, and one that began before is either over or makes the image `processing`.
        tokens = self._media.tokens(image.article_id, image.id)
        try:
            current = self._images.get(image.article_id, image.id)
        except NotFoundError:
            return
        if current.status not in FINISHED:
            return
        shown = {current.renditions} if current.status is ImageStatus.READY else set()
        self._media.delete(image.article_id, image.id, tokens - shown)
