"""What Rekognition saw in a picture serves for the same picture again: it is billed by the call.

The content of an upload is its bytes together with how they are analysed, as one digest. An answer is taken, the
nearest first, from an attempt that failed after it had it, from the image's own result, or from another image's. The
index that leads to the others has no items of its own: with an image goes its entry, so nothing outlives what was
deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from articles.errors import NotFoundError
from articles.image_repository import ImageRepository
from articles.model import Image, ImageStatus, Looked

ANALYSIS_VERSION = 1
"""Counts what changes an analysis besides the two confidences: how a picture is prepared for Rekognition, how many
labels are asked for, what is kept of the answers. Results of another version are not reused."""

CANDIDATES = 3
"""Images of the same content that are looked at. One does, unless it was deleted or replaced in this moment."""


@dataclass(slots=True)
class Notes:
    """What one attempt has learned of Rekognition, whatever becomes of it: the next one need not ask again."""

    looked: Looked | None = None

    def to_keep(self) -> Looked | None:
        """None where neither call was answered: what an earlier attempt kept then stays."""
        some = self.looked and (self.looked.labels is not None or self.looked.moderation is not None)
        return self.looked if some else None


class Reuse:
    def __init__(
        self,
        images: ImageRepository,
        *,
        label_min_confidence: float,
        moderation_min_confidence: float,
        days: int,
        now: Callable[[], datetime],
    ) -> None:
        """Both confidences in percent. `days`: how long a result serves other uploads; 0: never."""
        self._images = images
        self._how = f"{ANALYSIS_VERSION}/{float(label_min_confidence)}/{float(moderation_min_confidence)}/".encode()
        self._days = timedelta(days=days)
        self._now = now

    def content_of(self, data: bytes) -> str:
        """The digest of an upload's bytes and of how they are analysed: 64 hexadecimal digits."""
        digest = sha256(self._how)
        digest.update(data)
        return digest.hexdigest()

    def known(self, image: Image, content: str) -> Looked | None:
        """What is known of the content without asking Rekognition; perhaps the answer of one of its two calls only.

        Costs at most 1 Query and CANDIDATES GetItem, nothing where the image itself knows.
        """
        earlier = image.looked if image.looked and image.looked.content == content else None
        if earlier and earlier.complete:
            return earlier
        if not self._days:
            return earlier
        return self._result_of(image, content) or self._result_of_another(image, content) or earlier

    def _result_of(self, image: Image, content: str) -> Looked | None:
        if image.content != content or image.looked_at is None or image.looked_at <= self._oldest():
            return None
        return Looked(content, image.looked_at, image.labels, image.moderation)

    def _result_of_another(self, image: Image, content: str) -> Looked | None:
        for article_id, image_id in self._images.with_content(content, after=self._oldest(), limit=CANDIDATES):
            if image_id == image.id:
                continue
            try:
                other = self._images.get(article_id, image_id)
            except NotFoundError:
                continue  # the index is a little behind
            stands = other.status is not ImageStatus.DELETED and other.error is None
            if stands and (found := self._result_of(other, content)):
                return found
        return None

    def _oldest(self) -> datetime:
        return self._now() - self._days
