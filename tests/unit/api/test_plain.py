"""What is known of AWS's addresses without its SDK, asked of the SDK."""

from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config

from api import plain

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc")
SDK = botocore.session.get_session()
REGIONS = [
    (partition, region) for partition in PARTITIONS for region in SDK.get_available_regions("dynamodb", partition)
]
NOWHERE = {"HOME": "/nonexistent"}


def test_the_sdk_knows_regions_to_compare_with() -> None:
    assert len([region for partition, region in REGIONS if partition == "aws"]) > 25
    assert len({partition for partition, _ in REGIONS}) > 3


@pytest.mark.parametrize(("partition", "region"), REGIONS)
def test_a_regions_address_is_the_sdks_or_left_to_it(
    partition: str, region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    found = plain.endpoint(NOWHERE | {"AWS_DEFAULT_REGION": region}, "dynamodb")
    if partition == "aws":
        assert SDK.get_partition_for_region(region) == "aws"
        assert found == f"https://dynamodb.{region}.amazonaws.com"
    else:
        assert found is None


def test_the_address_is_the_one_that_a_client_of_the_sdk_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    made = SDK.create_client(
        "dynamodb", "eu-central-1", config=Config(), aws_access_key_id="a", aws_secret_access_key="b"
    )
    assert plain.endpoint(NOWHERE | {"AWS_DEFAULT_REGION": "eu-central-1"}, "dynamodb") == made.meta.endpoint_url


@pytest.mark.parametrize(
    "more",
    [
        {"AWS_PROFILE": "dev"},
        {"AWS_CONFIG_FILE": "/elsewhere"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_DEFAULTS_MODE": "standard"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "legacy"},
        {"HTTPS_PROXY": "http://proxy"},
        {"https_proxy": "http://proxy"},
        {"HTTP_PROXY": "http://proxy"},
        {"http_proxy": "http://proxy"},
        {"AWS_DEFAULT_REGION": ""},
        {"AWS_DEFAULT_REGION": "x.example/"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_whatever_else_is_configured_is_left_to_the_sdk(more: dict[str, str]) -> None:
    environment = NOWHERE | {"AWS_DEFAULT_REGION": "eu-central-1"} | more
    assert plain.region(environment) is None
    assert plain.endpoint(environment, "dynamodb") is None


def test_a_configuration_file_is_left_to_the_sdk(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "AWS_DEFAULT_REGION": "eu-central-1"}
    assert plain.region(environment) == "eu-central-1"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").touch()
    assert plain.region(environment) is None


def test_a_services_own_endpoint_comes_before_the_one_of_all() -> None:
    environment = NOWHERE | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert plain.endpoint(environment, "dynamodb") == "http://127.0.0.1:4566"
    assert plain.endpoint(environment | {"AWS_ENDPOINT_URL_DYNAMODB": "http://d:1"}, "dynamodb") == "http://d:1"


def test_an_endpoint_that_is_spelt_unusually_is_left_to_the_sdk() -> None:
    environment = NOWHERE | {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://user@127.0.0.1/below?x"}
    assert plain.endpoint(environment, "dynamodb") is None


def test_a_home_that_nobody_can_look_into_configures_nothing() -> None:
    environment = {"HOME": f"/{'x' * 300}", "AWS_DEFAULT_REGION": "eu-central-1"}
    assert plain.region(environment) == "eu-central-1"
