"""Calls and consumed capacity of each access pattern: `python -m bench.capacity [ENDPOINT_URL]`.

The patterns are those whose calls the tests count (tests/access_patterns.py), each on a table of its own. The units
follow from DynamoDB's documented rules, applied to the items that each request on the wire really touched: no emulator
counts them as DynamoDB does, which the last column shows. Without an address moto answers, in this process.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import botocore.session
from botocore.config import Config
from moto import mock_aws

from articles.table import Table
from bench.meter import Meter
from tests.access_patterns import PATTERNS, World
from tests.dynamodb import create_table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Cost:
    """What one use of a pattern takes. `reported`: read and write units as the emulator names them."""

    calls: dict[str, int]
    read: float
    write: float
    reported: float


def main() -> None:
    costs = measured(sys.argv[1] if len(sys.argv) > 1 else None)
    print(f"{'':<64}{'read':>7}{'write':>7}{'reported':>10}  calls")
    for name, cost in costs.items():
        calls = ", ".join(f"{count} {call}" for call, count in cost.calls.items())
        print(f"{name:<64}{cost.read:7.1f}{cost.write:7.1f}{cost.reported:10.1f}  {calls}")


def measured(endpoint_url: str | None = None) -> dict[str, Cost]:
    """Every pattern's cost, by its name. The articles have no text to speak of: these are the least units of each."""
    with ExitStack() as stack:
        if endpoint_url is None:
            stack.enter_context(mock_aws())
        meter = Meter(client(endpoint_url))
        with meter.installed():
            metered = client(endpoint_url)
        return {name: measured_one(metered, meter, name) for name in PATTERNS}


def measured_one(metered: "DynamoDBClient", meter: Meter, pattern: str) -> Cost:
    """One pattern's cost, by a client that the meter watches."""
    with table(metered) as empty:
        world = World(empty)
        meter.taken()
        PATTERNS[pattern][0](world)
        return cost_of(meter)


def cost_of(meter: Meter) -> Cost:
    """What the meter has seen since the last look, of DynamoDB."""
    taken = meter.taken()
    calls = Counter({name.removeprefix("dynamodb."): n for name, n in taken.calls.items() if "dynamodb." in name})
    return Cost(dict(sorted(calls.items())), taken.read, taken.write, taken.reported)


def client(endpoint_url: str | None = None, region: str = "us-east-1") -> "DynamoDBClient":
    """DynamoDB's, with the credentials of nobody."""
    made = botocore.session.get_session().create_client(
        "dynamodb",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 (nobody's)
        config=Config(max_pool_connections=16),
    )
    return cast("DynamoDBClient", made)


@contextmanager
def table(dynamodb: "DynamoDBClient") -> Iterator[Table]:
    """A table of the product's schema, as long as the context lasts."""
    name = f"bench-{uuid4().hex[:8]}"
    create_table(dynamodb, name)
    try:
        yield Table(dynamodb, name, sleep=lambda _: None)
    finally:
        dynamodb.delete_table(TableName=name)


def as_json(costs: dict[str, Cost]) -> dict[str, Any]:
    return {name: asdict(cost) for name, cost in costs.items()}


if __name__ == "__main__":
    main()
