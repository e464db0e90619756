"""What callers may do with articles and images, and what follows from it. Who they are is the caller's knowledge."""

import logging
from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct
from msgspec.structs import replace

from articles import clock, correlation
from articles.errors import ConflictError, ForbiddenError, NotFoundError, VersionMismatchError
from articles.idempotency import Once
from articles.ids import new_id
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobKind
from articles.model import (
    MAX_IMAGES_PER_ARTICLE,
    Article,
    ArticleStatus,
    ArticleWithImages,
    Author,
    Image,
    ImageStatus,
    Page,
    Principal,
)
from articles.quotas import UploadQuota
from articles.repository import ArticleRepository
from articles.standing import Standing

log = logging.getLogger(__name__)

UPLOAD_WINDOW = timedelta(minutes=15)
"""How long a registered upload may take to begin."""

_UPLOAD_GRACE = timedelta(minutes=5)
"""An upload that began in time may end later, and its event later still."""

_JOB_GRACE = timedelta(minutes=2)
"""What the queue was told is the sweeper's business only after this long."""

_CHANGE_TRIES = 4


class Jobs(Protocol):
    def send(self, job: Job) -> None: ...


class ArticleChange(Struct, frozen=True):
    """New values; None leaves a field as it is."""

    title: str | None = None
    body: str | None = None
    tags: tuple[str, ...] | None = None
    status: ArticleStatus | None = None

    def applied_to(self, article: Article) -> Article:
        return replace(
            article,
            title=article.title if self.title is None else self.title,
            body=article.body if self.body is None else self.body,
            tags=article.tags if self.tags is None else self.tags,
            status=article.status if self.status is None else self.status,
        )


class Filter(Struct, frozen=True):
    """What a list of articles is narrowed to; None narrows nothing."""

    author_id: str | None = None
    tag: str | None = None
    status: ArticleStatus | None = None
    label: str | None = None


class Upload(Struct, frozen=True):
    """What a client says about the file it is going to send. Only the size is believed: S3 checks it."""

    filename: str
    content_type: str
    size: int
    alt: str


class ArticleService:
    """The use cases. Every method that takes `who` raises NotFoundError for what they may not know of, and
    ForbiddenError for what they see but may not change."""

    def __init__(
        self,
        articles: ArticleRepository,
        images: ImageRepository,
        jobs: Jobs,
        now: Callable[[], datetime] = clock.now,
        *,
        uploads_per_hour: int | None = None,
    ) -> None:
        """`uploads_per_hour`: how many one person may register; None for any number."""
        self._uploads_per_hour = uploads_per_hour
        self._articles = articles
        self._images = images
        self._jobs = jobs
        self._now = now

    def create(self, who: Principal, fields: ArticleChange, once: Once | None = None) -> Article:
        """A new article of the caller: one write. With `once`, a repeated call gives the first one's article."""
        at = self._now()
        blank = Article(new_id(), "", "", (), ArticleStatus.DRAFT, Author(who.id, who.name), 1, at, at)
        article = fields.applied_to(blank)
        created = self._articles.create(article, once)
        return replace(article, id=created.id, created_at=created.at, updated_at=created.at)

    def read(self, who: Principal | None, article_id: str) -> ArticleWithImages:
        """An article with the images that the caller may see: one Query."""
        found = self._articles.get_with_images(article_id)
        if not found.article.may_be_seen_by(who):
            raise NotFoundError("There is no such article.")
        return found.seen_by(who)

    def published(self, wanted: Filter, before: str | None, limit: int) -> Page[Article]:
        """Published summaries, newest first; with a label, as ArticleRepository.showing."""
        if wanted.status is ArticleStatus.DRAFT:
            return Page(())
        if wanted.label is not None:
            return self._articles.showing(wanted.label, wanted.author_id, wanted.tag, before, limit)
        if wanted.author_id is not None:
            return self._articles.of_author(wanted.author_id, [ArticleStatus.PUBLISHED], wanted.tag, before, limit)
        if wanted.tag is not None:
            return self._articles.with_tag(wanted.tag, before, limit)
        return self._articles.feed(before, limit)

    def own(self, who: Principal, wanted: Filter, before: str | None, limit: int) -> Page[Article]:
        """The caller's own summaries, drafts included, newest first. Labels are known of published articles alone."""
        if wanted.label is not None:
            return self.published(replace(wanted, author_id=who.id), before, limit)
        statuses = [wanted.status] if wanted.status else [ArticleStatus.DRAFT, ArticleStatus.PUBLISHED]
        return self._articles.of_author(who.id, statuses, wanted.tag, before, limit)

    def change(
        self,
        who: Principal,
        article_id: str,
        change: ArticleChange,
        *,
        versions: Container[int] | None = None,
        merge: bool = True,
    ) -> ArticleWithImages:
        """The article, and its images, with the change applied: one Query, one write.

        `versions` are those the caller will have changed; VersionMismatchError on another. Where the article changes
        between the read and the write, a change that is a merge is applied anew to what is there then; one that
        replaces everything would undo what it never saw, and raises ConflictError (VersionMismatchError with
        `versions`).
        """
        for attempt in range(_CHANGE_TRIES):
            found = self._articles.get_with_images(article_id)
            old = found.article
            _demand_change(who, old, versions)
            new = change.applied_to(old)
            if new == old:
                return found.seen_by(who)
            at = self._now()
            appears_or_goes = new.status is not old.status
            new = replace(
                new, version=old.version + 1, updated_at=at, due_at=at + _JOB_GRACE if appears_or_goes else old.due_at
            )
            try:
                self._articles.save(old, new)
            except ConflictError:
                if attempt == _CHANGE_TRIES - 1 or (versions is None and not merge):
                    raise
                continue
            if appears_or_goes:
                self._ask(Job(JobKind.INDEX_ARTICLE, article_id, correlation_id=correlation.current()))
            return replace(found, article=new).seen_by(who)
        raise AssertionError("unreachable")

    def delete(self, who: Principal, article_id: str, versions: Container[int] | None = None) -> None:
        """Nobody sees the article from now on; its images and files are removed by a job: one read, one write."""
        for attempt in range(_CHANGE_TRIES):
            article = self._articles.get(article_id)
            _demand_change(who, article, versions)
            try:
                self._articles.bury(article, at=self._now(), due_at=self._now() + _JOB_GRACE)
            except ConflictError:
                if attempt == _CHANGE_TRIES - 1:
                    raise
                continue
            break
        self._ask(Job(JobKind.PURGE_ARTICLE, article_id, correlation_id=correlation.current()))

    def register_image(self, who: Principal, article_id: str, upload: Upload, once: Once | None = None) -> Image:
        """A new image that waits for its upload: one read, one write. With `once`, as `create`.

        Raises ConflictError where the article is full, QuotaExceededError where the caller's hour is.
        """
        found = self._articles.get_with_images(article_id)
        _demand_change(who, found.article)
        standing = [image for image in found.images if image.status is not ImageStatus.DELETED]
        if len(standing) >= MAX_IMAGES_PER_ARTICLE and not (once and self._images.was_registered(once)):
            raise ConflictError(f"An article has at most {MAX_IMAGES_PER_ARTICLE} images: delete one first.")
        at = self._now()
        image = Image(
            id=new_id(),
            article_id=article_id,
            status=ImageStatus.PENDING,
            filename=upload.filename,
            content_type=upload.content_type,
            size=upload.size,
            alt=upload.alt,
            created_at=at,
            correlation_id=correlation.current(),
            upload_expires_at=at + UPLOAD_WINDOW,
            due_at=at + UPLOAD_WINDOW + _UPLOAD_GRACE,
        )
        quota = UploadQuota(who.id, self._uploads_per_hour, at) if self._uploads_per_hour else None
        seen = Standing(found.article.status, noted=bool(found.images))
        created = self._images.register(image, once, quota, seen)
        return replace(
            image,
            id=created.id,
            created_at=created.at,
            correlation_id=created.correlation_id,
            upload_expires_at=created.at + UPLOAD_WINDOW,
        )

    def read_image(self, who: Principal | None, article_id: str, image_id: str) -> Image:
        """One image that the caller may see: one Query."""
        for image in self.read(who, article_id).images:
            if image.id == image_id:
                return image
        raise NotFoundError("There is no such image.")

    def delete_image(self, who: Principal, article_id: str, image_id: str) -> None:
        """Nobody sees the image from now on; its files are removed by a job: one read, one write."""
        article = self._articles.get(article_id)
        _demand_change(who, article)
        image = self._images.bury(article_id, image_id, due_at=self._now() + _JOB_GRACE)
        self._ask(Job(JobKind.PURGE_IMAGE, article_id, image_id, image.correlation_id))

    def _ask(self, job: Job) -> None:
        """Sets a job going. The item itself says that it is owed, so a message that does not get through costs time,
        nothing else: the sweeper sends it again. Therefore the caller's write stays a success."""
        try:
            self._jobs.send(job)
        except (BotoCoreError, ClientError):
            log.warning("a job could not be queued; the sweeper will", extra={"job": job.kind.value}, exc_info=True)


def _demand_change(who: Principal, article: Article, versions: Container[int] | None = None) -> None:
    """Raises NotFoundError, ForbiddenError and, where it is none of the versions given, VersionMismatchError."""
    if not article.may_be_seen_by(who):
        raise NotFoundError("There is no such article.")
    if not article.may_be_changed_by(who):
        raise ForbiddenError("Only the article's author or an editor may do this.")
    if versions is not None and article.version not in versions:
        raise VersionMismatchError("The article has changed since you read it: read it again, then repeat the change.")
