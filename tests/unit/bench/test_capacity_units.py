"""The examples of DynamoDB's developer guide, and what its rules say of this table's items."""

from typing import Any

import pytest

from bench.capacity_units import Attributes, Index, index_units, item_size, read_units, write_units

KEYS = ("PK",)
BY_AUTHOR = Index("author", ("AuthorPK", "Sort"), frozenset({"title"}))
EVERYTHING = Index("everything", ("AuthorPK",), None)
KEYS_ONLY = Index("due", ("DuePK",), frozenset())


def text(size: int, **more: str) -> Attributes:
    """An item of that many bytes, and the other texts."""
    return {"PK": {"S": "x" * (size - 2)}, **{name: {"S": value} for name, value in more.items()}}


@pytest.mark.parametrize(
    ("bytes_", "consistent", "transaction", "units"),
    [
        (3_500, True, False, 1),  # "the same throughput as reading a 4 KB item"
        (3_500, False, False, 0.5),
        (8 * 1024, True, False, 2),
        (8 * 1024, False, False, 1),
        (8 * 1024, True, True, 4),
        (10 * 1024, True, False, 3),  # "rounded up to 12 KB"
        (4096, True, False, 1),
        (4097, True, False, 2),
    ],
)
def test_a_read_is_rounded_up_to_4_kilobytes(bytes_: int, consistent: bool, transaction: bool, units: float) -> None:
    assert read_units([bytes_], consistent=consistent, transaction=transaction) == units


def test_the_items_of_a_query_are_summed_up_before_they_are_rounded() -> None:
    assert read_units([int(40.8 * 1024)], consistent=True) == 11  # "rounds the item size up to 44 KB"
    assert read_units([2_000] * 8, consistent=False) == 2  # 15.6 KB of index entries
    assert read_units([64] * 1_500, consistent=True) == 24


def test_reading_nothing_costs_as_much_as_reading_something_small() -> None:
    assert read_units([], consistent=True) == 1
    assert read_units([], consistent=False) == 0.5


@pytest.mark.parametrize(
    ("bytes_", "transaction", "units"),
    [(500, False, 1), (512, False, 1), (1_536, False, 2), (3 * 1024, False, 3), (3 * 1024, True, 6), (1_025, False, 2)],
)
def test_a_write_is_rounded_up_to_1_kilobyte_and_a_transaction_takes_twice(
    bytes_: int, transaction: bool, units: float
) -> None:
    assert write_units(None, text(bytes_), transaction=transaction) == units


def test_a_write_is_billed_by_the_larger_of_what_was_and_what_is() -> None:
    assert write_units(text(3_000), text(100)) == 3
    assert write_units(text(100), text(3_000)) == 3
    assert write_units(text(3_000), None) == 3


def test_a_write_of_what_is_not_there_costs_one_unit() -> None:
    assert write_units(None, None) == 1


HERE = {"AuthorPK": "alice", "Sort": "1", "title": "t"}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, text(9, **HERE), 1),  # the entry comes
        (text(9), text(9, **HERE), 1),
        (text(9, **HERE), text(9), 1),  # it goes
        (text(9, **HERE), None, 1),
        (text(9, **HERE), text(9, **HERE | {"AuthorPK": "bob"}), 2),  # its key changes: one goes, one comes
        (text(9, **HERE), text(9, **HERE | {"title": "u"}), 1),  # what is projected changes
        (text(9, **HERE), text(9, **HERE, body="new"), 0),  # what is not does
        (text(9), text(9), 0),  # it was never there
        (text(9, AuthorPK="alice"), text(9, AuthorPK="bob"), 0),  # half a key is none
    ],
)
def test_an_index_is_billed_for_what_changes_in_it(before: Any, after: Any, units: float) -> None:
    assert index_units(BY_AUTHOR, KEYS, before, after) == units


def test_an_index_is_billed_by_what_it_projects() -> None:
    item = text(100, **HERE, body="x" * 5_000, DuePK="DUE")
    assert index_units(BY_AUTHOR, KEYS, None, item) == 1
    assert index_units(KEYS_ONLY, KEYS, None, item) == 1
    assert index_units(EVERYTHING, KEYS, None, item) == 6
    assert index_units(EVERYTHING, KEYS, item, {**item, "AuthorPK": {"S": "bob"}}) == 12


def test_an_items_size_is_that_of_its_names_and_values() -> None:
    # The guide: 1 byte for two significant digits and one more, 3 for a list or map, 1 for each of its elements.
    assert item_size({"ab": {"S": "äö"}}) == 2 + 4
    assert item_size({"n": {"N": "27"}}) == 1 + 2
    assert item_size({"n": {"N": "-100.50"}}) == 1 + 3
    assert item_size({"n": {"N": "1200"}}) == 1 + 2
    assert item_size({"n": {"N": "0"}}) == 1 + 1
    assert item_size({"b": {"B": b"12345"}}) == 1 + 5
    assert item_size({"t": {"BOOL": True}, "u": {"NULL": True}}) == 2 + 2
    assert item_size({"s": {"SS": ["ab", "c"]}, "m": {"NS": ["1", "234"]}}) == 2 + 3 + 5
    assert item_size({"l": {"L": []}}) == 1 + 3
    assert item_size({"l": {"L": [{"S": "ab"}, {"N": "1"}]}}) == 1 + 3 + (1 + 2) + (1 + 2)
    assert item_size({"m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 1 + 1


def test_an_unknown_type_is_no_size() -> None:
    with pytest.raises(ValueError, match="XY"):
        item_size({"a": {"XY": ""}})
