"""The calls that each access pattern of the design makes, beside those that it may: `python -m bench.calls`.

Counted on the wire, with the units that DynamoDB bills for them (bench/capacity.py says how they are worked out, as no
emulator counts them right): what ReturnConsumedCapacity would report.
"""

import sys
from collections.abc import Mapping
from typing import Any

from articles.keys import FEED_SHARDS
from bench import capacity
from bench.results import record

READS = {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
CLAIM, BOTH = "claim an image job", "claim and finish an image job"

DESIGN: dict[str, tuple[int, int]] = {
    "get an article with all its images": (1, 0),
    "create an article": (1, 1),
    "create an article with a key": (1, 1),
    "change an article": (1, 1),
    "delete an article": (1, 1),
    "a page of the feed": (FEED_SHARDS, 0),
    "a page of a tag": (FEED_SHARDS, 0),
    "a page of an author": (1, 0),
    "register an upload": (1, 1),
    "register an upload with a key": (1, 1),
    CLAIM: (0, 1),
    BOTH: (0, 2),
    "images showing a label": (1, 0),
    "what is overdue": (1, 0),
}
"""Reads and writes that each may take at most; a transaction is one write."""


def main() -> None:
    found = capacity.as_json(capacity.measured())
    print("\n".join("  ".join(f"{cell:<36}" for cell in row) for row in rows(found)))
    record_all(found)


def record_all(found: Mapping[str, Any]) -> None:
    """Keeps each pattern's number of calls in bench/results.json."""
    for name, allowed in DESIGN.items():
        record(
            f"calls_{name.replace(' ', '_')}",
            sum(found[name]["calls"].values()),
            {"allowed": sum(allowed)},
            unit="calls",
            aim="≤ 1",
        )


def called(cost: Mapping[str, Any]) -> tuple[int, int]:
    """Reads and writes of a measured pattern."""
    calls: Mapping[str, int] = cost["calls"]
    reads = sum(count for call, count in calls.items() if call in READS)
    return reads, sum(calls.values()) - reads


def rows(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """(pattern, allowed, called, read units, write units, what moto reports)."""
    return [
        (
            name,
            _text(allowed),
            _text(called(found[name])),
            f"{found[name]['read']:g}",
            f"{found[name]['write']:g}",
            f"{found[name]['reported']:g}",
        )
        for name, allowed in DESIGN.items()
    ]


def _text(calls: tuple[int, int]) -> str:
    return ", ".join(
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in zip(calls, ("read", "write"), strict=True)
        if count
    )


if __name__ == "__main__":
    sys.exit(main())
