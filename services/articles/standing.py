"""An article's status once more, in a small item of its own, for transactions that depend on it.

A transaction pays for every kilobyte of an item that it checks, twice: the article's text was the dearest part of
registering an upload and of finishing its analysis. The item comes with the article's first image, is written in every
transaction that changes the article's status, and goes with the one that buries it: it never says anything else than
the article does. Where there is none (an article without images, or one whose images are older than this), and where
it is not as expected, the article itself is read and checked, and the item written: so it is mended, too, after code
from before it has changed a status.
"""

from collections.abc import Sequence

from msgspec import Struct

from articles import keys
from articles.model import ArticleStatus
from articles.table import Check, Condition, Delete, Put, Table, Write


class Standing(Struct, frozen=True):
    """An article's status as it was seen; None: there is no article. `noted`: by the small item."""

    status: ArticleStatus | None
    noted: bool

    def holds(self, article_id: str) -> list[Write]:
        """The parts of a transaction, the condition first, that make it fail where the status is another by then."""
        if self.status is None:
            return [Check(keys.article_key(article_id), Condition("attribute_not_exists(#pk)", {"#pk": keys.PK}))]
        unchanged = Condition("#status = :status", {"#status": "status"}, {":status": self.status.value})
        if self.noted:
            return [Check(keys.standing_key(article_id), unchanged)]
        check = Check(keys.article_key(article_id), unchanged)
        return [check] if self.status is ArticleStatus.DELETED else [check, _note(article_id, self.status)]


def read(table: Table, article_id: str) -> Standing:
    """One GetItem, of the article: where the small item is missing or wrong, it is made anew."""
    article = table.get(keys.article_key(article_id), only=["status"])
    return Standing(ArticleStatus(article["status"]) if article else None, noted=False)


def changes(article_id: str, old: ArticleStatus, new: ArticleStatus) -> Sequence[Write]:
    """What an article's own transaction writes besides, where its status changes."""
    if new is old:
        return []
    return [Delete(keys.standing_key(article_id))] if new is ArticleStatus.DELETED else [_note(article_id, new)]


def _note(article_id: str, status: ArticleStatus) -> Put:
    return Put({**keys.standing_key(article_id), "status": status.value})
