"""Removing what is left of deleted images and articles: labels, files, and last the items themselves."""

from collections.abc import Callable
from datetime import datetime

from articles.clock import to_text
from articles.errors import NotFoundError
from articles.image_repository import Due, ImageRepository
from articles.model import ArticleStatus, Image, ImageStatus
from articles.repository import ArticleRepository
from image_worker import writers
from image_worker.storage import Media, Uploads


class Purge:
    def __init__(
        self,
        articles: ArticleRepository,
        images: ImageRepository,
        uploads: Uploads,
        media: Media,
        now: Callable[[], datetime],
    ) -> None:
        self._articles = articles
        self._images = images
        self._uploads = uploads
        self._media = media
        self._now = now

    def image(self, article_id: str, image_id: str) -> None:
        """The job purge_image: removes a deleted image. While a worker may still write, only its files."""
        try:
            image = self._images.get(article_id, image_id)
        except NotFoundError:
            return
        if image.status is ImageStatus.DELETED:
            self._purge(image)

    def article(self, article_id: str) -> None:
        """The job purge_article: deletes and removes each image, then the article."""
        try:
            found = self._articles.get_with_images(article_id)
        except NotFoundError:
            return
        article = found.article
        if article.status is not ArticleStatus.DELETED:
            return
        waits = [until for image in found.images if (until := self._bury_and_purge(image))]
        if not waits:
            self._articles.remove(article)
        elif article.due_at:
            self._images.postpone(Due(article_id, None, to_text(article.due_at)), max(waits))

    def _bury_and_purge(self, image: Image) -> datetime | None:
        if image.status is not ImageStatus.DELETED:
            try:
                image = self._images.bury(image.article_id, image.id, due_at=self._now())
            except NotFoundError:  # somebody else deleted it in this moment
                return self._now() + writers.GRACE
        return self._purge(image)

    def _purge(self, image: Image) -> datetime | None:
        """None when nothing is left of it, else when to come again."""
        if image.listed:
            self._images.unlist_labels(image)
        self._uploads.delete(image.article_id, image.id)
        self._media.delete(image.article_id, image.id)
        until = writers.gone_at(image)
        if until and until > self._now():
            # A worker may be just about to write renditions, and to die before it takes them back.
            if image.due_at:
                self._images.postpone(Due(image.article_id, image.id, to_text(image.due_at)), until)
            return until
        self._images.remove(image)
        return None
