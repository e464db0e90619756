"""Counts what goes out to AWS, and what DynamoDB would bill for it, whichever emulator answers.

Each request to DynamoDB is looked at before it leaves and after it was answered. From the items that it touches, read
by a client of the meter's own, follow its units, by the rules of bench.capacity_units. What the emulator itself reports
as consumed is kept beside them, so that the two can be compared.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from bench.capacity_units import Attributes, Index, item_size, read_units, units_by_key, write_units
from bench.listening import listening

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_READS = {"GetItem", "Query", "Scan"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
_BILLED = {*_READS, *_WRITES, "TransactWriteItems"}
_UNKNOWN = {
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
}


@dataclass
class Consumption:
    """Calls by service and operation ("dynamodb.Query"); read and write units; what the emulator says of them."""

    calls: Counter[str] = field(default_factory=Counter)
    read: float = 0.0
    write: float = 0.0
    reported: float = 0.0
    by_key: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Write units by (index or "", partition key)."""


@dataclass(frozen=True)
class _Schema:
    keys: tuple[str, ...]
    indexes: tuple[Index, ...]


@dataclass(frozen=True)
class _Touched:
    """One item of a write, as it stands before it."""

    table: str
    key: Attributes
    before: Attributes | None
    check: bool


class Meter:
    def __init__(self, own: "DynamoDBClient") -> None:
        """`own`: a client that was made outside of `installed`, so that it isn't metered itself."""
        self._own = own
        self._schemas: dict[str, _Schema] = {}
        self._lock = Lock()
        self.consumption = Consumption()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Every client and resource that is made inside is metered, for good."""
        with listening(("before-call", self._before), ("after-call", self._after)):
            yield

    def taken(self) -> Consumption:
        """What was consumed since the last call of this."""
        with self._lock:
            taken, self.consumption = self.consumption, Consumption()
        return taken

    def _before(self, model: Any, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        with self._lock:
            self.consumption.calls[f"{service}.{model.name}"] += 1
        if service == "dynamodb" and model.name in _UNKNOWN:
            raise NotImplementedError(f"no rule for {model.name}")
        if service != "dynamodb" or model.name not in _BILLED:
            return
        body = json.loads(params["body"])
        context["metered"] = (body, list(self._touched(model.name, body)))
        params["body"] = json.dumps(body | {"ReturnConsumedCapacity": "TOTAL"}).encode()

    def _after(self, model: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if "metered" not in context:
            return
        body, touched = context.pop("metered")
        read, write = 0.0, 0.0
        by_key: Any = Counter()
        if model.name in _READS:
            read = self._read(model.name, body)
        else:
            for item in touched:
                for index, partition, units in self._written(item, transaction=model.name == "TransactWriteItems"):
                    write += units
                    by_key[index, partition] += units
        reported = parsed.get("ConsumedCapacity", [])
        entries = reported if isinstance(reported, list) else [reported]
        with self._lock:
            self.consumption.read += read
            self.consumption.write += write
            self.consumption.by_key += by_key
            self.consumption.reported += sum(entry.get("CapacityUnits", 0.0) for entry in entries)

    def _read(self, operation: str, body: Mapping[str, Any]) -> float:
        consistent = body.get("ConsistentRead", False)
        if operation == "GetItem":
            item = self._item(body["TableName"], body["Key"])
            return read_units([item_size(item)] if item else [], consistent=consistent)
        return read_units(map(item_size, self._evaluated(operation, body)), consistent=consistent)

    def _evaluated(self, operation: str, body: Mapping[str, Any]) -> list[Attributes]:
        """The items, or index entries, that a Query or Scan looks at, those that its filter drops among them."""
        request: dict[str, Any] = dict(body)
        for name in ("FilterExpression", "ProjectionExpression", "ReturnConsumedCapacity", "Select"):
            request.pop(name, None)
        used = request.get("KeyConditionExpression", "")
        for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            request[name] = {key: value for key, value in request.get(name, {}).items() if _is_used(key, used)}
            if not request[name]:
                del request[name]
        answer = self._own.query(**request) if operation == "Query" else self._own.scan(**request)
        items: list[Any] = answer["Items"]
        schema = self._schema(body["TableName"])
        for index in schema.indexes:
            if index.name == body.get("IndexName"):
                return [entry for item in items if (entry := index.entry(item, schema.keys))]
        return items

    def _touched(self, operation: str, body: Mapping[str, Any]) -> Iterator[_Touched]:
        if operation in _WRITES:
            parts = [(operation.removesuffix("Item"), body)]
        else:
            parts = [next(iter(part.items())) for part in body.get("TransactItems", [])]
        for kind, part in parts:
            table = part["TableName"]
            schema = self._schema(table)
            key = part["Key"] if "Key" in part else {name: part["Item"][name] for name in schema.keys}
            yield _Touched(table, key, self._item(table, key), check=kind == "ConditionCheck")

    def _written(self, item: _Touched, *, transaction: bool) -> Iterator[tuple[str, str, float]]:
        after = item.before if item.check else self._item(item.table, item.key)
        if item.before is None and after is None:  # a condition that found nothing, or nothing to delete
            yield "", next(iter(item.key.values()))["S"], write_units(None, None, transaction=transaction)
            return
        schema = self._schema(item.table)
        yield from units_by_key(schema.keys, schema.indexes, item.before, after, transaction=transaction)

    def _item(self, table: str, key: Any) -> Attributes | None:
        answer: Any = self._own.get_item(TableName=table, Key=key, ConsistentRead=True)
        item: Attributes | None = answer.get("Item")
        return item

    def _schema(self, table: str) -> _Schema:
        if table not in self._schemas:
            described: Any = self._own.describe_table(TableName=table)["Table"]
            indexes = tuple(_index(index) for index in described.get("GlobalSecondaryIndexes", []))
            self._schemas[table] = _Schema(_key_names(described), indexes)
        return self._schemas[table]


def _index(described: Any) -> Index:
    projection = described["Projection"]
    everything = projection["ProjectionType"] == "ALL"
    projected = None if everything else frozenset(projection.get("NonKeyAttributes", []))
    return Index(described["IndexName"], _key_names(described), projected)


def _key_names(described: Any) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in described["KeySchema"])


def _is_used(name: str, expression: str) -> bool:
    return name in expression.replace(",", " ").replace("(", " ").replace(")", " ").split()
