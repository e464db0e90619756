"""What the integration tests share: AWS in this very process (moto), and the table as Terraform makes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from articles.table import Table

REGION = "eu-central-1"
TABLE_NAME = "articles"

_SCHEMA = Path(__file__).parents[2] / "services/articles/table.json"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No call of boto3 leaves the process while this is in use."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> Table:  # noqa: ARG001
    """A new, empty table of the schema in services/articles/table.json."""
    client = boto3.client("dynamodb")
    client.create_table(**table_definition(json.loads(_SCHEMA.read_text())))
    return Table(client, TABLE_NAME)


def table_definition(schema: dict[str, Any]) -> dict[str, Any]:
    """CreateTable's arguments for the schema that Terraform reads too."""

    def keys(hash_key: str, range_key: str) -> list[dict[str, str]]:
        return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]

    def projection(index: dict[str, Any]) -> dict[str, Any]:
        included = {"NonKeyAttributes": index["non_key_attributes"]} if index["projection"] == "INCLUDE" else {}
        return {"ProjectionType": index["projection"], **included}

    return {
        "TableName": TABLE_NAME,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": type_} for name, type_ in schema["attributes"].items()
        ],
        "KeySchema": keys(schema["hash_key"], schema["range_key"]),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index["name"],
                "KeySchema": keys(index["hash_key"], index["range_key"]),
                "Projection": projection(index),
            }
            for index in schema["indexes"]
        ],
    }
