"""The services on moto, in process: the real clients and the real code, no network."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from articles.table import Table
from tests.dynamodb import Wire, create_table
from tests.gateway import Gateway

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REGION = "eu-central-1"
TABLE_NAME = "gazette-test-articles"
UPLOADS_BUCKET = "gazette-test-uploads"
MEDIA_BUCKET = "gazette-test-media"
CORS_ALLOW_ORIGIN = "https://web.example"
MAX_UPLOAD_BYTES = 10_000_000


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account that is empty. No call of boto3 leaves the process while this is in use."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_REKOGNITION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


@pytest.fixture
def wire() -> Wire:
    """What goes between the clients of this test and DynamoDB."""
    return Wire()


@pytest.fixture(scope="session")
def shared_client() -> "Iterator[DynamoDBClient]":
    """One for all tests: a client takes longer to make than most of them take."""
    client = boto3.client("dynamodb", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    yield client
    client.close()


@pytest.fixture
def dynamodb(aws: None, shared_client: "DynamoDBClient", wire: Wire) -> "Iterator[DynamoDBClient]":  # noqa: ARG001
    wire.attach(shared_client.meta.events)
    create_table(shared_client, TABLE_NAME)
    wire.forget()
    yield shared_client
    wire.detach(shared_client.meta.events)


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> Table:
    """The table of services/articles/table.json, empty. It does not pause between tries."""
    return Table(dynamodb, TABLE_NAME, sleep=lambda _: None)


@pytest.fixture
def api(dynamodb: "DynamoDBClient", wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:  # noqa: ARG001
    """The API's Lambda handler behind a gateway, on a table and a queue of its own."""
    environment = {
        "TABLE_NAME": TABLE_NAME,
        "UPLOADS_BUCKET": UPLOADS_BUCKET,
        "MEDIA_BUCKET": MEDIA_BUCKET,
        "IMAGE_JOBS_QUEUE_URL": boto3.client("sqs").create_queue(QueueName="image-jobs")["QueueUrl"],
        "CURSOR_KEY": "5f" * 32,
        "CORS_ALLOW_ORIGIN": CORS_ALLOW_ORIGIN,
        "MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session_events = boto3.DEFAULT_SESSION.events if boto3.DEFAULT_SESSION else None
    assert session_events is not None  # the fixtures before this one made clients
    wire.attach(session_events)
    with loaded("api.handler") as handle:
        yield Gateway(handle)
    wire.detach(session_events)


@contextmanager
def loaded(module: str) -> Iterator[Callable[[dict[str, Any], Any], dict[str, Any]]]:
    """A module's handler, imported as a new execution environment does; the process's logging is put back after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    sys.modules.pop(module, None)
    try:
        yield importlib.import_module(module).handler
    finally:
        sys.modules.pop(module, None)
        root.handlers[:] = handlers
        root.setLevel(level)
