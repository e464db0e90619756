"""Who signs S3 requests in advance: Sigv4, or botocore's S3 client where something out of the ordinary is configured.

That client takes 100 ms and 5 MB to make, at the first picture that anybody looks at, and 200 µs a URL; Sigv4 takes
15 µs, and an article with two pictures needs four.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore.exceptions import NoCredentialsError, UnknownRegionError

from api.plain import ENDPOINT
from api.sigv4 import Address, Credentials, Sigv4, UploadPolicy, present

if TYPE_CHECKING:
    from botocore.session import Session
    from types_boto3_s3 import S3Client

_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
"""Of the hosts of a partition that we sign for ourselves."""

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")

_CONFIGURED = ("use_dualstack_endpoint", "use_fips_endpoint", "ignore_configured_endpoint_urls", "s3")
_IN_PROFILE = ("endpoint_url", "services")
"""Settings of botocore that change an address. None is set in a Lambda function, unless somebody means it."""


class Presigner(Protocol):
    def url(self, bucket: str, key: str, content_type: str, disposition: str, seconds: int) -> str:
        """As Sigv4.url."""

    def post(
        self, bucket: str, key: str, fields: Mapping[str, str], conditions: Sequence[Any], seconds: int
    ) -> UploadPolicy:
        """As Sigv4.post."""


class ClientPresigner:
    """By botocore's client, which is made when it is needed."""

    def __init__(self, make_client: Callable[[], "S3Client"]) -> None:
        self._make_client = make_client

    @cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    def url(self, bucket: str, key: str, content_type: str, disposition: str, seconds: int) -> str:
        asked = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        return self._client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key, **asked}, ExpiresIn=seconds
        )

    def post(
        self, bucket: str, key: str, fields: Mapping[str, str], conditions: Sequence[Any], seconds: int
    ) -> UploadPolicy:
        made = self._client.generate_presigned_post(bucket, key, dict(fields), list(conditions), seconds)
        return UploadPolicy(made["url"], made["fields"])


def presigner(
    session: "Session",
    make_client: Callable[[], "S3Client"],
    now: Callable[[], datetime] = present,
) -> Presigner:
    """The one for the region, the endpoint and the credentials that the session knows."""
    region = str(session.get_config_variable("region"))
    address = _addresses(session, region)
    if address is None:
        return ClientPresigner(make_client)
    return Sigv4(region, address, partial(_credentials, session), now)


def _credentials(session: "Session") -> Credentials:
    found = session.get_credentials()
    if found is None:
        raise NoCredentialsError
    return cast("Credentials", found.get_frozen_credentials())


def _addresses(session: "Session", region: str) -> Callable[[str], Address] | None:
    """What knows the buckets' addresses; None where only botocore knows them."""
    profile = session.get_scoped_config()
    configured = any(session.get_config_variable(name) for name in _CONFIGURED) or any(map(profile.get, _IN_PROFILE))
    if configured or session.get_config_variable("defaults_mode") != "legacy" or not _REGION.fullmatch(region):
        return None
    if endpoint := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        return partial(Address.below, endpoint) if ENDPOINT.fullmatch(endpoint) else None
    try:
        suffix = _SUFFIXES.get(session.get_partition_for_region(region))
    except UnknownRegionError:
        return None
    return partial(Address.of_aws, f"s3.{region}.{suffix}") if suffix else None
