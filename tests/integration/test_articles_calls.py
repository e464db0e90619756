"""What each access pattern costs, counted on the wire; docs/data-model.md has the same table."""

from collections import Counter

import pytest

from articles.keys import FEED_SHARDS
from articles.service import Filter
from articles.table import Table
from tests.access_patterns import PATTERNS, QUERY, World
from tests.dynamodb import Wire
from tests.samples import an_article


@pytest.fixture
def world(table: Table, wire: Wire) -> World:
    world = World(table)
    wire.forget()
    return world


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_access_pattern_costs_no_more_than_its_calls(pattern: str, world: World, wire: Wire) -> None:
    act, calls = PATTERNS[pattern]
    act(world)
    assert Counter(wire.calls) == Counter(calls)


def test_the_cost_of_a_page_does_not_follow_the_tables_size(world: World, wire: Wire) -> None:
    for number in range(100, 140):
        world.articles.create(an_article(number))
    wire.forget()
    world.service.published(Filter(), None, 5)
    assert Counter(wire.calls) == {QUERY: FEED_SHARDS}
