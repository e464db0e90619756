"""Restores a table to a point in time, into a new table, and compares: a drill, or the first half of the real thing.

The live table is only ever read. docs/runbook.md#restore tells how callers get to the new one.
"""

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from articles.dynamo_json import to_attributes
from articles.keys import article_key
from articles.repository import ArticleRepository
from articles.table import Table
from local.errors import LocalError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NEWEST = 25
"""Articles of the feed that are compared; besides them, so many items from anywhere:"""
SAMPLE = 100
POLL = 10.0
MARK = "-restored-"

Key = Mapping[str, Any]


def _indexes(table: Any) -> Any:
    return {
        index["IndexName"]: (
            [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
            sorted(index["Projection"].get("NonKeyAttributes", [])),
        )
        for index in table.get("GlobalSecondaryIndexes", [])
    }


# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_beforeyoubegin.html
CARRIED_OVER: dict[str, Callable[[Any], Any]] = {
    "keys": lambda table: [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]],
    "types of keys": lambda table: {
        one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]
    },
    "indexes": _indexes,
    "billing": lambda table: table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
    "encryption": lambda table: table.get("SSEDescription", {}).get("SSEType"),
}
NOT_CARRIED_OVER = ("time to live", "point-in-time recovery", "deletion protection", "stream", "tags", "alarms")


@dataclass
class Comparison:
    """What the restored table has, beside the live one."""

    restored: int = 0
    live: int = 0
    same: int = 0
    changed_since: int = 0
    """Sampled items that somebody may have written after the time that was restored."""
    newest: int = 0
    faults: list[str] = field(default_factory=list)
    """What a restore must carry over, and has not."""
    by_hand: list[str] = field(default_factory=list)
    """What a restore does not carry over, and the live table has."""


class Drill:
    """One restore."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        cloudwatch: Any,
        live: str,
        at: datetime | None,
        *,
        carried_over: Collection[str] = tuple(CARRIED_OVER),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Takes the live table's name, the time to restore (None: the latest there is), and which of CARRIED_OVER
        have to be the same."""
        self._carried_over = carried_over
        self._dynamodb = dynamodb
        self._cloudwatch = cloudwatch
        self._live = live
        self._asked_for = at
        self._sleep = sleep
        self.target = f"{live.partition(MARK)[0]}{MARK}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self.at = at or datetime.now(UTC)

    def start(self) -> None:
        """Has DynamoDB begin.

        Raises:
            LocalError: the table has no backups, or none of that time.
        """
        try:
            described = self._dynamodb.describe_continuous_backups(TableName=self._live)
            recovery = described["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        except (self._dynamodb.exceptions.TableNotFoundException, self._dynamodb.exceptions.ResourceNotFoundException):
            raise LocalError(f"There is no table {self._live}.") from None
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise LocalError(f"{self._live} has no point-in-time recovery: nothing of it can be restored.")
        earliest, latest = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
        if self._asked_for and (
            (earliest and self._asked_for < earliest) or self._asked_for > (latest or datetime.now(UTC))
        ):
            span = f"from {_shown(earliest)} to {_shown(latest)}" if earliest and latest else "up to now"
            raise LocalError(f"{self._live} can be restored to any time {span}: AT={_shown(self._asked_for)} is none.")
        self.at = self._asked_for or latest or self.at
        when: Any = {"RestoreDateTime": self._asked_for} if self._asked_for else {"UseLatestRestorableTime": True}
        self._dynamodb.restore_table_to_point_in_time(SourceTableName=self._live, TargetTableName=self.target, **when)

    def wait(self, tell: Callable[[str], None]) -> None:
        """Returns when the new table can be used: that takes from minutes to hours, whatever its size."""
        while True:
            table = self._dynamodb.describe_table(TableName=self.target)["Table"]
            restoring = table.get("RestoreSummary", {}).get("RestoreInProgress", False)
            if table["TableStatus"] == "ACTIVE" and not restoring:
                return
            tell(f"{self.target} is {table['TableStatus']}")
            self._sleep(POLL)

    def compare(self, tell: Callable[[str], None]) -> Comparison:
        """Reads both tables: all keys, some items, the newest articles through their index, the settings."""
        found = Comparison()
        keys: list[Key] = []
        for key in self._keys(self.target):
            found.restored += 1
            if len(keys) < SAMPLE:
                keys.append(key)
            elif (place := random.randrange(found.restored)) < SAMPLE:  # noqa: S311 - each key gets the same chance
                keys[place] = key
            if found.restored % 10_000 == 0:
                tell(f"{found.restored} items restored")
        for _ in self._keys(self._live):
            found.live += 1
            if found.live % 10_000 == 0:
                tell(f"{found.live} items live")
        for key in keys:
            self._judge(key, found)
        self._compare_newest(found)
        if found.live and not found.same:
            found.faults.append("of the items that were compared, none is the same")
        self._compare_settings(found)
        return found

    def delete(self) -> bool:
        """Deletes the new table; gives whether it is gone, or on its way. A table that is being restored cannot be."""
        if MARK not in self.target or self.target == self._live:
            raise LocalError(f"{self.target} is not of this drill.")
        try:
            self._dynamodb.delete_table(TableName=self.target)
        except self._dynamodb.exceptions.ResourceInUseException:
            return False
        except self._dynamodb.exceptions.ResourceNotFoundException:
            return True
        return True

    def left_over(self) -> list[str]:
        """Tables of earlier drills that are still there, and cost."""
        pages = self._dynamodb.get_paginator("list_tables").paginate()
        prefix = self._live.partition(MARK)[0] + MARK
        return [
            name
            for page in pages
            for name in page["TableNames"]
            if name.startswith(prefix) and name not in (self.target, self._live)
        ]

    def _keys(self, table: str) -> Iterator[Key]:
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="PK, SK"):
            yield from page["Items"]

    def _item(self, table: str, key: Key) -> Any:
        return self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")

    def _judge(self, key: Key, found: Comparison) -> None:
        restored, live = self._item(self.target, key), self._item(self._live, key)
        if restored == live:
            found.same += 1
        elif live and "updated_at" in live and datetime.fromisoformat(live["updated_at"]["S"]) <= self.at:
            found.faults.append(f"{key['PK']['S']} {key['SK']['S']} differs, though nobody has changed it since")
        else:
            found.changed_since += 1

    def _compare_newest(self, found: Comparison) -> None:
        """What the live feed has of before that time has to be in the restored feed, which is an index of its own."""
        live = ArticleRepository(Table(self._dynamodb, self._live)).feed(None, NEWEST).items
        restored = {
            article.id for article in ArticleRepository(Table(self._dynamodb, self.target)).feed(None, 100).items
        }
        for article in live:
            if article.updated_at > self.at:
                continue
            found.newest += 1
            self._judge(to_attributes(article_key(article.id)), found)
            if article.id not in restored:
                found.faults.append(f"article {article.id} is not in the restored table's feed")

    def _compare_settings(self, found: Comparison) -> None:
        live, restored = (self._dynamodb.describe_table(TableName=name)["Table"] for name in (self._live, self.target))
        for what in self._carried_over:
            of = CARRIED_OVER[what]
            if of(live) != of(restored):
                found.faults.append(f"{what}: {of(restored)} instead of {of(live)}")
        for what in NOT_CARRIED_OVER:
            has, has_now = (self._setting(what, table) for table in (live, restored))
            if has and has != has_now:
                found.by_hand.append(f"{what}: {has}")

    def _setting(self, what: str, table: Any) -> str:
        name, arn = table["TableName"], table["TableArn"]
        match what:
            case "time to live":
                described: Any = self._dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
                on = described["TimeToLiveStatus"] in ("ENABLED", "ENABLING")
                return f"by {described['AttributeName']}" if on else ""
            case "point-in-time recovery":
                backups: Any = self._dynamodb.describe_continuous_backups(TableName=name)
                recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
                return "on" if recovery.get("PointInTimeRecoveryStatus") == "ENABLED" else ""
            case "deletion protection":
                return "on" if table.get("DeletionProtectionEnabled") else ""
            case "stream":
                return str(table.get("StreamSpecification", {}).get("StreamViewType", ""))
            case "tags":
                tags = self._dynamodb.list_tags_of_resource(ResourceArn=arn).get("Tags", [])
                return ", ".join(sorted(f"{tag['Key']}={tag['Value']}" for tag in tags))
            case _:
                return ", ".join(sorted(self._alarms_on(name)))

    def _alarms_on(self, table: str) -> Iterator[str]:
        for page in self._cloudwatch.get_paginator("describe_alarms").paginate():
            for alarm in page.get("MetricAlarms", []):
                sets = [alarm, *(query.get("MetricStat", {}).get("Metric", {}) for query in alarm.get("Metrics", []))]
                if any(_names(one, table) for one in sets):
                    yield alarm["AlarmName"]


def _names(metric: Any, table: str) -> bool:
    return {"Name": "TableName", "Value": table} in metric.get("Dimensions", [])


def _shown(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else "?"
