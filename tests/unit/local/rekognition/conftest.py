"""The stand-in on a port of its own, an SDK client for it."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from local.rekognition.control import RekognitionControl
from local.rekognition.objects import S3Objects
from local.rekognition.server import RekognitionServer
from local.rekognition.service import Service
from tests.unit.local.rekognition.support import PHOTOGRAPH, FakeS3

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient


@pytest.fixture(scope="session")
def s3() -> Iterator[FakeS3]:
    fake = FakeS3()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield fake
    fake.server.shutdown()
    thread.join()
    fake.server.server_close()


@pytest.fixture(scope="session")
def server(s3: FakeS3) -> Iterator[RekognitionServer]:
    server = RekognitionServer(0, Service(S3Objects(s3.url)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def control(server: RekognitionServer) -> RekognitionControl:
    control = RekognitionControl(server.url)
    control.reset()
    return control


@pytest.fixture(scope="session")
def shared_client(server: RekognitionServer) -> "Iterator[RekognitionClient]":
    client = boto3.client(
        "rekognition",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
    )
    yield client
    client.close()


@pytest.fixture
def client(shared_client: "RekognitionClient", control: RekognitionControl) -> "RekognitionClient":  # noqa: ARG001
    """An unmodified SDK client that tries once, against a stand-in that remembers nothing."""
    return shared_client


@pytest.fixture(scope="session")
def photograph() -> bytes:
    return PHOTOGRAPH.read_bytes()
