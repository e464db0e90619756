"""The table, as the repositories use it: items in, items out, DynamoDB's errors told apart.

Values are plain Python (str, int, float, bool, None, list, dict); DynamoDB's typed JSON stays inside this file.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError
from msgspec import Struct, field

from articles.dynamo_json import from_attributes, to_attributes
from articles.errors import ConditionFailedError, ContentionError
from articles.keys import INDEX_KEYS, PK, SK

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
T = TypeVar("T")

_CONTENTION_TRIES = 6
_CONTENTION_PAUSE = 0.05
"""Seconds; the n-th pause is random, up to this times 2**n: a transaction takes some 10 ms."""

_PARALLEL_QUERIES = 8

_EVENLY_SPREAD = 4
"""So many partitions are shards, among which the last character of an id decides."""

_FILTERED_READ = 500
"""Items that one call reads, at least, where a filter may drop most of them."""


class Condition(Struct, frozen=True):
    """An expression of DynamoDB's with the names (`#n`) and values (`:v`) it uses."""

    expression: str
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


class Put(Struct, frozen=True):
    item: Item
    condition: Condition | None = None
    tell: bool = False
    """Whether a failed condition tells what stands there instead."""


class Update(Struct, frozen=True):
    """Sets, adds to and removes attributes. A value of None is stored as NULL; list it in `remove` to take it away."""

    key: Mapping[str, str]
    set: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    condition: Condition | None = None
    tell: bool = False


class Delete(Struct, frozen=True):
    key: Mapping[str, str]
    condition: Condition | None = None


class Check(Struct, frozen=True):
    key: Mapping[str, str]
    condition: Condition


Write = Put | Update | Delete | Check


class Table:
    """One DynamoDB table. The client is a parameter; it may be shared between threads.

    Every method lets botocore's errors through, but for failed conditions and contention, which have their own.
    """

    def __init__(self, client: "DynamoDBClient", name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self.name = name
        self._sleep = sleep

    def get(self, key: Mapping[str, str], only: Sequence[str] = ()) -> Item | None:
        """One item as it stands now (consistent), or None; `only` names the attributes to read."""
        arguments: dict[str, Any] = {}
        if only:
            arguments["ProjectionExpression"] = ", ".join(f"#p{n}" for n in range(len(only)))
            arguments["ExpressionAttributeNames"] = {f"#p{n}": name for n, name in enumerate(only)}
        answer = self._client.get_item(TableName=self.name, Key=to_attributes(key), ConsistentRead=True, **arguments)
        return from_attributes(answer["Item"]) if "Item" in answer else None

    def query(
        self,
        partition: str,
        *,
        index: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        where: Condition | None = None,
        consistent: bool = True,
    ) -> list[Item]:
        """The items of one partition in the order of their sort key, up to `limit`.

        `before` and `after` bound the sort key (both exclusive). `where` filters what is read: DynamoDB then answers
        short pages, and this goes on reading until the limit is met or the partition ends. The read is consistent
        unless told otherwise, which costs half; an index's never is.
        """
        found = self._query(
            partition,
            index=index,
            before=before,
            after=after,
            limit=limit,
            newest_first=newest_first,
            where=where,
            consistent=consistent,
        )
        return [from_attributes(attributes) for attributes in found]

    def query_all(self, partitions: Sequence[str], **arguments: Any) -> list[list[Item]]:
        """`query` on each of several partitions, some at a time; the answers come in the partitions' order."""
        return self._each(lambda partition: self.query(partition, **arguments), partitions)

    def newest(
        self,
        partitions: Sequence[str],
        *,
        index: str | None = None,
        before: str | None = None,
        limit: int,
        where: Condition | None = None,
    ) -> list[Item]:
        """The newest items of several partitions together, up to `limit`: those that come last by their sort key, which
        must be text, and before `before`. Not consistent.

        One Query a partition. Where their number shows that ids spread evenly over them, each is asked for no more than
        its share with much to spare, and the few that have more of what belongs here are asked a second time.
        """
        range_key = INDEX_KEYS[index][1] if index else SK
        share = limit if where or len(partitions) < _EVENLY_SPREAD else min(limit, _ample(limit / len(partitions)))

        def ask(partition: str, before: str | None, limit: int) -> list[Any]:
            return self._query(
                partition,
                index=index,
                before=before,
                limit=limit,
                newest_first=True,
                where=where,
                consistent=False,
            )

        def sorted_out(found: Iterable[list[Any]]) -> list[Any]:
            every = [attributes for part in found for attributes in part]
            return sorted(every, key=lambda attributes: attributes[range_key]["S"], reverse=True)[:limit]

        answers = self._each(lambda partition: ask(partition, before, share), partitions)
        newest = sorted_out(answers)
        if share < limit:
            oldest = newest[-1][range_key]["S"] if len(newest) == limit else ""
            last = {
                partition: answer[-1][range_key]["S"]
                for partition, answer in zip(partitions, answers, strict=True)
                if len(answer) == share and answer[-1][range_key]["S"] >= oldest
            }
            more = self._each(lambda partition: ask(partition, last[partition], limit - share), list(last))
            newest = sorted_out([newest, *more])
        return [from_attributes(attributes) for attributes in newest]

    def _each(self, ask: Callable[[str], T], partitions: Sequence[str]) -> list[T]:
        if len(partitions) < 2:
            return [ask(partition) for partition in partitions]
        with ThreadPoolExecutor(max_workers=_PARALLEL_QUERIES) as pool:
            return list(pool.map(ask, partitions))

    def _query(
        self,
        partition: str,
        *,
        index: str | None = None,
        before: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        where: Condition | None = None,
        consistent: bool = True,
    ) -> list[Any]:
        """As `query`, in DynamoDB's typed JSON."""
        hash_key, range_key = INDEX_KEYS[index] if index else (PK, SK)
        names = {"#hash": hash_key}
        values: dict[str, Any] = {":hash": partition}
        expression = "#hash = :hash"
        bound = before if before is not None else after
        if bound is not None:
            names["#range"] = range_key
            values[":bound"] = bound
            expression += f" AND #range {'<' if before is not None else '>'} :bound"
        arguments: dict[str, Any] = {"IndexName": index} if index else {"ConsistentRead": consistent}
        if where:
            names.update(where.names)
            values.update(where.values)
            arguments["FilterExpression"] = where.expression
        items: list[Any] = []
        while True:
            if limit is not None:
                arguments["Limit"] = max(limit, _FILTERED_READ) if where else limit - len(items)
            answer = self._client.query(
                TableName=self.name,
                KeyConditionExpression=expression,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_attributes(values),
                ScanIndexForward=not newest_first,
                **arguments,
            )
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer or (limit is not None and len(items) >= limit):
                return items[:limit]
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def update(self, write: Update) -> Item:
        """One update; gives the whole item as it is afterwards.

        Raises ConditionFailedError (position 0), ContentionError.
        """
        try:
            answer = self._until_quiet(lambda _: self._client.update_item(**self._part(write), ReturnValues="ALL_NEW"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found: Any = error.response.get("Item")
            raise ConditionFailedError(frozenset({0}), {0: from_attributes(found)} if found else {}) from error
        return from_attributes(answer["Attributes"])

    def delete(self, write: Delete) -> None:
        """One delete. Raises ConditionFailedError (position 0), ContentionError."""
        try:
            self._until_quiet(lambda _: self._client.delete_item(**self._part(write)))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ConditionFailedError(frozenset({0}), {}) from error

    def transact(self, writes: Sequence[Write]) -> None:
        """All of the writes (100 at most) or none. Raises ConditionFailedError, ContentionError."""
        parts: list[Any] = [
            {type(write).__name__.replace("Check", "ConditionCheck"): self._part(write)} for write in writes
        ]
        try:
            self._until_quiet(
                lambda token: self._client.transact_write_items(TransactItems=parts, ClientRequestToken=token)
            )
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons", [])
            failed = frozenset(n for n, r in enumerate(reasons) if r.get("Code") == "ConditionalCheckFailed")
            if not failed:
                raise
            found = {n: from_attributes(reasons[n]["Item"]) for n in failed if reasons[n].get("Item")}
            raise ConditionFailedError(failed, found) from error

    def _until_quiet(self, call: Callable[[str], T]) -> T:
        """The call's answer, once no other transaction holds its items. Raises ContentionError.

        The call is given the token of its transaction. The client keeps it through its own retries, so a transaction
        whose answer was lost is not done twice and does not trip over its own conditions. While DynamoDB says that it
        is still at that one, the same token asks how it ended; one that was cancelled is tried again under a new one.
        """
        token = str(uuid4())
        for attempt in range(_CONTENTION_TRIES):
            try:
                return call(token)
            except ClientError as error:
                if not _is_contention(error):
                    raise
                if error.response["Error"]["Code"] != "TransactionInProgressException":
                    token = str(uuid4())
            self._sleep(random.uniform(0, _CONTENTION_PAUSE * 2**attempt))  # noqa: S311 (jitter is no secret)
        raise ContentionError("Too many changes of the same thing at the same time: try again in a moment.")

    def _part(self, write: Write) -> Any:
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        part: dict[str, Any] = {"TableName": self.name}
        match write:
            case Put():
                part["Item"] = to_attributes(write.item)
            case Update():
                part["Key"] = to_attributes(write.key)
                part["UpdateExpression"] = _update_expression(write, names, values)
            case Delete() | Check():
                part["Key"] = to_attributes(write.key)
        if write.condition:
            part["ConditionExpression"] = write.condition.expression
            names.update(write.condition.names)
            values.update(write.condition.values)
        if names:
            part["ExpressionAttributeNames"] = names
        if values:
            part["ExpressionAttributeValues"] = to_attributes(values)
        if isinstance(write, Put | Update) and write.tell:
            part["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return part


def _ample(mean: float) -> int:
    """What a shard hardly ever exceeds that holds so many of a page on average: 8 for 21 items of 16 shards, which one
    page in 3,000 does."""
    return ceil(mean + 4 * sqrt(mean) + 2)


def _is_contention(error: ClientError) -> bool:
    """Whether nothing but another transaction on the same items, or a busy partition, stood in the way."""
    code = error.response["Error"]["Code"]
    if code != "TransactionCanceledException":
        return code in ("TransactionInProgressException", "TransactionConflictException")
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {reason.get("Code", "None") for reason in reasons} - {"None"}
    return bool(codes) and codes <= {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def _update_expression(write: Update, names: dict[str, str], values: dict[str, Any]) -> str:
    clauses = []
    if write.set:
        clauses.append("SET " + ", ".join(f"#s{n} = :s{n}" for n in range(len(write.set))))
        names.update({f"#s{n}": name for n, name in enumerate(write.set)})
        values.update({f":s{n}": value for n, value in enumerate(write.set.values())})
    if write.add:
        clauses.append("ADD " + ", ".join(f"#a{n} :a{n}" for n in range(len(write.add))))
        names.update({f"#a{n}": name for n, name in enumerate(write.add)})
        values.update({f":a{n}": value for n, value in enumerate(write.add.values())})
    if write.remove:
        clauses.append("REMOVE " + ", ".join(f"#r{n}" for n in range(len(write.remove))))
        names.update({f"#r{n}": name for n, name in enumerate(write.remove)})
    return " ".join(clauses)
