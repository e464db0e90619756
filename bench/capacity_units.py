"""What a request to DynamoDB is billed, from the sizes of the items that it touches.

Rules and sizes: Amazon DynamoDB developer guide, "DynamoDB read and write operations", "DynamoDB item sizes and
formats" and "Using Global Secondary Indexes" (Provisioned throughput considerations). Items are in DynamoDB's typed
JSON; binary values are bytes. A kilobyte is 1,024 bytes there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

Attributes = Mapping[str, Mapping[str, Any]]

READ_UNIT = 4096
WRITE_UNIT = 1024


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index. `projected`: the attributes beside the keys; None stands for all of them."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Attributes | None, table_keys: Sequence[str]) -> Attributes | None:
        """What the index holds of an item, or None where it is not in it."""
        if item is None or not all(key in item for key in self.keys):
            return None
        if self.projected is None:
            return item
        kept = self.projected | {*self.keys, *table_keys}
        return {name: value for name, value in item.items() if name in kept}


def item_size(item: Attributes) -> int:
    """Bytes of an item's names and values."""
    return sum(_text(name) + _value(value) for name, value in item.items())


def read_units(sizes: Iterable[int], *, consistent: bool, transaction: bool = False) -> float:
    """Units of one GetItem, Query or Scan that evaluates items of these sizes, whose sum is rounded.

    What a filter drops counts. Reading nothing costs as much as reading one small item.
    """
    units = max(1, ceil(sum(sizes) / READ_UNIT))
    if transaction:
        return units * 2.0
    return units * (1.0 if consistent else 0.5)


def write_units(before: Attributes | None, after: Attributes | None, *, transaction: bool = False) -> float:
    """Units of the table for one write, or one check of a condition: by the larger of the item before and after it."""
    units = max(1, ceil(max(_size(before), _size(after)) / WRITE_UNIT))
    return units * (2.0 if transaction else 1.0)


def index_units(index: Index, table_keys: Sequence[str], before: Attributes | None, after: Attributes | None) -> float:
    """Units that one write costs an index: nothing where its entry stays as it is, one write where an entry comes, goes
    or changes, two where its key changes. A transaction's two phases are the table's: the index is written once."""
    old, new = index.entry(before, table_keys), index.entry(after, table_keys)
    if old == new:
        return 0.0
    if old is not None and new is not None:
        if all(old[key] == new[key] for key in index.keys):
            return write_units(old, new)
        return write_units(old, None) + write_units(None, new)
    return write_units(old, new)


def units_by_key(
    table_keys: Sequence[str],
    indexes: Iterable[Index],
    before: Attributes | None,
    after: Attributes | None,
    *,
    transaction: bool = False,
) -> Iterator[tuple[str, str, float]]:
    """(index or "", partition key, units) of one write: whose partitions take how much of it."""
    there = after or before or {}
    yield "", there[table_keys[0]]["S"], write_units(before, after, transaction=transaction)
    for index in indexes:
        old, new = index.entry(before, table_keys), index.entry(after, table_keys)
        if old is not None and new is not None and old[index.keys[0]] == new[index.keys[0]]:
            yield index.name, new[index.keys[0]]["S"], index_units(index, table_keys, before, after)
        elif old != new:
            for entry in (old, new):
                if entry is not None:
                    yield index.name, entry[index.keys[0]]["S"], write_units(entry, None)


def _size(item: Attributes | None) -> int:
    return item_size(item) if item else 0


def _value(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return _text(content)
        case "N":
            return _number(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(map(_text, content))
        case "NS":
            return sum(map(_number, content))
        case "BS":
            return sum(map(len, content))
        case "L":
            return 3 + sum(1 + _value(element) for element in content)
        case "M":
            return 3 + sum(1 + _text(name) + _value(element) for name, element in content.items())
    raise ValueError(f"DynamoDB has no type {kind}")


def _text(text: str) -> int:
    return len(text.encode())


def _number(number: str) -> int:
    """A byte for two significant digits and one more: "approximately", says the guide, as no table tells the rest."""
    digits = number.lower().partition("e")[0].lstrip("+-").replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1
