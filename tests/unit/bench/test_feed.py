"""The stand-in table finds what the repositories ask for, and what that takes does not follow its size."""

from typing import Any, cast

import pytest

from articles.model import ArticleStatus
from articles.repository import ArticleRepository
from articles.table import Table
from bench import feed
from bench.sorted_table import AUTHORS, SortedTable


def repository(table: SortedTable) -> ArticleRepository:
    return ArticleRepository(Table(cast("Any", table), "gazette"))


def test_a_walk_through_the_stand_in_sees_every_article_once_and_newest_first() -> None:
    table = SortedTable(200, feed.id_of, feed.made)
    articles = repository(table)
    for page_of in (articles.feed, lambda before, limit: articles.with_tag("dogs", before, limit)):
        seen, before = [], None
        while True:
            page = page_of(before, 30)
            seen += [article.id for article in page.items]
            before = page.next
            if before is None:
                break
        assert seen == [feed.id_of(number) for number in reversed(range(200))]


def test_an_authors_page_is_theirs_alone() -> None:
    table = SortedTable(200, feed.id_of, feed.made)
    author = feed.made(3)[0].author
    page = repository(table).of_author(author.id, [ArticleStatus.PUBLISHED], None, None, 100)
    assert [article.id for article in page.items] == [feed.id_of(n) for n in reversed(range(200)) if n % AUTHORS == 3]


@pytest.mark.parametrize("name", feed.LISTS)
def test_a_page_takes_as_much_of_a_small_table_as_of_one_ten_times_its_size(name: str) -> None:
    taken = []
    for size in (1_000, 10_000):
        table = SortedTable(size, feed.id_of, feed.made)
        feed.LISTS[name](Table(cast("Any", table), "gazette"), feed.id_of(900))
        taken.append((table.queries, table.read))
    assert taken[0] == taken[1]
    assert taken[0][0] == (16 if name in ("feed", "tag") else 1)


def test_what_a_scan_reads_is_in_proportion_to_the_table() -> None:
    small, large = (feed.scanned(SortedTable(size, feed.id_of, feed.made)) for size in (500, 5_000))
    assert large["read"] == pytest.approx(10 * small["read"], rel=0.01)
