"""Tokens against real keys, and the policies that the gateway gets for them."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from api.tokens import TokenVerifier, bare
from tests.gateway import Context, recorded
from tests.handlers import Handler, loaded

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example"
AUDIENCE = "4k8examplec1ient1d"
METHOD_ARN = recorded("request_authorizer")["methodArn"]
KEY = generate_private_key(65537, 2048)
FOREIGN_KEY = generate_private_key(65537, 2048)


class KeyServer:
    """The user pool's keys over HTTP, as Cognito publishes them; `requests` counts who asked."""

    def __init__(self) -> None:
        self.requests = 0
        jwk = json.loads(RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "key-1", "alg": "RS256", "use": "sig"}
        body = json.dumps({"keys": [jwk]}).encode()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/.well-known/jwks.json"


@pytest.fixture(scope="module")
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def authorize(key_server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """The authorizer's handler for an Authorization header."""
    for name, value in {"TOKEN_ISSUER": ISSUER, "TOKEN_AUDIENCE": AUDIENCE, "JWKS_URL": key_server.url}.items():
        monkeypatch.setenv(name, value)
    with loaded("api.authorizer") as handle:
        yield handle


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    standard = {
        "sub": "1a2b3c4d",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "token_use": "id",
        "auth_time": now - 10,
        "iat": now - 10,
        "exp": now + 3600,
        "cognito:username": "alice",
        "cognito:groups": ["readers", "editors"],
        "email": "alice@example.com",
    }
    return {name: value for name, value in (standard | changes).items() if value is not None}


def token(key: RSAPrivateKey = KEY, kid: str | None = "key-1", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, "RS256", headers={"kid": kid} if kid else None)


def by_hand(header: dict[str, Any], payload: dict[str, Any], secret: bytes | None = None) -> str:
    """A token that no library would make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, payload)]
    signed = b".".join(parts)
    signature = hmac.new(secret, signed, hashlib.sha256).digest() if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def event(authorization: str | None, header: str = "Authorization") -> dict[str, Any]:
    event = recorded("request_authorizer")
    if authorization is not None:
        event["headers"][header] = authorization
        event["multiValueHeaders"][header] = [authorization]
    return event


def effect(policy: dict[str, Any]) -> str:
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"] == METHOD_ARN
    assert policy["policyDocument"]["Version"] == "2012-10-17"
    assert policy["principalId"]
    assert all(isinstance(value, str) for value in policy["context"].values())
    return str(statement["Effect"])


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "BEARER   {} ", " {} "])
@pytest.mark.parametrize("header", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_good_token_gets_in_as_its_owner(authorize: Handler, form: str, header: str) -> None:
    policy = authorize(event(form.format(token()), header), Context())
    assert effect(policy) == "Allow"
    assert policy["principalId"] == "1a2b3c4d"
    assert policy["context"] == {
        "sub": "1a2b3c4d",
        "cognito:username": "alice",
        "cognito:groups": "readers,editors",
        "token_use": "id",
        "aud": AUDIENCE,
    }


@pytest.mark.parametrize("authorization", [None, "", " ", "Bearer", "Bearer "])
def test_a_call_without_a_token_gets_in_as_nobodys(authorize: Handler, authorization: str | None) -> None:
    policy = authorize(event(authorization), Context())
    assert (effect(policy), policy["principalId"], policy["context"]) == ("Allow", "anonymous", {})


def test_an_event_without_headers_is_a_call_without_a_token(authorize: Handler) -> None:
    assert effect(authorize(recorded("request_authorizer") | {"headers": None}, Context())) == "Allow"


PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DEEP = base64.urlsafe_b64encode(b"[" * 6000).decode()
BAD: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=int(time.time()) - 1),
    "made in the future": lambda: token(iat=int(time.time()) + 600),
    "not yet good": lambda: token(nbf=int(time.time()) + 600),
    "for another client": lambda: token(aud="another"),
    "for no client": lambda: token(aud=None),
    "of another pool": lambda: token(iss=ISSUER + "X"),
    "an access token": lambda: token(token_use="access", aud=None, client_id=AUDIENCE),
    "an access token with an audience": lambda: token(token_use="access"),
    "of no use": lambda: token(token_use=None),
    "without an end": lambda: token(exp=None),
    "of nobody": lambda: token(sub=None),
    "signed with another key": lambda: token(FOREIGN_KEY),
    "of an unknown key": lambda: token(FOREIGN_KEY, kid="key-2"),
    "of an unnamed key": lambda: token(kid=None),
    "of a key that is no name": lambda: by_hand({"alg": "RS256", "kid": ["key-1"]}, claims()),
    "unsigned": lambda: by_hand({"alg": "none", "kid": "key-1"}, claims()),
    "unsigned, in capitals": lambda: by_hand({"alg": "NONE", "kid": "key-1"}, claims()),
    "signed with the public key as a secret": lambda: by_hand({"alg": "HS256", "kid": "key-1"}, claims(), PUBLIC_PEM),
    "cut off": lambda: token()[:-5],
    "without its signature": lambda: token().rpartition(".")[0] + ".",
    "with others' claims": lambda: ".".join(
        part for part in (token().split(".")[0], token(sub="bob").split(".")[1], token().split(".")[2])
    ),
    "garbage": lambda: "garbage",
    "three pieces of garbage": lambda: "a.b.c",
    "dots": lambda: "..",
    "no letters at all": lambda: "\x00\xff.ü.💥",
    "half of a surrogate pair": lambda: "\ud800.a.b",
    "another scheme": lambda: "Basic YWxpY2U6c2VjcmV0",
    "nested 6,000 deep": lambda: f"{DEEP}.{DEEP}.x",
    "a header that is no object": lambda: f"{base64.urlsafe_b64encode(b'[1]').decode()}.e30.x",
    "two tokens": lambda: f"{token()} {token()}",
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_denied_and_names_nobody(authorize: Handler, bad: str) -> None:
    policy = authorize(event(f"Bearer {BAD[bad]()}"), Context())
    assert (effect(policy), policy["principalId"], policy["context"]) == ("Deny", "anonymous", {})


def test_two_authorization_headers_are_one_too_many(authorize: Handler) -> None:
    for texts in ([token(), token(sub="bob")], [token(), token()], ["", token()]):
        twice = event(texts[-1])
        twice["multiValueHeaders"]["Authorization"] = texts
        assert effect(authorize(twice, Context())) == "Deny"
        spelt = event(texts[0])
        spelt["headers"]["authorization"] = texts[-1]
        spelt["multiValueHeaders"]["authorization"] = [texts[-1]]
        assert effect(authorize(spelt, Context())) == "Deny"


def test_nothing_of_a_token_is_logged(authorize: Handler, capsys: pytest.CaptureFixture[str]) -> None:
    for text in (token(), token(exp=1), "secret-garbage"):
        authorize(event(text), Context())
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


def test_keys_are_fetched_once_for_many_tokens(key_server: KeyServer) -> None:
    before = key_server.requests
    verifier = TokenVerifier(ISSUER, AUDIENCE, key_server.url)
    for _ in range(3):
        assert verifier.facts(token()) is not None
    assert key_server.requests == before + 1


def test_no_verdict_is_given_where_the_keys_cannot_be_fetched() -> None:
    verifier = TokenVerifier(ISSUER, AUDIENCE, "http://127.0.0.1:9/jwks.json")
    with pytest.raises(jwt.PyJWKClientConnectionError):
        verifier.facts(token())


@pytest.mark.parametrize(
    ("header", "text"),
    [("a.b.c", "a.b.c"), ("Bearer a.b.c", "a.b.c"), ("Bearer", ""), ("", ""), ("Basic x", "Basic x")],
)
def test_a_token_comes_bare_or_after_its_scheme(header: str, text: str) -> None:
    assert bare(header) == text


@pytest.mark.parametrize("missing", ["TOKEN_ISSUER", "TOKEN_AUDIENCE", "JWKS_URL"])
def test_what_the_environment_lacks_is_named_at_start(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN_ISSUER", "TOKEN_AUDIENCE", "JWKS_URL"):
        monkeypatch.setenv(name, "https://example.org")
    monkeypatch.delenv(missing)
    with pytest.raises(KeyError, match=missing), loaded("api.authorizer"):
        pass
