"""A page at 1,000, 100,000 and 1,000,000 articles: `python -m bench.feed`. Time and capacity against the table's size.

Pages are asked for by the repositories as they are, of a stand-in table (bench/sorted_table.py), the three sizes in
turn. Time is our process's CPU time, our code and the stand-in's together; DynamoDB's own is not in it. Beside it what
people write first: a Scan for a page of a tag or an author, and a feed of a single partition.
"""

import gc
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from math import ceil
from typing import Any, cast

from msgspec.structs import replace

from articles.label_index import LabelIndex
from articles.model import ArticleStatus, Author, Label
from articles.repository import ArticleRepository
from articles.table import Table
from bench.capacity_units import item_size, read_units
from bench.results import record
from bench.sorted_table import AUTHORS, Made, SortedTable
from tests.samples import an_article, an_image

SIZES = (1_000, 100_000, 1_000_000)
SCANNED = 100_000
"""More is not read here: a scan's units and time are in proportion, and a million take a minute."""
PAGE = 20
ROUNDS, CALLS = 15, 10
TEXT = "The quick brown fox jumps over the lazy dog, which does not mind at all. " * 55
LABEL = Label("Dog", 98.52, ("Animal",), ())
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM = random.Random(7)  # noqa: S311 (the same table each time)
_LAST = _RANDOM.choices(_LETTERS, k=SIZES[-1])


def main() -> None:
    found = measured()
    print("\n".join(lines(found)))
    record_all(found)


def record_all(found: dict[str, Any]) -> None:
    """Keeps the feed's figures in bench/results.json."""
    small, large = (found["pages"]["feed"][str(size)] for size in (SIZES[0], SIZES[-1]))
    record("feed_page_time", large["cpu_ms"], {"at 1,000 articles": small["cpu_ms"]}, unit="ms of CPU", aim="flat")
    record(
        "feed_page_capacity",
        large["read"],
        {"at 1,000 articles": small["read"], "scan": found["scan"][str(SIZES[-1])]["read"]},
        unit="read units",
        aim="flat",
    )


def measured() -> dict[str, Any]:
    """{pages: {list: {size: {calls, read, cpu_ms}}}, scan and single: {size: {calls, read, cpu_ms}}}."""
    began = time.monotonic()
    tables = {size: SortedTable(size, id_of, made) for size in SIZES}
    loaded = time.monotonic() - began
    gc.freeze()  # or the collector's own time grows with what lies in memory
    pages: dict[str, dict[str, Any]] = {}
    for name, ask in LISTS.items():
        times: dict[int, list[float]] = defaultdict(list)
        costs: dict[int, Any] = {}
        for _ in range(ROUNDS):
            for size in _RANDOM.sample(SIZES, len(SIZES)):
                table = tables[size]
                client = Table(cast("Any", table), "gazette")
                table.queries, table.read = 0, 0.0
                positions = [id_of(_RANDOM.randrange(size // 2, size)) for _ in range(CALLS - 1)]
                before = time.process_time()
                for position in [None, *positions]:
                    assert len(ask(client, position).items) == PAGE
                times[size].append((time.process_time() - before) / CALLS * 1000)
                costs[size] = {"calls": table.queries / CALLS, "read": table.read / CALLS}
        pages[name] = {str(size): costs[size] | {"cpu_ms": round(statistics.median(times[size]), 3)} for size in SIZES}
    return {
        "pages": pages,
        "scan": {str(size): scanned(tables[size]) for size in SIZES},
        "single": {str(size): of_one_partition(tables[size]) for size in SIZES},
        "loaded_seconds": round(loaded, 1),
    }


def scanned(table: SortedTable) -> dict[str, Any]:
    """A page of a tag by a Scan of all articles, 1 MB a call."""
    before = time.process_time()
    sizes = [item_size(item) for item in table.articles(range(min(SCANNED, table.size)))]
    spent = (time.process_time() - before) * 1000
    total = round(sum(sizes) * table.size / len(sizes))
    return {
        "calls": ceil(total / 2**20),
        "read": read_units([total], consistent=False),
        "cpu_ms": round(spent * table.size / len(sizes), 1),
    }


def of_one_partition(table: SortedTable) -> dict[str, Any]:
    """The newest of one partition that projects everything: one Query of whole articles."""
    newest = [item_size(item) for item in table.articles(range(table.size - PAGE, table.size))]
    return {"calls": 1, "read": read_units(newest, consistent=False)}


def id_of(number: int) -> str:
    return f"01JD9Z6M3T{number:015d}{_LAST[number]}"


def made(number: int) -> Made:
    """An article of 4,000 characters and three tags, and its image."""
    author = Author(f"0b1c2d3e-4f50-6172-8394-a5b6c7d8e9{number % AUTHORS:02d}", "Somebody")
    article = an_article(
        title="A title as they often are, of some length", body=TEXT, tags=("news", "gardening", "dogs"), author=author
    )
    article = replace(article, id=id_of(number))
    return article, replace(an_image(1, article), id=article.id, width=4000, height=3000, renditions="0f"), LABEL


LISTS: dict[str, Callable[[Table, str | None], Any]] = {
    "feed": lambda table, before: ArticleRepository(table).feed(before, PAGE),
    "tag": lambda table, before: ArticleRepository(table).with_tag("news", before, PAGE),
    "author": lambda table, before: ArticleRepository(table).of_author(
        made(3)[0].author.id, [ArticleStatus.PUBLISHED], None, before, PAGE
    ),
    "label": lambda table, before: LabelIndex(table).images("Dog", before, PAGE),
}


def lines(found: dict[str, Any]) -> list[str]:
    shown = [f"loaded {sum(SIZES):,} articles in {found['loaded_seconds']} s"]
    for name, sizes in found["pages"].items():
        for size, cost in sizes.items():
            shown.append(_line(name, size, cost) + f"{cost['cpu_ms']:9.3f} ms")
    return shown + [_line(name, size, cost) for name in ("scan", "single") for size, cost in found[name].items()]


def _line(name: str, size: str, cost: dict[str, Any]) -> str:
    return f"{name:<8}{int(size):>10,} articles{cost['calls']:10,.2f} calls{cost['read']:12,.2f} read units"


if __name__ == "__main__":
    sys.exit(main())
