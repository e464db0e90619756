"""Plain Python values as DynamoDB's typed JSON, and back.

boto3.dynamodb.types does this too, but importing it imports the whole of boto3 (its resources, its docs, s3transfer),
a good third of what the API imports at each cold start; and it speaks Decimal, where the model speaks int and float.
"""

from collections.abc import Mapping
from typing import Any


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item, a key or a set of expression values. Raises TypeError for what no item of ours may hold."""
    return {name: to_attribute(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of to_attributes; tuples come back as lists."""
    return {name: from_attribute(value) for name, value in attributes.items()}


def to_attribute(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bool():  # before int, which it is, too
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [to_attribute(entry) for entry in value]}
        case Mapping():
            return {"M": to_attributes(value)}
    raise TypeError(f"{type(value).__name__} has no place in an item: {value!r}")


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return float(value) if "." in value or "e" in value or "E" in value else int(value)
        case "NULL":
            return None
        case "L":
            return [from_attribute(entry) for entry in value]
        case "M":
            return from_attributes(value)
    raise TypeError(f"no item of ours holds an attribute of type {kind}")
