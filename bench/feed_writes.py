"""Writes a second on the hottest partition key: `python -m bench.feed_writes`. 1,000 units are what one key takes.

Creates run at 500 and at 10,000 a second through the service as it is, with the ids that it makes, into a client that
keeps nothing: each transaction's units go to the keys that it writes (the table's and each index's) in the second in
which it comes, by the documented rules. Articles carry three tags of which one is on all of them, come with an
Idempotency-Key and of as many people as there are; a second run has one person write them all.

What a picture writes from its upload to its result is metered once, on moto, and multiplied: by the kind of key follows
how many pictures a second it takes.
"""

import sys
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast

from moto import mock_aws
from msgspec.structs import replace

from articles.budget import AnalysisBudget
from articles.idempotency import Once
from articles.image_repository import ImageRepository
from articles.keys import FEED_INDEX, LABEL_COUNTER_SHARDS
from articles.model import ArticleStatus, Image, Principal
from articles.quotas import UploadQuota
from articles.repository import ArticleRepository
from articles.service import ArticleChange, ArticleService
from articles.table import Table
from bench import capacity
from bench.capacity_units import units_by_key
from bench.meter import Meter
from bench.operations import LABELS, article
from bench.results import record
from bench.sorted_table import INDEXES, TABLE_KEYS
from tests.access_patterns import NoJobs
from tests.samples import NOON, an_analysis, an_image

LIMIT = 1_000
"""Write units a second of one partition (DynamoDB developer guide, "Burst and adaptive capacity")."""
RATES = (500, 10_000)
SECONDS = 3
PEOPLE = 10_000
_STEP = timedelta(minutes=5)
TEXT = "The quick brown fox jumps over the lazy dog, which does not mind at all. " * 55
KINDS = {
    "FEED": "feed: a shard",
    "AUTHOR": "author: one person",
    "TAG": "a tag's shard",
    "ARTICLE": "an article itself",
    "IDEMPOTENCY": "an idempotency record",
    "STANDING": "an article's standing",
    "LABEL": "one label's entries",
    "LABELS": "a shard of the label counters",
    "DUE": "due: all that is owed",
    "CONTENT": "content: one file's digest",
    "QUOTA": "one person's uploads",
    "BUDGET": "the day's budget",
}


class Writes:
    """A client that carries nothing out: it counts the units of transactions that only create."""

    def __init__(self) -> None:
        self.second = 0
        self.units: Counter[tuple[str, str, int]] = Counter()

    def transact_write_items(self, *, TransactItems: Any, **_: Any) -> None:  # noqa: N803 (named by the library)
        for part in TransactItems:
            item = part["Put"]["Item"]
            for index, partition, units in units_by_key(TABLE_KEYS, INDEXES.values(), None, item, transaction=True):
                self.units[index, partition, self.second] += units


def main() -> None:
    found = measured()
    print("\n".join(lines(found)))
    record_all(found)


def record_all(found: dict[str, Any]) -> None:
    """Keeps the feed's figure in bench/results.json."""
    feed = found["creates"][str(RATES[-1])]["feed: a shard"]["units"]
    record("feed_hottest_partition", feed, {"allowed": LIMIT}, unit="write units a second", aim="< 1")


def measured() -> dict[str, Any]:
    """{creates and one_author: {rate: {kind: {key, units}}}, picture: {kind: units of one}}: the hottest keys."""
    return {
        "creates": {str(rate): hottest(created(rate)) for rate in RATES},
        "one_author": {str(RATES[-1]): hottest(created(RATES[-1], people=1))},
        "shards": by_shards(RATES[-1]),
        "picture": of_a_picture(),
    }


def created(rate: int, people: int = PEOPLE) -> Writes:
    """What so many creates a second write, for some seconds."""
    client = Writes()
    table = Table(cast("Any", client), "gazette")
    service = ArticleService(ArticleRepository(table), ImageRepository(table), NoJobs())
    fields = ArticleChange("A title as they often are, of some length", TEXT, ("news", "dogs"), ArticleStatus.PUBLISHED)
    for number in range(rate * SECONDS):
        client.second = number // rate
        who = Principal(f"0b1c2d3e-4f50-6172-8394-{number % people:012d}", "Somebody")
        tags = (*(fields.tags or ()), f"topic {number % 100}")
        once = Once(who.id, sha256(f"{number}".encode()).hexdigest(), sha256(b"request").hexdigest())
        service.create(who, replace(fields, tags=tags), once)
    return client


def hottest(writes: Writes) -> dict[str, dict[str, Any]]:
    """The hottest key of each kind in its hottest second."""
    found: dict[str, dict[str, Any]] = {}
    for (index, partition, _), units in writes.units.items():
        kind = kind_of(partition)
        if units > found.get(kind, {"units": 0.0})["units"]:
            found[kind] = {"key": partition if index in ("", FEED_INDEX) else f"{index}: {partition}", "units": units}
    return found


def by_shards(rate: int) -> dict[str, float]:
    """Units a second on the feed's hottest key, by the number of shards, where ids spread as their last character does
    (32 values): a number that does not divide 32 leaves some shards with one value more."""
    return {str(shards): rate * -(-32 // shards) / 32 for shards in (8, 10, 11, 12, 16, 32)}


def of_a_picture() -> dict[str, float]:
    """Units that one picture of eight labels writes to the hottest key of each kind, from registration to settled."""
    with ExitStack() as stack:
        stack.enter_context(mock_aws())
        meter = Meter(capacity.client())
        with meter.installed():
            metered = capacity.client()
        table = stack.enter_context(capacity.table(metered))
        articles, images = ArticleRepository(table), ImageRepository(table)
        one = article(1)
        articles.create(one)
        images.register(an_image(2, one))  # the first one makes the article's standing
        meter.taken()
        image, person = an_image(1, one, due_at=NOON), UploadQuota(one.author.id, 1000, NOON)
        images.register(image, quota=person)
        AnalysisBudget(table, analyses_per_day=1000, now=lambda: NOON).take(2)
        leased = images.claim(one.id, image.id, token=image.id, sequencer=None, now=NOON, lease_until=NOON + _STEP)
        assert isinstance(leased, Image)
        analysis = an_analysis(*LABELS, content="5e" * 32, looked_at=NOON, renditions="0f")
        assert images.finish(leased, analysis, due_at=NOON + 2 * _STEP)
        images.settle(images.get(one.id, image.id))
        most: dict[str, float] = {}
        for (_, partition), units in meter.taken().by_key.items():
            kind = kind_of(partition)
            most[kind] = max(most.get(kind, 0.0), units)
        return most


def kind_of(partition: str) -> str:
    return KINDS[partition.partition("#")[0]]


def pictures_a_second(kind: str, units: float) -> float:
    """How many pictures a second the keys of a kind take, where all have what they can have in common."""
    shards = LABEL_COUNTER_SHARDS if kind == KINDS["LABELS"] else 1
    return LIMIT / units * shards


def lines(found: dict[str, Any]) -> list[str]:
    shown = [f"units a second by number of shards: {found['shards']}"]
    for name in ("creates", "one_author"):
        for rate, kinds in found[name].items():
            for kind, hot in kinds.items():
                shown.append(f"{name:<11}{int(rate):>7,} a second  {kind:<24}{hot['units']:>9,.0f}  {hot['key'][:60]}")
    for kind, units in found["picture"].items():
        shown.append(
            f"a picture: {kind:<32}{units:>4.0f} units: {pictures_a_second(kind, units):>6,.0f} pictures a second"
        )
    return shown


if __name__ == "__main__":
    sys.exit(main())
