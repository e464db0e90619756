"""API Gateway, as a function sees it: events (shaped as in tests/events), and a client that sends them."""

import base64
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_EVENTS = Path(__file__).with_name("events")
_ANONYMOUS = {"principalId": "anonymous", "integrationLatency": 12}
HOST = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
STAGE = "dev"
AUDIENCE = "4k8examplec1ient1d"
"""The app client that the recorded events' tokens are for."""


def recorded(name: str) -> dict[str, Any]:
    """A new copy of a recorded event."""
    event: dict[str, Any] = json.loads((_EVENTS / f"{name}.json").read_text("utf-8"))
    return event


@dataclass(frozen=True)
class User:
    """Somebody with a token of the user pool."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.name}-0000-4000-8000-00000000sub"

    def as_claims(self) -> dict[str, Any]:
        """What the Cognito authorizer (a token is required) puts into the event."""
        authorizer = recorded("cognito_authorizer")
        authorizer["claims"] |= {"sub": self.id, "cognito:username": self.name, "cognito:groups": ",".join(self.groups)}
        return authorizer

    def as_context(self) -> dict[str, Any]:
        """What the REQUEST authorizer (a token is optional) puts into the event."""
        shown = ("cognito:username", "cognito:groups", "token_use", "aud")
        facts = {name: self.as_claims()["claims"][name] for name in shown}
        return {"principalId": self.id, "integrationLatency": 12, "sub": self.id, **facts}


ALICE = User("alice")
BOB = User("bob")
EDITOR = User("erin", ("readers", "editors"))


def rest_event(
    method: str = "GET",
    target: str = "/articles",
    *,
    body: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    resource: str | None = None,
    host: str = HOST,
    prefix: str = f"/{STAGE}",
) -> dict[str, Any]:
    """A REST proxy event. `target` is path and query as written after the stage; bytes travel in base64."""
    path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
    event = recorded("rest_proxy")
    sent = {**event["headers"], "Host": host, **(headers or {})}
    template, parameters = (resource, {}) if resource else _template(path)
    event |= {
        "httpMethod": method,
        "resource": template,
        "path": path,
        "pathParameters": parameters or None,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }
    event["requestContext"] |= {
        "httpMethod": method,
        "resourcePath": template,
        "path": prefix + path,
        "domainName": host,
    }
    if authorizer is not None:
        event["requestContext"]["authorizer"] = deepcopy(dict(authorizer))
    return event


def _template(path: str) -> tuple[str, dict[str, str]]:
    parts = path.split("/")
    names = {"articles": ("article_id", "image_id"), "labels": ("label", "")}.get(parts[1], ("", ""))
    parameters = {}
    for position, name in ((2, names[0]), (4, names[1])):
        if name and len(parts) > position:
            parameters[name] = unquote(parts[position])
            parts[position] = f"{{{name}}}"
    return "/".join(parts), parameters


@dataclass
class Context:
    """Lambda's context object, as far as handlers use it."""

    aws_request_id: str = "8f2e9c1a-1111-4222-8333-444455556666"
    function_name: str = "gazette-test-api"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def pointers(self) -> list[str]:
        """Where a problem says that the input is bad."""
        return [error["pointer"] for error in self.json["errors"]]


class Gateway:
    """Sends requests to a handler as the gateway does after its own checks. `who` is whoever the token names."""

    def __init__(self, handle: Callable[[dict[str, Any], Any], dict[str, Any]]) -> None:
        self._handle = handle

    def call(
        self,
        method: str,
        target: str,
        who: User | None = None,
        *,
        json_body: Any = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **event: Any,
    ) -> Answer:
        if json_body is not None:
            body = json.dumps(json_body)
        sent = ({"Content-Type": "application/json"} if body is not None else {}) | dict(headers or {})
        if "authorizer" not in event:
            if method in ("GET", "HEAD"):
                event["authorizer"] = who.as_context() if who else _ANONYMOUS
            elif who:
                event["authorizer"] = who.as_claims()
        return self.send(rest_event(method, target, body=body, headers=sent, **event))

    def send(self, event: dict[str, Any]) -> Answer:
        raw = self._handle(event, Context())
        headers = {name.lower(): values[-1] for name, values in raw["multiValueHeaders"].items()}
        return Answer(raw["statusCode"], headers, raw.get("body", ""), raw)

    def get(self, target: str, who: User | None = None, **more: Any) -> Answer:
        return self.call("GET", target, who, **more)

    def post(self, target: str, who: User | None = None, **more: Any) -> Answer:
        return self.call("POST", target, who, **more)

    def put(self, target: str, who: User | None = None, **more: Any) -> Answer:
        return self.call("PUT", target, who, **more)

    def patch(self, target: str, who: User | None = None, **more: Any) -> Answer:
        return self.call("PATCH", target, who, **more)

    def delete(self, target: str, who: User | None = None, **more: Any) -> Answer:
        return self.call("DELETE", target, who, **more)

    def create(self, who: User = ALICE, **fields: Any) -> Any:
        """A new article of that user; gives its JSON."""
        answer = self.post("/articles", who, json_body={"title": "Hello", "body": "World"} | fields)
        assert answer.status == 201, answer
        return answer.json
