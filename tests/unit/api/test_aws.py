"""Which client the API has for what, by what the environment configures."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from api.aws import Aws
from api.dynamodb import DynamoDB
from api.presigning import ClientPresigner
from api.session import Session
from api.sigv4 import Sigv4

PLAIN = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "HOME": "/nonexistent",
}
ASKED = ("media-bucket", "a.jpg", "image/jpeg", "inline", 900)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK reads the process's."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_USE_FIPS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)


def test_where_a_region_is_all_there_is_the_sdk_is_not_asked() -> None:
    aws = Aws(PLAIN)
    assert isinstance(aws.dynamodb(), DynamoDB)
    assert isinstance(aws.presigner(), Sigv4)
    assert aws.region == "eu-central-1"
    assert (aws.credentials().access_key, aws.credentials().token) == ("AKID", "token")
    assert "session" not in aws.__dict__


def test_where_more_is_configured_the_clients_are_the_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    aws = Aws(PLAIN | {"AWS_USE_FIPS_ENDPOINT": "true"})
    client: Any = aws.dynamodb()
    assert client.meta.endpoint_url == "https://dynamodb-fips.eu-central-1.amazonaws.com"
    assert "s3-fips" in aws.presigner().url(*ASKED)
    assert aws.region == "eu-central-1"


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566", "https://s3.example.com/"])
def test_a_url_is_signed_for_the_address_that_the_sdk_finds(
    region: str, endpoint: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    more = {"AWS_ENDPOINT_URL_S3": endpoint} if endpoint else {}
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    ours = Aws(PLAIN | {"AWS_DEFAULT_REGION": region} | more).presigner().url(*ASKED)
    # What keeps it from naming no region, which redirects (api.sigv4.Address).
    regional = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
    client = Session().create_client("s3", config=Config(s3=None if endpoint else regional))
    asked = ClientPresigner(lambda: client).url(*ASKED)
    assert ours.partition("?")[0] == asked.partition("?")[0]


def test_credentials_that_are_not_in_the_environment_are_the_sdks_to_find(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "found")
    aws = Aws({"AWS_DEFAULT_REGION": "eu-central-1", "HOME": "/nonexistent"})
    assert aws.credentials().access_key == "found"


def test_what_it_forgets_it_finds_anew() -> None:
    environment = dict(PLAIN)
    aws = Aws(environment)
    assert aws.credentials().access_key == "AKID"
    environment["AWS_ACCESS_KEY_ID"] = "restored"
    aws.forget()
    assert aws.credentials().access_key == "restored"


def test_offline_no_request_leaves_and_nobody_signs() -> None:
    aws = Aws(PLAIN | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    client = aws.dynamodb()
    asked = []

    def answer(target: str, body: bytes) -> bytes:
        asked.append((target, json.loads(body)))
        return b'{"Items": []}'

    before = client.wire
    with aws.offline(answer):
        assert client.query(TableName="t") == {"Items": []}
        assert aws.credentials().access_key == "nobody"
    assert asked == [("DynamoDB_20120810.Query", {"TableName": "t"})]
    assert client.wire is before
    assert aws.credentials().access_key == "AKID"


def test_a_cold_start_imports_no_client_of_the_sdk() -> None:
    code = "import sys, api.wiring; print(*sorted(sys.modules))"
    services = Path(__file__).parents[3] / "services"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=services, capture_output=True, text=True, check=True, env=PLAIN
    )
    imported = ran.stdout.split()
    assert "api.dynamodb" in imported
    for module in ("botocore.session", "botocore.client", "botocore.httpsession", "boto3", "urllib3", "cryptography"):
        assert module not in imported
