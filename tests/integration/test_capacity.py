"""The meter on requests whose units can be worked out by hand."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from articles.table import Check, Condition, Delete, Put, Table, Update
from bench import calls, capacity, cost
from bench.meter import Meter
from local.files import read_json
from tests.access_patterns import PATTERNS

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KEY = {"PK": "p", "SK": "s"}


@pytest.fixture
def meter() -> Iterator[Meter]:
    with mock_aws():
        yield Meter(capacity.client())


@pytest.fixture
def metered(meter: Meter) -> "DynamoDBClient":
    with meter.installed():
        return capacity.client()


@pytest.fixture
def table(metered: "DynamoDBClient", meter: Meter) -> Iterator[Table]:
    with capacity.table(metered) as table:
        meter.taken()
        yield table


def test_single_writes_and_their_indexes(table: Table, meter: Meter) -> None:
    table.transact([Put({**KEY, "body": "x" * 2_000, "FeedPK": "f", "Sort": "1", "title": "t"})])
    assert capacity.cost_of(meter).write == 2 * 2 + 1
    table.update(Update(KEY, set={"body": "y" * 2_000}))
    assert capacity.cost_of(meter).write == 2
    table.update(Update(KEY, set={"title": "u"}))
    assert capacity.cost_of(meter).write == 2 + 1
    table.update(Update(KEY, set={"Sort": "2"}))
    assert capacity.cost_of(meter).write == 2 + 2
    table.delete(Delete(KEY))
    assert capacity.cost_of(meter).write == 2 + 1


def test_each_part_of_a_transaction_takes_twice_its_units_conditions_too(table: Table, meter: Meter) -> None:
    table.transact([Put({**KEY, "body": "x" * 1_500})])
    assert capacity.cost_of(meter).write == 4
    there = Condition("attribute_exists(#pk)", {"#pk": "PK"})
    table.transact([Check(KEY, there), Put({"PK": "q", "SK": "s"})])
    cost = capacity.cost_of(meter)
    assert (cost.calls, cost.read, cost.write) == ({"TransactWriteItems": 1}, 0, 4 + 2)


def test_reads_by_the_size_of_what_they_look_at(table: Table, meter: Meter) -> None:
    for number in range(10):
        table.transact([Put({"PK": "p", "SK": f"{number}", "body": "x" * 1_000, "DuePK": "DUE", "DueAt": f"{number}"})])
    meter.taken()
    assert table.get({"PK": "p", "SK": "1"}, only=["SK"]) == {"SK": "1"}
    assert capacity.cost_of(meter).read == 1
    table.query("p")
    assert capacity.cost_of(meter).read == 3
    table.query("p", limit=2)
    assert capacity.cost_of(meter).read == 1
    assert table.query("p", where=Condition("#sk = :three", {"#sk": "SK"}, {":three": "3"}), limit=1) != []
    assert capacity.cost_of(meter).read == 3  # whatever the filter drops
    table.query("DUE", index="due")
    assert capacity.cost_of(meter).read == 0.5  # keys only


def test_the_product_runs_on_the_meter_with_the_calls_it_has_without(metered: "DynamoDBClient", meter: Meter) -> None:
    name = "claim and finish an image job"
    cost = capacity.measured_one(metered, meter, name)
    assert cost.calls == PATTERNS[name][1]
    # The claim, and its move in the index `due`, where finishing leaves it; the check of the article's standing, the
    # image, one label's entry and its counter, each of a transaction.
    assert cost.write == 1 + 2 + 2 + 2 + 2 + 2
    assert cost.read == 0


@pytest.mark.parametrize("name", calls.DESIGN)
def test_a_pattern_makes_the_calls_that_the_design_allows_and_takes_what_the_document_says(
    name: str, metered: "DynamoDBClient", meter: Meter
) -> None:
    cost_now = capacity.as_json({name: capacity.measured_one(metered, meter, name)})[name]
    reads, writes = calls.called(cost_now)
    most_reads, most_writes = calls.DESIGN[name]
    assert reads <= most_reads
    assert writes <= most_writes
    assert cost_now == read_json(cost.MEASUREMENTS)["patterns"][name], "run `make cost MEASURE=patterns`"
