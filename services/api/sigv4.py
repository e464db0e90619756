"""S3 requests signed in advance with signature version 4: to the byte what botocore's S3 client gives, without one.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import quote

from msgspec import Struct

_ALGORITHM = "AWS4-HMAC-SHA256"


_HOST_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
"""A bucket that may be part of a host. A dot in it would not match S3's certificate."""


class Credentials(Protocol):
    """As botocore freezes them."""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> str | None: ...


class Address(Struct, frozen=True):
    """Where a bucket is reached."""

    origin: str
    """`https://media.s3.eu-west-1.amazonaws.com`."""
    host: str
    """As the header Host says it."""
    path: str = ""
    """`/media` where the host is not the bucket's own."""

    @classmethod
    def of_aws(cls, service: str, bucket: str) -> "Address":
        """Under S3's own host in a region, `s3.eu-west-1.amazonaws.com`. The one that names no region redirects, for
        the first hours of a bucket, which is no use to a form that a browser posts."""
        if _HOST_LABEL.fullmatch(bucket):
            return cls(f"https://{bucket}.{service}", f"{bucket}.{service}")
        return cls(f"https://{service}", service, f"/{bucket}")

    @classmethod
    def below(cls, endpoint: str, bucket: str) -> "Address":
        """Under another's `scheme://host` or `scheme://host:port`, in small letters."""
        scheme, _, host = endpoint.rstrip("/").partition("://")
        default = {"http": ":80", "https": ":443"}[scheme]
        return cls(f"{scheme}://{host}", host.removesuffix(default), f"/{bucket}")


class UploadPolicy(Struct, frozen=True):
    """What a client posts, and where: multipart/form-data with these fields, then the file."""

    url: str
    fields: dict[str, str]


class _Key(Struct, frozen=True):
    """What signs for one day."""

    scope: str
    credential: str
    token: str | None
    quoted_credential: str
    quoted_token: str
    """The parameter of a URL; empty without a token."""
    secret: bytes


def present() -> datetime:
    return datetime.now(UTC)


class Sigv4:
    """Signs for the buckets of one region. `credentials` is asked each time: they rotate. No call leaves here."""

    def __init__(
        self,
        region: str,
        address: Callable[[str], Address],
        credentials: Callable[[], Credentials],
        now: Callable[[], datetime] = present,
    ) -> None:
        """`address` gives a bucket's."""
        self._region = region
        self._address = address
        self._credentials = credentials
        self._now = now

    def url(self, bucket: str, key: str, content_type: str, disposition: str, seconds: int) -> str:
        """A URL that reads the object for `seconds`; whoever has it can change neither type nor disposition."""
        address, stamp = self._address(bucket), _stamp(self._now())
        signing = self._key(stamp)
        path = f"{address.path}/{quote(key, safe='/~')}"
        content_type, disposition = quote(content_type, safe="~"), quote(disposition, safe="~")
        signed = f"X-Amz-Algorithm={_ALGORITHM}&X-Amz-Credential={signing.quoted_credential}"
        signed += f"&X-Amz-Date={stamp}&X-Amz-Expires={seconds}"
        # The same parameters twice: in the alphabet's order they are signed, in botocore's they are sent.
        query = (
            f"{signed}{signing.quoted_token}&X-Amz-SignedHeaders=host"
            f"&response-content-disposition={disposition}&response-content-type={content_type}"
        )
        request = f"GET\n{path}\n{query}\nhost:{address.host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = sha256(request.encode()).hexdigest()
        signature = _hmac(signing.secret, f"{_ALGORITHM}\n{stamp}\n{signing.scope}\n{digest}").hex()
        return (
            f"{address.origin}{path}?response-content-type={content_type}&response-content-disposition={disposition}"
            f"&{signed}&X-Amz-SignedHeaders=host{signing.quoted_token}&X-Amz-Signature={signature}"
        )

    def post(
        self, bucket: str, key: str, fields: Mapping[str, str], conditions: Sequence[Any], seconds: int
    ) -> UploadPolicy:
        """A form that writes the object for `seconds`. `conditions` name the fields given, and may say more; those of
        the bucket, the key and the signature are added here."""
        address, now = self._address(bucket), self._now()
        stamp = _stamp(now)
        signing = self._key(stamp)
        signed = {"x-amz-algorithm": _ALGORITHM, "x-amz-credential": signing.credential, "x-amz-date": stamp}
        if signing.token is not None:
            signed["x-amz-security-token"] = signing.token
        added = [{"bucket": bucket}, {"key": key}, *({name: value} for name, value in signed.items())]
        document = {
            "expiration": (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [*conditions, *added],
        }
        policy = base64.b64encode(json.dumps(document).encode()).decode()
        signature = {"policy": policy, "x-amz-signature": _hmac(signing.secret, policy).hex()}
        return UploadPolicy(f"{address.origin}{address.path or '/'}", {**fields, "key": key, **signed, **signature})

    def _key(self, stamp: str) -> _Key:
        found = self._credentials()
        return _key(found.access_key, found.secret_key, found.token, self._region, stamp[:8])


@lru_cache(maxsize=2)  # DynamoDB's and S3's
def signing_key(secret_key: str, day: str, region: str, service: str) -> bytes:
    """What signs for one day: 20260131."""
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


@lru_cache(maxsize=1)
def _key(access_key: str, secret_key: str, token: str | None, region: str, day: str) -> _Key:
    scope = f"{day}/{region}/s3/aws4_request"
    credential = f"{access_key}/{scope}"
    quoted_token = "" if token is None else f"&X-Amz-Security-Token={quote(token, safe='~')}"
    return _Key(
        scope, credential, token, quote(credential, safe="~"), quoted_token, signing_key(secret_key, day, region, "s3")
    )


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
