"""Lists of articles, page by page."""

from collections.abc import Callable
from itertools import count

import pytest

from articles.keys import FEED_SHARDS
from articles.model import Article, ArticleStatus, Page
from articles.repository import ArticleRepository
from articles.table import Table
from tests.samples import an_article, an_id

BOTH = [ArticleStatus.DRAFT, ArticleStatus.PUBLISHED]
PageOf = Callable[[str | None, int], Page[Article]]


@pytest.fixture
def articles(table: Table) -> ArticleRepository:
    return ArticleRepository(table)


@pytest.fixture(params=["feed", "tag", "author", "own", "author and tag"])
def page_of(request: pytest.FixtureRequest, articles: ArticleRepository) -> PageOf:
    """Each list that Alice's published articles with the tag `news` stand in."""
    lists: dict[str, PageOf] = {
        "feed": articles.feed,
        "tag": lambda before, limit: articles.with_tag("news", before, limit),
        "author": lambda before, limit: articles.of_author("alice", [ArticleStatus.PUBLISHED], None, before, limit),
        "own": lambda before, limit: articles.of_author("alice", BOTH, None, before, limit),
        "author and tag": lambda before, limit: articles.of_author("alice", BOTH, "news", before, limit),
    }
    return lists[request.param]


def walk(page_of: PageOf, limit: int, between: Callable[[], None] = lambda: None) -> list[str]:
    """The ids of all pages; `between` happens after each."""
    seen: list[str] = []
    before = None
    for pages in count():
        page = page_of(before, limit)
        assert len(page.items) <= limit
        seen += [article.id for article in page.items]
        if page.next is None:
            return seen
        assert len(page.items) == limit, "only the last page may be short"
        assert pages < 1000
        before = page.next
        between()
    raise AssertionError


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
def test_all_pages_together_show_everything_once_and_newest_first(
    page_of: PageOf, articles: ArticleRepository, limit: int
) -> None:
    for number in range(20):
        articles.create(an_article(number, tags=("news",)))
    assert walk(page_of, limit) == [an_id(number) for number in reversed(range(20))]


def test_a_walk_sees_everything_once_while_newer_articles_appear(page_of: PageOf, articles: ArticleRepository) -> None:
    for number in range(30):
        articles.create(an_article(number, tags=("news",)))
    newer = count(1000)
    seen = walk(page_of, 4, lambda: articles.create(an_article(next(newer), tags=("news",))) and None)
    assert seen == [an_id(number) for number in reversed(range(30))]


def test_a_walk_goes_on_where_the_last_article_of_a_page_is_deleted(
    page_of: PageOf, articles: ArticleRepository
) -> None:
    for number in range(9):
        articles.create(an_article(number, tags=("news",)))
    first = page_of(None, 3)
    last = articles.get(first.items[-1].id)
    articles.bury(last, at=last.created_at, due_at=last.created_at)
    assert [article.id for article in page_of(first.next, 10).items] == [an_id(n) for n in (5, 4, 3, 2, 1, 0)]


def test_an_empty_list_is_one_empty_page(page_of: PageOf) -> None:
    assert page_of(None, 10) == Page(())


def test_articles_stand_in_every_shard(articles: ArticleRepository, table: Table) -> None:
    for number in range(32):
        articles.create(an_article(number))
    shards = [table.query(f"FEED#{shard:02d}", index="feed") for shard in range(FEED_SHARDS)]
    assert [len(items) for items in shards] == [2] * FEED_SHARDS


def test_drafts_stand_under_their_author_alone(articles: ArticleRepository) -> None:
    articles.create(an_article(1, status=ArticleStatus.DRAFT, tags=("news",)))
    articles.create(an_article(2, tags=("news",)))
    articles.create(an_article(3, author="bob", tags=("news",)))
    assert [a.id for a in articles.feed(None, 10).items] == [an_id(3), an_id(2)]
    assert [a.id for a in articles.with_tag("news", None, 10).items] == [an_id(3), an_id(2)]
    assert [a.id for a in articles.of_author("alice", BOTH, None, None, 10).items] == [an_id(2), an_id(1)]
    published = articles.of_author("alice", [ArticleStatus.PUBLISHED], None, None, 10)
    assert [a.id for a in published.items] == [an_id(2)]


def test_an_authors_articles_of_one_tag_are_found_among_many_others(articles: ArticleRepository) -> None:
    for number in range(60):
        articles.create(an_article(number, tags=("rare",) if number % 25 == 0 else ("other",)))
    page = articles.of_author("alice", BOTH, "rare", None, 2)
    assert [article.id for article in page.items] == [an_id(50), an_id(25)]
    assert articles.of_author("alice", BOTH, "rare", page.next, 2).items[0].id == an_id(0)


@pytest.mark.parametrize("tag", ["a#b", "TAG", "tag ", "Ω" * 50, "00#x"])
def test_a_tag_is_taken_to_the_letter(articles: ArticleRepository, tag: str) -> None:
    articles.create(an_article(1, tags=(tag,)))
    articles.create(an_article(2, tags=("tag", "b", "x")))
    assert [article.id for article in articles.with_tag(tag, None, 10).items] == [an_id(1)]
