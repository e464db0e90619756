"""moto's DynamoDB as a network would show it: every request on the wire is counted, and accidents can be arranged."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from moto.core.models import botocore_stubber

from api.connections import Answer

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SCHEMA = json.loads((Path(__file__).parents[1] / "services" / "articles" / "table.json").read_text("utf-8"))

Accident = Callable[[dict[str, Any], Callable[[], AWSResponse]], AWSResponse]
"""Takes a request's body and what would carry it out; gives the answer that the client gets instead."""


class Wire:
    """Between a client and moto. `calls` has the operation of each request, retries included, in their order.

    Requests are carried out one at a time: each is atomic in DynamoDB, while moto undoes a failed transaction by
    putting the whole table back as it was, another thread's writes and all.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.tokens: list[str] = []
        self._accidents: list[tuple[str, Accident]] = []
        self._committed: set[str] = set()
        self._lock = threading.RLock()  # an accident may make requests of its own

    def builtin_handlers(self) -> list[Any]:
        """botocore's own, with this in moto's place: botocore asks every listener, so both would act."""
        others = [entry for entry in botocore.handlers.BUILTIN_HANDLERS if entry[1] is not botocore_stubber]
        return [*others, ("before-send", self.send)]

    def connections(self, url: str, *_: float) -> "Line":
        """In place of those of the API's own client (api.aws.Connections)."""
        return Line(self, url)

    def next(self, operation: str, *accidents: Accident) -> None:
        """These befall the next requests of the operation, one each."""
        self._accidents += [(operation, accident) for accident in accidents]

    def forget(self) -> None:
        """What was seen so far; what was arranged stays."""
        self.calls.clear()
        self.tokens.clear()

    def reset(self) -> None:
        self.forget()
        self._accidents.clear()
        self._committed.clear()

    def send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        _, service, operation = event_name.split(".")
        if service != "dynamodb":
            return self._carry_out(request, event_name, None)
        body = json.loads(request.body or b"{}")
        with self._lock:
            self.calls.append(operation)
            token = body.get("ClientRequestToken")
            if token:
                self.tokens.append(token)
            for position, (wanted, accident) in enumerate(self._accidents):
                if wanted == operation:
                    del self._accidents[position]
                    return accident(body, lambda: self._carry_out(request, event_name, token))
            return self._carry_out(request, event_name, token)

    def _carry_out(self, request: AWSPreparedRequest, event_name: str, token: str | None) -> AWSResponse:
        # DynamoDB answers a transaction that it has committed with the same success again, moto does not.
        if token and token in self._committed:
            return answer({})
        response = botocore_stubber(event_name, request)
        assert response is not None
        if token and response.status_code == 200:
            self._committed.add(token)
        return response


class Line:
    """One client's, as api.dynamodb.Wire."""

    def __init__(self, wire: Wire, url: str) -> None:
        self._wire = wire
        self._url = url

    def post(self, headers: dict[str, str], body: bytes) -> Answer:
        request = AWSPreparedRequest("POST", f"{self._url}/", HeadersDict(headers), body, stream_output=False)
        operation = headers["X-Amz-Target"].rpartition(".")[2]
        answered = self._wire.send(request, f"before-send.dynamodb.{operation}")
        named = {name.lower(): str(value) for name, value in answered.headers.items()}
        return Answer(answered.status_code, named, answered.content)

    def close(self) -> None:
        pass


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def answer(body: dict[str, Any], status: int = 200) -> AWSResponse:
    return AWSResponse("https://dynamodb", status, {}, _Raw(json.dumps(body).encode()))  # type: ignore[arg-type]


def refusal(code: str, status: int = 400, **more: Any) -> AWSResponse:
    """An error as DynamoDB words it."""
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **more}, status)


def lost_answer(_: dict[str, Any], carry_out: Callable[[], AWSResponse]) -> AWSResponse:
    """The write commits, and the client is told that the server failed."""
    carry_out()
    return refusal("InternalServerError", 500)


def refused(code: str, status: int = 400, **more: Any) -> Accident:
    """The request is not carried out."""
    return lambda _body, _carry_out: refusal(code, status, **more)


def conflict(parts: int) -> Accident:
    """A transaction of so many parts meets another on its first item."""
    reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (parts - 1)]
    return refused("TransactionCanceledException", CancellationReasons=reasons)


def first(happening: Callable[[], None]) -> Accident:
    """Something happens right before the request arrives."""

    def accident(_: dict[str, Any], carry_out: Callable[[], AWSResponse]) -> AWSResponse:
        happening()
        return carry_out()

    return accident


def create_table(client: "DynamoDBClient", name: str) -> None:
    """The table that Terraform makes, of the same description."""
    key_schema: Any = [
        {"AttributeName": SCHEMA["hash_key"], "KeyType": "HASH"},
        {"AttributeName": SCHEMA["range_key"], "KeyType": "RANGE"},
    ]
    indexes: Any = [_index(index) for index in SCHEMA["indexes"]]
    attributes: Any = [{"AttributeName": n, "AttributeType": kind} for n, kind in SCHEMA["attributes"].items()]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key_schema,
        AttributeDefinitions=attributes,
        GlobalSecondaryIndexes=indexes,
    )


def _index(index: dict[str, Any]) -> dict[str, Any]:
    projection = {"ProjectionType": index["projection"]}
    if index["projection"] == "INCLUDE":
        projection["NonKeyAttributes"] = index["non_key_attributes"]
    return {
        "IndexName": index["name"],
        "KeySchema": [
            {"AttributeName": index["hash_key"], "KeyType": "HASH"},
            {"AttributeName": index["range_key"], "KeyType": "RANGE"},
        ],
        "Projection": projection,
    }
