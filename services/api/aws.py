"""AWS as the API reaches it, by as little of the SDK as this environment needs.

A table needs no more than api.dynamodb, a URL no more than a key. Queues and secrets are for few requests: their
clients are the SDK's, and so is everything where more than a region is configured (api.plain). The SDK is imported when
it is first needed: that takes as long as all the rest of a cold start.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from api import plain
from api.connections import Answer as HttpAnswer
from api.connections import Connections
from api.dynamodb import DynamoDB
from api.presigning import presigner
from api.sigv4 import Address, Credentials, Sigv4

if TYPE_CHECKING:
    from api.outside import Answer
    from api.presigning import Presigner
    from api.session import Session

# API Gateway gives up after 29 seconds. A feed asks its shards in two rounds: with the pauses between the tries that is
# 2 × (3 × 3 + 3) seconds at worst, where connections are taken and never answered.
_CONNECT_SECONDS = 1
_READ_SECONDS = 3
_ATTEMPTS = 3


class _Fixed(NamedTuple):
    access_key: str
    secret_key: str
    token: str | None


class Aws:
    """The clients of one function. An api.outside.Client."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._fixed: Credentials | None = None
        self._dynamodb: list[DynamoDB] = []

    @cached_property
    def session(self) -> "Session":
        """The SDK's."""
        from api.session import Session

        return Session()

    @cached_property
    def region(self) -> str | None:
        return plain.region(self._environment) or self.session.get_config_variable("region")

    def credentials(self) -> Credentials:
        """What is good now. Lambda's own stand in the environment; SnapStart's, which rotate, the SDK finds."""
        if self._fixed is None:
            key, secret = (self._environment.get(f"AWS_{name}") for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
            if not key or not secret:
                found: Credentials = self.session.get_credentials().get_frozen_credentials()
                return found
            self._fixed = _Fixed(key, secret, self._environment.get("AWS_SESSION_TOKEN") or None)
        return self._fixed

    def dynamodb(self) -> Any:
        url = plain.endpoint(self._environment, "dynamodb")
        if url is None or not self.region:
            return self.client("dynamodb")
        made = DynamoDB(
            url, self.region, self.credentials, Connections(url, _CONNECT_SECONDS, _READ_SECONDS), attempts=_ATTEMPTS
        )
        self._dynamodb.append(made)
        return made

    def presigner(self) -> "Presigner":
        """Signs requests of S3 in advance."""
        region, url = plain.region(self._environment), plain.endpoint(self._environment, "s3")
        if region is None or url is None:
            # Signature version 4: what a bucket of any region and age accepts.
            return presigner(self.session, lambda: self.client("s3", signature_version="s3v4"))
        own = f"s3.{region}.amazonaws.com"
        address = partial(Address.of_aws, own) if url == f"https://{own}" else partial(Address.below, url)
        return Sigv4(region, address, self.credentials)

    def client(self, service: str, **more: Any) -> Any:
        """The SDK's client; `more` is of botocore's Config."""
        from botocore.config import Config

        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            max_pool_connections=16,
            **more,
        )
        return self.session.create_client(service, config=config)

    def forget(self) -> None:
        self._fixed = None
        for made in self._dynamodb:
            made.close()
        if "session" in self.__dict__:
            self.session.forget()

    @contextmanager
    def offline(self, answer: "Answer") -> Iterator[None]:
        with self.session.offline(answer):
            wires = [made.wire for made in self._dynamodb]
            self._fixed = _Fixed("nobody", "nothing", None)
            for made in self._dynamodb:
                made.wire = _Answering(answer)
            try:
                yield
            finally:
                for made, wire in zip(self._dynamodb, wires, strict=True):
                    made.wire = wire
                self._fixed = None


class _Answering:
    def __init__(self, answer: "Answer") -> None:
        self._answer = answer

    def post(self, headers: dict[str, str], body: bytes) -> HttpAnswer:
        return HttpAnswer(200, {}, self._answer(headers["X-Amz-Target"], body))

    def close(self) -> None:
        pass
