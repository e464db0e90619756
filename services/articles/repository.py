"""Articles in the table. The calls that each method costs are design limits; tests/integration counts them."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from articles import keys, standing
from articles.errors import ConditionFailedError, ConflictError, ContentionError, NotFoundError
from articles.idempotency import Created, Once, earlier, record
from articles.items import article_from_item, article_to_item, image_from_item, labelled_image_from_item, tag_to_item
from articles.model import Article, ArticleStatus, ArticleWithImages, Page
from articles.table import Condition, Delete, Item, Put, Table, Update, Write

_ABSENT = Condition("attribute_not_exists(#pk)", {"#pk": keys.PK})


class ArticleRepository:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, article: Article, once: Once | None = None) -> Created:
        """Writes a new article: one transaction. With `once`, a second call gives what the first one made.

        Raises IdempotencyKeyReusedError, ContentionError; with `once` ConflictError while another call holds the key.
        """
        writes: list[Write] = [Put(article_to_item(article), _ABSENT), *_tag_entries(article)]
        created = Created(article.id, article.created_at)
        if once:
            writes.append(record(once, created))
        try:
            self._table.transact(writes)
        except ConditionFailedError as error:
            if not once:
                raise
            return earlier(once, error, position=len(writes) - 1)
        except ContentionError as error:
            if not once:
                raise
            # Nothing else in this transaction exists yet: it is the key that another call holds.
            raise ConflictError(
                "A call with this Idempotency-Key is under way: repeat this one in a moment."
            ) from error
        return created

    def get(self, article_id: str) -> Article:
        """One article without its images: one GetItem. Raises NotFoundError; a tombstone is given as it is."""
        item = self._table.get(keys.article_key(article_id))
        if item is None:
            raise NotFoundError("There is no such article.")
        return article_from_item(item)

    def get_with_images(self, article_id: str) -> ArticleWithImages:
        """An article with all its images, oldest first: one Query. Raises NotFoundError."""
        items = self._table.query(keys.article_key(article_id)[keys.PK])
        if not items or not keys.is_article_key(items[0]):
            raise NotFoundError("There is no such article.")
        return ArticleWithImages(article_from_item(items[0]), tuple(image_from_item(item) for item in items[1:]))

    def save(self, old: Article, new: Article) -> None:
        """Writes `new` where `old` still stands: one transaction. Raises ConflictError where it does not."""
        writes: list[Write] = [Put(article_to_item(new), _version_is(old))]
        entries = _tag_entries(new)
        kept = {entry.item[keys.PK] for entry in entries}
        gone = [Delete(entry_key) for entry_key in _tag_keys(old) if entry_key[keys.PK] not in kept]
        noted = standing.changes(new.id, old.status, new.status)
        try:
            self._table.transact([*writes, *entries, *gone, *noted])
        except ConditionFailedError as error:
            raise ConflictError("Somebody else changed the article in this very moment: read it again.") from error

    def bury(self, article: Article, *, at: datetime, due_at: datetime) -> None:
        """Turns an article into a tombstone nobody sees, due for removal: one transaction. Raises ConflictError."""
        tomb = replace(
            article,
            status=ArticleStatus.DELETED,
            body="",
            tags=(),
            version=article.version + 1,
            updated_at=at,
            due_at=due_at,
        )
        self.save(article, tomb)

    def remove(self, article: Article) -> None:
        """Takes a tombstone away, once nothing is left of its images: one write. Missing already is fine."""
        gone = Condition("#status = :deleted", {"#status": "status"}, {":deleted": ArticleStatus.DELETED.value})
        try:
            self._table.delete(Delete(keys.article_key(article.id), gone))
        except ConditionFailedError:
            return

    def settle(self, article: Article) -> None:
        """Nothing more is owed to this version of the article: one write. A newer version keeps what it owes."""
        try:
            self._table.update(
                Update(
                    keys.article_key(article.id), remove=keys.INDEX_KEYS[keys.DUE_INDEX], condition=_version_is(article)
                )
            )
        except ConditionFailedError:
            return

    def feed(self, before: str | None, limit: int) -> Page[Article]:
        """Published summaries, newest first, older than the id `before`: one Query a shard."""
        return self._page(keys.feed_partitions(), keys.FEED_INDEX, before, limit)

    def with_tag(self, tag: str, before: str | None, limit: int) -> Page[Article]:
        """Published summaries of one tag, as `feed`."""
        return self._page(keys.tag_partitions(tag), None, before, limit)

    def of_author(
        self, author_id: str, statuses: Sequence[ArticleStatus], tag: str | None, before: str | None, limit: int
    ) -> Page[Article]:
        """Summaries of one author in any of the statuses: one Query a status (with a tag, more where few have it)."""
        partitions = [keys.author_partition(author_id, status) for status in statuses]
        tagged = Condition("contains(#tags, :tag)", {"#tags": "tags"}, {":tag": tag}) if tag is not None else None
        return self._page(partitions, keys.AUTHOR_INDEX, before, limit, tagged)

    def showing(
        self, label: str, author_id: str | None, tag: str | None, before: str | None, limit: int
    ) -> Page[Article]:
        """Summaries of published articles with an image that shows the label, newest such image first; the position is
        an image's id. One Query of the label's images, and one of each of their articles, at most `limit`.

        An article stands in the list once, where the oldest of its images that show the label stands: an image that is
        added while somebody walks the pages moves nothing. So a page can be short, or empty, and still not the last.
        """
        entries = self._table.newest([keys.label_partition(label)], before=before, limit=limit + 1)
        page = [labelled_image_from_item(entry) for entry in entries[:limit]]
        candidates = dict.fromkeys(image.article_id for image in page)
        partitions = [keys.article_key(article_id)[keys.PK] for article_id in candidates]
        answers = dict(zip(candidates, self._table.query_all(partitions, consistent=False), strict=True))
        items = [
            article
            for image in page
            if (article := _shown_by(image.id, label, answers[image.article_id]))
            and (author_id is None or article.author.id == author_id)
            and (tag is None or tag in article.tags)
        ]
        return Page(tuple(items), page[-1].id if len(entries) > limit else None)

    def _page(
        self,
        partitions: Sequence[str],
        index: str | None,
        before: str | None,
        limit: int,
        where: Condition | None = None,
    ) -> Page[Article]:
        # One more than asked for: only so is it known, without another call, whether a page follows.
        found = self._table.newest(partitions, index=index, before=before, limit=limit + 1, where=where)
        page = tuple(map(article_from_item, found[:limit]))
        return Page(page, page[-1].id if len(found) > limit else None)


def _shown_by(image_id: str, label: str, items: Sequence[Item]) -> Article | None:
    """The published article of a partition's items, where this is its oldest image that shows the label to all."""
    if not items or not keys.is_article_key(items[0]):
        return None
    article = article_from_item(items[0])
    images = (image_from_item(item) for item in items[1:])
    showing = (image.id for image in images if image.listed and label in {shown.name for shown in image.labels})
    return article if article.status is ArticleStatus.PUBLISHED and next(showing, None) == image_id else None


def _version_is(article: Article) -> Condition:
    return Condition("#version = :version", {"#version": "version"}, {":version": article.version})


def _tag_keys(article: Article) -> list[dict[str, str]]:
    if article.status is not ArticleStatus.PUBLISHED:
        return []
    return [keys.tag_key(tag, article.id) for tag in article.tags]


def _tag_entries(article: Article) -> list[Put]:
    """A published article's entries under its tags; a draft has none."""
    if article.status is not ArticleStatus.PUBLISHED:
        return []
    return [Put(tag_to_item(article, tag)) for tag in article.tags]
