"""The part of docs/cost.md that is about growth: pages against the table's size, and keys against writes a second."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench import calls, feed_writes

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]

DESIGN = """\
Reads and writes that the design allows each pattern, and those that leave for DynamoDB, counted on the wire; a
transaction is one write. The units are what ReturnConsumedCapacity of DynamoDB would say of the same small items (see
below); the last column is what moto says, which knows neither sizes nor transactions.
"""

PAGES = """\
`python -m bench.feed` asks for pages of 20, the newest and nine from somewhere in the newer half, of a stand-in for the
table (`bench/sorted_table.py`) whose partitions are sorted lists, as the emulators sort a partition for each Query.
Calls and units are means of ten pages. CPU time is our process's, without botocore and the network: 16 Queries by
threads in the first two rows. For a scan it is the stand-in's, which makes the items, and says no more than
that it grows.
"""

SCANS = """\
What people write first: a scan of all articles for a page of a tag or of an author (beyond 100,000 in proportion), and
a feed of a single partition, which costs one Query at any size, and takes 1,000 new articles a second at most.
"""

WRITES = """\
`python -m bench.feed_writes`: articles of 4,000 characters with three tags, "news" on all of them, and an
Idempotency-Key, created by 10,000 people through the service as it is, for three seconds; write units of the hottest
key of each kind in its hottest second, by the documented rules. One partition key takes {limit:,}. An index's entry is
written once, though its item is in a transaction; were it billed twice, the feed's figures would be a tag's.
"""

SHARDS = """\
So 16 shards take 10,000 creates a second in the feed, in every second and not just on average: an id's last character
spreads them evenly. A tag that all of them carry is spread as evenly, but its entries are items of the transaction, two
units each: it ends at some 7,500 a second. One person who writes all of it is a hot key of the author's index from
1,000 a second on. The account's default of 40,000 units a second for one table ends it earlier, at 2,000 such creates.
docs/data-model.md has the knobs.

Units a second on the feed's hottest key at 10,000 creates a second, by the number of shards (32 values of the
character; a number that does not divide them leaves some shards with one more):
"""

PICTURE = """\
What one picture of eight labels writes to each kind of key from its registration until it is settled, metered on moto,
and how many pictures a second reach {limit:,} units where they all have that key in common (the label counters have
four shards). Rekognition's default quota ends at 50 a second.
"""


def design(m: Mapping[str, Any], table: Table) -> list[str]:
    header = ("pattern", "allowed", "called", "read units", "write units", "moto's sum")
    return ["## What the design allows\n", DESIGN, table(header, calls.rows(m["patterns"]))]


def pages(m: Mapping[str, Any], table: Table) -> list[str]:
    header = ("page of 20", "articles", "calls", "read units", "CPU ms")
    return [
        "## A page at 1,000, 100,000 and 1,000,000 articles\n",
        PAGES,
        table(header, _pages(m["feed"])),
        SCANS,
        table(header, _scans(m["feed"])),
    ]


def writes(m: Mapping[str, Any], table: Table) -> list[str]:
    found = m["feed_writes"]
    limit = feed_writes.LIMIT
    return [
        "## Writes a second on the hottest key\n",
        WRITES.format(limit=limit),
        table(("key", *(f"{int(rate):,} creates a second" for rate in found["creates"]), "one author"), _keys(found)),
        SHARDS,
        table(("shards", *found["shards"]), [("units a second", *map("{:,.0f}".format, found["shards"].values()))]),
        PICTURE.format(limit=limit),
        table(("key", "units a picture", "pictures a second"), _picture(found["picture"])),
    ]  # fmt: skip


def _pages(found: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name, sizes in found["pages"].items():
        for size, cost in sizes.items():
            yield name, f"{int(size):,}", f"{cost['calls']:g}", f"{cost['read']:g}", f"{cost['cpu_ms']:.2f}"


def _scans(found: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name, what in (("scan", "naive: a scan"), ("single", "naive: one partition")):
        for size, cost in found[name].items():
            spent = f"{cost['cpu_ms']:,.0f}" if "cpu_ms" in cost else "–"
            yield what, f"{int(size):,}", f"{cost['calls']:,}", f"{cost['read']:,g}", spent


def _keys(found: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    [one_author] = found["one_author"].values()
    for kind in one_author:
        hot = [rate[kind]["units"] for rate in found["creates"].values()] + [one_author[kind]["units"]]
        yield kind, *(f"**{units:,.0f}**" if units >= feed_writes.LIMIT else f"{units:,.0f}" for units in hot)


def _picture(found: Mapping[str, float]) -> Iterable[Sequence[str]]:
    for kind, units in sorted(found.items(), key=lambda entry: feed_writes.pictures_a_second(*entry)):
        yield kind, f"{units:g}", f"{feed_writes.pictures_a_second(kind, units):,.0f}"
