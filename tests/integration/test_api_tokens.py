"""The app with no gateway before it: an event without an authorizer is nobody's, whatever else it says. It never looks
at a token itself, so a perfect one is worth as much as none."""

import json
import re
from typing import Any

import pytest

from tests.gateway import ALICE, AUDIENCE, EDITOR, Gateway, rest_event
from tests.routes import ROUTES, Route, Token

CLAIMS = EDITOR.as_claims()["claims"]
# Header, claims of an editor, and a signature that nobody here could tell from a good one.
TOKEN = (
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImtleS0xIn0"
    ".eyJzdWIiOiJlcmluLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwc3ViIiwidG9rZW5fdXNlIjoiaWQiLCJjb2duaXRvOmdyb3VwcyI6WyJlZGl0b3JzIl19"
    ".c2lnbmF0dXJl"
)

# What an event may hold instead of the gateway's own claims of an ID token for our app client.
WAYS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a token": {"headers": {"Authorization": f"Bearer {TOKEN}"}},
    "a bare token": {"headers": {"authorization": TOKEN}},
    "claims in headers": {
        "headers": {
            "X-Amzn-Claims": json.dumps(CLAIMS),
            "X-Amzn-Request-Context": json.dumps({"authorizer": {"claims": CLAIMS}}),
            "X-Apigateway-Event": json.dumps({"requestContext": {"authorizer": {"claims": CLAIMS}}}),
            "Serverless.Authorizer": json.dumps({"claims": CLAIMS}),
            "Sub": EDITOR.id,
            "Cognito-Groups": "editors",
        }
    },
    "an empty authorizer": {"authorizer": {}},
    "an authorizer of no claims": {"authorizer": {"claims": {}}},
    "an authorizer that names a principal alone": {"authorizer": {"principalId": EDITOR.id}},
    "an access token's claims": {"authorizer": {"claims": {**CLAIMS, "token_use": "access"}}},
    "claims of no use": {"authorizer": {"claims": {**CLAIMS, "token_use": ""}}},
    "another client's claims": {"authorizer": {"claims": {**CLAIMS, "aud": "another"}}},
    "another client's context": {"authorizer": {**EDITOR.as_context(), "aud": f"{AUDIENCE},another"}},
    "claims of nobody": {"authorizer": {"claims": {**CLAIMS, "sub": ""}}},
    "an HTTP API's authorizer": {"authorizer": {"jwt": {"claims": CLAIMS, "scopes": None}}},
    "another kind of function's authorizer": {"authorizer": {"lambda": EDITOR.as_context()}},
    "a signed request of AWS's": {"authorizer": {"iam": {"userId": EDITOR.id}}},
}


def test_the_claims_of_the_table_would_open_everything(api: Gateway) -> None:
    draft = api.create()["id"]
    assert api.get(f"/articles/{draft}", authorizer={"claims": CLAIMS}).status == 200
    assert api.patch(f"/articles/{draft}", authorizer={"claims": CLAIMS}, json_body={"title": "x"}).status == 200


@pytest.mark.parametrize("way", WAYS)
def test_without_the_gateways_word_a_call_is_nobodys_on_every_route(api: Gateway, way: str) -> None:
    draft, shown = api.create()["id"], api.create(status="published")["id"]
    more = {"authorizer": None, **WAYS[way]}
    for route in ROUTES:
        for article in (draft, shown):
            target = _target(route, article)
            body: dict[str, Any] = {"json_body": {}} if route.method in ("POST", "PUT", "PATCH") else {}
            status = api.call(route.method, target, **body, **more).status
            nobodys = {
                Token.REQUIRED: 401,
                Token.OPTIONAL: 200 if article == shown and "image_id" not in route.path else 404,
                Token.UNUSED: 200,
            }[route.token]
            if route.path == "/articles" and route.method == "GET":
                nobodys = 200
            assert status == nobodys, f"{route}: {status}"
    assert api.get("/articles?author=me", **more).status == 401
    assert [item["id"] for item in api.get("/articles", **more).json["items"]] == [shown]
    assert api.get(f"/articles/{draft}", ALICE).json["version"] == 1


def test_an_event_of_another_shape_names_nobody(api: Gateway) -> None:
    draft = api.create()["id"]
    for context in (None, {}, {"identity": {"cognitoIdentityId": EDITOR.id, "user": EDITOR.id}}):
        event = rest_event("GET", f"/articles/{draft}", headers={"Authorization": TOKEN})
        event["requestContext"] = context or {}
        event |= {"claims": CLAIMS, "authorizer": {"claims": CLAIMS}, "stageVariables": {"sub": EDITOR.id}}
        assert api.send(event).status == 404


def test_claims_in_a_query_or_a_body_are_nobodys(api: Gateway) -> None:
    draft = api.create()["id"]
    words = f"sub={EDITOR.id}&cognito:groups=editors&token_use=id&aud={AUDIENCE}&Authorization={TOKEN}"
    assert api.get(f"/articles/{draft}?{words}", authorizer=None).status == 404
    body = {"title": "t", "body": "b", "claims": CLAIMS, "requestContext": {"authorizer": {"claims": CLAIMS}}}
    assert api.post(f"/articles?{words}", authorizer=None, json_body=body).status == 401


def _target(route: Route, article: str) -> str:
    values = {"article_id": article, "image_id": article, "label": "Dog", "asset": "start.js"}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)
