"""A client of DynamoDB for the calls that articles.table makes, with the SDK's arguments, answers, errors and retries.

The SDK's own reads what describes services, shapes and endpoints before its first call: with nothing else imported that
is two thirds of a usual function's cold start.
DynamoDB's protocol is one POST of JSON, and an item's JSON is the client's own, so there is nothing to describe.
docs/decisions/0009-cold-start.md says what was given up.
"""

import random
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from api.connections import Answer
from api.sigv4 import Credentials, signing_key

_DOCUMENT = msgspec.json.Decoder(dict[str, Any])

_WORTH_A_RETRY = frozenset(
    {
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "Throttling",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Besides 500, 502, 503 and 504."""

_SIGNED = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
_SIGNED_WITHOUT_TOKEN = "content-type;host;x-amz-date;x-amz-target"  # noqa: S105 (no password)


class Wire(Protocol):
    def post(self, headers: dict[str, str], body: bytes) -> Answer:
        """Sends one request. Raises botocore's errors of connections."""

    def close(self) -> None:
        """Lets go of connections."""


class DynamoDB:
    """May be shared between threads."""

    def __init__(
        self,
        url: str,
        region: str,
        credentials: Callable[[], Credentials],
        wire: Wire,
        *,
        attempts: int,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`credentials` is asked before each signature, and gives what is good then. `attempts` counts the first; the
        n-th pause between them is random, up to 2**(n-1) seconds."""
        self._host = urlsplit(url).netloc
        self._region = region
        self._credentials = credentials
        self.wire = wire
        self._attempts = attempts
        self._sleep = sleep
        self._now = now

    def get_item(self, **arguments: Any) -> dict[str, Any]:
        return self._call("GetItem", arguments)

    def query(self, **arguments: Any) -> dict[str, Any]:
        return self._call("Query", arguments)

    def update_item(self, **arguments: Any) -> dict[str, Any]:
        return self._call("UpdateItem", arguments)

    def delete_item(self, **arguments: Any) -> dict[str, Any]:
        return self._call("DeleteItem", arguments)

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:
        return self._call("TransactWriteItems", arguments)

    def close(self) -> None:
        """Lets go of connections; the next call makes its own."""
        self.wire.close()

    def _call(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises ClientError for one that is an error, BotoCoreError where none came."""
        body = msgspec.json.encode(arguments)
        attempt = 1
        while True:
            try:
                return self._once(operation, body)
            except ClientError as error:
                if attempt == self._attempts or not _may_pass(error):
                    raise
            except (NoConnectionError, HTTPClientError):
                if attempt == self._attempts:
                    raise
            self._sleep(random.random() * 2 ** (attempt - 1))  # noqa: S311 (jitter is no secret)
            attempt += 1

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        answer = self.wire.post(self._headers(operation, body), body)
        checksum = answer.headers.get("x-amz-crc32")
        if checksum and checksum != str(zlib.crc32(answer.body)):
            raise HTTPClientError(error="the answer is not what DynamoDB sent: its checksum differs")
        if answer.status != 200:
            raise _refusal(operation, answer)
        try:
            return _DOCUMENT.decode(answer.body)
        except msgspec.DecodeError as error:
            raise HTTPClientError(error="the answer is not DynamoDB's, or not all of it") from error

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        """Signature version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""
        credentials = self._credentials()
        moment = self._now().strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "Host": self._host,
            "X-Amz-Date": moment,
        }
        signed = _SIGNED_WITHOUT_TOKEN
        if credentials.token:
            headers["X-Amz-Security-Token"] = credentials.token
            signed = _SIGNED
        headers["X-Amz-Target"] = f"DynamoDB_20120810.{operation}"
        listed = "".join(f"{name.lower()}:{value}\n" for name, value in headers.items())
        request = f"POST\n/\n\n{listed}\n{signed}\n{sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._region}/dynamodb/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        key = signing_key(credentials.secret_key, moment[:8], self._region, "dynamodb")
        signature = digest(key, text.encode(), "sha256").hex()
        by = f"Credential={credentials.access_key}/{scope}"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 {by}, SignedHeaders={signed}, Signature={signature}"
        return headers


def _refusal(operation: str, answer: Answer) -> ClientError:
    """As the SDK words it: the code without its namespace, and what else the error says beside it."""
    try:
        said = _DOCUMENT.decode(answer.body)
    except msgspec.DecodeError:
        said = {}
    code = str(said.pop("__type", "") or answer.status).rsplit("#", 1)[-1]
    message = said.pop("message", None) or said.pop("Message", None) or ""
    response: Any = {
        **said,
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {
            "HTTPStatusCode": answer.status,
            "RequestId": answer.headers.get("x-amzn-requestid", ""),
        },
    }
    return ClientError(response, operation)


def _may_pass(error: ClientError) -> bool:
    response = error.response
    return response["ResponseMetadata"]["HTTPStatusCode"] in (500, 502, 503, 504) or (
        response["Error"]["Code"] in _WORTH_A_RETRY
    )
