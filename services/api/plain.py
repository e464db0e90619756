"""Whether AWS's SDK is configured as Lambda does it, by a region and nothing else: then what it would find out about an
address is known here, and need not be imported. Wherever more is configured, the SDK itself is used."""

import re
from collections.abc import Mapping
from os.path import isfile

_REGION = re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+")
"""Of the partition `aws`, as the SDK tells it (partitions.json). The others have domains of their own."""

ENDPOINT = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?/?")

_CONFIGURES = (
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_CONFIG_FILE",
    "AWS_DATA_PATH",
    "AWS_DEFAULTS_MODE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "https_proxy",
    "http_proxy",
)
"""Any of these may change where a call goes, or through what."""


def region(environment: Mapping[str, str]) -> str | None:
    """The region, where it and an endpoint are all that is configured."""
    name = environment.get("AWS_DEFAULT_REGION", "")
    if not _REGION.fullmatch(name) or any(environment.get(variable) for variable in _CONFIGURES):
        return None
    if isfile(f"{environment.get('HOME', '')}/.aws/config"):  # noqa: PTH113 (Path's raises where it may not look)
        return None
    return name


def endpoint(environment: Mapping[str, str], service: str) -> str | None:
    """The service's URL in that region; None where `region` is, or for one that is spelt unlike any of AWS's."""
    name = region(environment)
    if name is None:
        return None
    given = environment.get(f"AWS_ENDPOINT_URL_{service.upper()}") or environment.get("AWS_ENDPOINT_URL")
    if given:
        return given if ENDPOINT.fullmatch(given) else None
    return f"https://{service}.{name}.amazonaws.com"
