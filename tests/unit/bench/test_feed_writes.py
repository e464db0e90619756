"""The simulation's units on creates that can be worked out by hand, and the documented number of shards."""

import re
from collections import Counter

import pytest

from articles.keys import FEED_SHARDS
from bench import feed_writes
from local.layout import CHECKOUT


def test_a_create_is_counted_to_each_key_that_it_writes() -> None:
    writes = feed_writes.created(rate=1)
    kinds: Counter[str] = Counter()
    for (_, partition, second), units in writes.units.items():
        if second == 0:
            kinds[feed_writes.kind_of(partition)] += units
    # An article of five kilobytes, three tags and the record, twice each; two indexes, once.
    assert kinds == {
        "an article itself": 10,
        "a tag's shard": 6,
        "an idempotency record": 2,
        "feed: a shard": 1,
        "author: one person": 1,
    }


def test_the_feed_s_hottest_key_stays_below_its_limit_at_ten_thousand_creates_a_second() -> None:
    hot = feed_writes.hottest(feed_writes.created(10_000))
    assert hot["feed: a shard"]["units"] < feed_writes.LIMIT
    assert hot["feed: a shard"]["units"] > 10_000 / FEED_SHARDS


def test_one_person_who_writes_everything_is_a_hot_key_of_their_own() -> None:
    one, many = (feed_writes.hottest(feed_writes.created(500, people)) for people in (1, 10_000))
    assert (one["author: one person"]["units"], many["author: one person"]["units"]) == (500, 1)


@pytest.mark.parametrize("shards", ["16", "11"])
def test_shards_that_do_not_divide_the_values_of_an_ids_last_character_are_uneven(shards: str) -> None:
    assert feed_writes.by_shards(3_200)[shards] == {"16": 200, "11": 300}[shards]


def test_the_documented_number_of_shards_is_the_code_s() -> None:
    document = (CHECKOUT / "docs" / "data-model.md").read_text("utf-8")
    assert re.search(rf"so {FEED_SHARDS} shards take {FEED_SHARDS},000 new articles a second", document)
