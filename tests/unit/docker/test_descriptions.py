"""botocore's descriptions as docker/descriptions.py leaves them in each image: clients are what they were."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.session import Session

from local.layout import CHECKOUT

WHOLE = Path(botocore.__file__).parent / "data"
SERVICES: dict[str, list[str]] = {
    image: re.findall(r'ARG AWS_SERVICES="(.*)"', (CHECKOUT / "docker" / f"{image}.Dockerfile").read_text())[0].split()
    for image in ("api", "image_worker")
}
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "t", "Key": {"PK": {"S": "a"}}}),
    "rekognition": ("detect_labels", {"Image": {"Bytes": b"picture"}}),
    "secretsmanager": ("get_secret_value", {"SecretId": "s"}),
    "s3": ("put_object", {"Bucket": "b", "Key": "k", "Body": b"picture"}),
    "sns": ("publish", {"TopicArn": "arn:aws:sns:eu-central-1:1:t", "Message": "m"}),
    "sts": ("get_caller_identity", {}),
    "sqs": ("delete_message", {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/1/q", "ReceiptHandle": "r"}),
}


@pytest.fixture(scope="module")
def shortened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each image's."""
    return {image: shorten(tmp_path_factory.mktemp(image), services) for image, services in SERVICES.items()}


def shorten(root: Path, services: list[str]) -> Path:
    data = root / "botocore" / "data"
    for service in services:
        shutil.copytree(WHOLE / service, data / service)
    for file in WHOLE.glob("*.json"):
        shutil.copy(file, data)
    subprocess.run([sys.executable, CHECKOUT / "docker" / "descriptions.py", root, *services], check=True)
    return data


def client(service: str, region: str, data: Path | None = None) -> Any:
    session = Session()
    if data:
        session.set_config_variable("data_path", str(data))
    return session.create_client(
        service, region, aws_access_key_id="key", aws_secret_access_key="secret", aws_session_token="token"
    )


class SentError(Exception):
    """Instead of an answer."""


def request_of(made: Any, operation: str, arguments: dict[str, Any]) -> tuple[str, bytes, set[str]]:
    """Where it goes, what it carries, and which headers it has."""
    sent = []

    def answer(request: Any, **_: Any) -> None:
        sent.append(request)
        raise SentError

    made.meta.events.register("before-send", answer)
    with pytest.raises(SentError):
        getattr(made, operation)(**arguments)
    body = sent[0].body
    return sent[0].url, body if isinstance(body, bytes) else b"a file", set(sent[0].headers)


def test_every_service_is_tried() -> None:
    assert set(CALLS) == {service for services in SERVICES.values() for service in services}


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize(
    ("image", "service"), [(image, service) for image, services in SERVICES.items() for service in services]
)
def test_a_client_sends_the_same_request_to_the_same_place(
    image: str, service: str, region: str, shortened: dict[str, Path]
) -> None:
    usual, ours = client(service, region), client(service, region, shortened[image])
    assert ours.meta.endpoint_url == usual.meta.endpoint_url
    assert ours.meta.service_model.operation_names == usual.meta.service_model.operation_names
    assert request_of(ours, *CALLS[service]) == request_of(usual, *CALLS[service])


@pytest.mark.parametrize("image", SERVICES)
def test_nothing_to_read_is_left(image: str, shortened: dict[str, Path]) -> None:
    def size(data: Path, service: str) -> int:
        return sum(file.stat().st_size for file in (data / service).rglob("*") if file.is_file())

    assert not list(shortened[image].rglob("examples-*"))
    assert (shortened[image] / "endpoints.json").stat().st_size < 100_000
    for service in SERVICES[image]:
        assert size(shortened[image], service) < size(WHOLE, service) * 0.7
