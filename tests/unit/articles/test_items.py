"""What goes into the table comes out of it unchanged."""

import pytest
from msgspec.structs import replace

from articles.items import article_from_item, article_to_item, image_from_item, image_to_item, tag_to_item
from articles.model import ArticleStatus
from tests.samples import NOON, an_article, an_image


@pytest.mark.parametrize("status", ArticleStatus)
@pytest.mark.parametrize("due_at", [None, NOON])
def test_an_article_survives_its_item(status: ArticleStatus, due_at: object) -> None:
    article = an_article(status=status, due_at=due_at, tags=("a", "b"))
    assert article_from_item(article_to_item(article)) == article


def test_a_tags_entry_is_the_article_without_its_body() -> None:
    article = an_article(tags=("a",))
    item = tag_to_item(article, "a")
    assert "body" not in item
    assert article_from_item(item) == replace(article, body="")


def test_a_tombstone_stands_in_no_index_but_the_sweepers() -> None:
    item = article_to_item(an_article(status=ArticleStatus.DELETED, due_at=NOON))
    assert {"FeedPK", "AuthorPK", "Sort"} & item.keys() == set()
    assert item.keys() >= {"DuePK", "DueAt"}


def test_a_draft_does_not_stand_in_the_feed() -> None:
    item = article_to_item(an_article(status=ArticleStatus.DRAFT))
    assert "FeedPK" not in item
    assert "AuthorPK" in item


def test_a_registered_image_survives_its_item() -> None:
    image = an_image(upload_expires_at=NOON, due_at=NOON)
    assert image_from_item(image_to_item(image)) == image
