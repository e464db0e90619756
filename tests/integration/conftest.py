"""The services on moto, in process: the real clients and the real code, no network."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import boto3
import botocore.handlers
import botocore.session
import pytest
from moto import mock_aws

from articles.table import Table
from tests.dynamodb import Wire, create_table
from tests.gateway import AUDIENCE, Gateway
from tests.handlers import Handler, loaded

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

REGION = "eu-central-1"
TABLE_NAME = "gazette-test-articles"
UPLOADS_BUCKET = "gazette-test-uploads"
MEDIA_BUCKET = "gazette-test-media"
CORS_ALLOW_ORIGIN = "https://web.example"
MAX_UPLOAD_BYTES = 10_000_000
UPLOADS_PER_HOUR = 100
API_ENVIRONMENT = {
    "TABLE_NAME": TABLE_NAME,
    "UPLOADS_BUCKET": UPLOADS_BUCKET,
    "MEDIA_BUCKET": MEDIA_BUCKET,
    "IMAGE_JOBS_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/image-jobs",
    "CURSOR_KEY": "5f" * 32,
    "CORS_ALLOW_ORIGIN": CORS_ALLOW_ORIGIN,
    "MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES),
    "UPLOADS_PER_HOUR": str(UPLOADS_PER_HOUR),
    "TOKEN_AUDIENCE": AUDIENCE,
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account that is empty. No call of boto3 leaves the process while this is in use."""
    set_environment(monkeypatch)
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def session_wire() -> Wire:
    return Wire()


@pytest.fixture(scope="session")
def session_client(session_wire: Wire) -> "Iterator[DynamoDBClient]":
    """One for all tests: a client takes longer to make than most of them take."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_environment(monkeypatch)
        monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", session_wire.builtin_handlers())
        client = botocore.session.get_session().create_client("dynamodb")
    yield cast("DynamoDBClient", client)
    client.close()


@pytest.fixture(scope="session")
def session_sqs() -> "Iterator[SQSClient]":
    client = boto3.client("sqs", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    yield client
    client.close()


@pytest.fixture(scope="session")
def session_handler(session_wire: Wire) -> Handler:
    """The API's, as one execution environment keeps it through many requests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_environment(monkeypatch)
        for name, value in API_ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", session_wire.builtin_handlers())
        monkeypatch.setattr("api.aws.Connections", session_wire.connections)
        with loaded("api.handler") as handle:
            return handle


@pytest.fixture
def wire(session_wire: Wire) -> Wire:
    """What goes between this test's clients and DynamoDB."""
    session_wire.reset()
    return session_wire


@pytest.fixture
def dynamodb(aws: None, session_client: "DynamoDBClient", wire: Wire) -> "DynamoDBClient":  # noqa: ARG001
    create_table(session_client, TABLE_NAME)
    wire.forget()
    return session_client


@pytest.fixture
def table(dynamodb: "DynamoDBClient") -> Table:
    """The table of services/articles/table.json, empty. It does not pause between tries."""
    return Table(dynamodb, TABLE_NAME, sleep=lambda _: None)


@pytest.fixture
def api(
    dynamodb: "DynamoDBClient",  # noqa: ARG001
    session_sqs: "SQSClient",
    session_handler: Handler,
) -> Gateway:
    """The API's Lambda handler behind a gateway, on an empty table and an empty queue."""
    session_sqs.create_queue(QueueName="image-jobs")
    return Gateway(session_handler)


def set_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Lambda sets for every function, and nothing that this machine's owner has set."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_REKOGNITION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
