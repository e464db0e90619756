"""Table.newest on partitions of any sizes, held against sorting all there is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.table import Table

SHARDS = 16


class Partitions:
    """Answers Query from lists of sort keys, at most `most` items a call, as 1 MB is the most of DynamoDB."""

    def __init__(self, content: dict[str, list[str]], most: int = 1000) -> None:
        self._content = content
        self._most = most
        self.asked: list[str] = []

    def query(self, **asked: Any) -> dict[str, Any]:
        values = asked["ExpressionAttributeValues"]
        partition = values[":hash"]["S"]
        self.asked.append(partition)
        bounds = [values[":bound"]["S"]] if ":bound" in values else []
        bounds += [asked["ExclusiveStartKey"]["SK"]["S"]] if "ExclusiveStartKey" in asked else []
        left = sorted((key for key in self._content[partition] if all(key < bound for bound in bounds)), reverse=True)
        read = left[: min(asked["Limit"], self._most)]
        items = [{"PK": {"S": partition}, "SK": {"S": key}} for key in read]
        more = {"LastEvaluatedKey": items[-1]} if len(read) < len(left) or len(read) == asked["Limit"] else {}
        return {"Items": items, **(more if items else {})}


def partitions(shards: list[int], most: int = 1000) -> tuple[Partitions, list[str]]:
    """The n-th item in the shard that stands at n; and all names."""
    names = [f"P{shard:02d}" for shard in range(SHARDS)]
    content: dict[str, list[str]] = {name: [] for name in names}
    for number, shard in enumerate(shards):
        content[names[shard]].append(f"{number:05d}")
    return Partitions(content, most), names


def table(client: Any) -> Table:
    return Table(client, "t")


@given(
    shards=st.lists(st.sampled_from([0] * SHARDS + list(range(SHARDS))), max_size=150)
    | st.lists(st.sampled_from([0] * SHARDS + list(range(SHARDS))), min_size=80, max_size=150),
    limit=st.integers(1, 40),
    most=st.sampled_from([1, 3, 1000]),
)
def test_pages_show_everything_once_and_newest_first_however_it_is_spread(
    shards: list[int], limit: int, most: int
) -> None:
    client, names = partitions(shards, most)
    seen: list[str] = []
    before = None
    while page := table(client).newest(names, before=before, limit=limit):
        seen += [item["SK"] for item in page]
        before = seen[-1]
    assert seen == [f"{number:05d}" for number in reversed(range(len(shards)))]


def test_only_a_shard_with_more_than_its_share_of_the_page_is_asked_again() -> None:
    client, names = partitions([number % SHARDS for number in range(320)] + [7] * 15)
    found = table(client).newest(names, limit=21)
    assert [item["SK"] for item in found] == [f"{number:05d}" for number in range(334, 313, -1)]
    assert sorted(client.asked) == sorted([*names, "P07"])


@pytest.mark.parametrize("spread", [[5] * 100, list(range(SHARDS)) * 6], ids=["one shard", "all alike"])
def test_no_shard_is_asked_more_than_twice(spread: list[int]) -> None:
    client, names = partitions(spread)
    assert len(table(client).newest(names, limit=90)) == 90
    assert max(map(client.asked.count, names)) <= 2
