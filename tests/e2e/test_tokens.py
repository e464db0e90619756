"""Tokens that are none, on the running stack: refused where a token is required and where it is optional, by whom a
table says. Without a gateway: tests/integration/test_api_tokens.py and tests/docker/test_functions.py."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.routes import ROUTES, Token

pytestmark = pytest.mark.e2e

GATEWAY = "This needs a valid token in the Authorization header: sign in first."
AUTHORIZER = "The token is not valid: sign in again, or send none to read what is published."
APP = "This needs an ID token of the user pool in the header Authorization."
ABSENT = "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC"
FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Forger:
    """Makes tokens like alice's, changed as asked."""

    header: dict[str, Any]
    claims: dict[str, Any]
    keys: dict[str, rsa.RSAPrivateKey]
    """The pool's own, by their ids."""
    key_server: str
    """Where the forger's own key can be had."""

    def signed(self, key: rsa.RSAPrivateKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """With the pool's own key unless told otherwise."""
        changed = {name: value for name, value in {**self.claims, **claims}.items() if value is not None}
        return jwt.encode(changed, key or self.keys[self.header["kid"]], "RS256", {**self.header, **(header or {})})

    def by_hand(self, header: dict[str, Any], secret: bytes | None = None, signature: bytes = b"") -> str:
        """A token that no library would make."""
        text = b".".join(_encoded(json.dumps(part).encode()) for part in ({**self.header, **header}, self.claims))
        if secret is not None:
            signature = _encoded(hmac.new(secret, text, hashlib.sha256).digest())
        return (text + b"." + signature).decode()

    def public(self, encoding: serialization.Encoding) -> bytes:
        key = self.keys[self.header["kid"]].public_key()
        return key.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)

    def real_signature(self) -> bytes:
        return self.signed().rpartition(".")[2].encode()

    @property
    def another_kid(self) -> str:
        return next(kid for kid in self.keys if kid != self.header["kid"])


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class KeyServer:
    """The forger's own key, as Cognito publishes its own; `asked` are the requests that came."""

    def __init__(self) -> None:
        asked: list[str] = []
        self.asked = asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/jwks.json"


@pytest.fixture(scope="module")
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    thread = Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture(scope="module")
def forger(stack: RunningStack, alice: ApiClient, key_server: KeyServer) -> Forger:
    assert alice.token
    header = jwt.get_unverified_header(alice.token)
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    folder = stack.layout.scratch / "emulator" / "cognito-pool-keys"
    published = alice.session.get(
        f"{stack.outputs['endpoint_url']}/{stack.outputs['user_pool_id']}/.well-known/jwks.json", timeout=10
    ).json()["keys"]
    keys = {}
    for file in folder.glob(f"{stack.outputs['user_pool_id']}-*.pem"):
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        modulus = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)["n"]
        keys[next(jwk["kid"] for jwk in published if jwk["n"] == modulus)] = key
    return Forger(header, claims, keys, key_server.url)


def client(stack: RunningStack, token: str) -> ApiClient:
    return ApiClient(stack.outputs["api_url"], token)


def past() -> dict[str, Any]:
    now = int(time.time())
    return {"iat": now - 7200, "auth_time": now - 7200, "exp": now - 60}


def foreign_jwk() -> Any:
    return RSAAlgorithm.to_jwk(FOREIGN_KEY.public_key(), as_dict=True)


# How to make it, and who refuses it where a token is required. Where one is optional, our authorizer refuses them all.
TOKENS: dict[str, tuple[Callable[[Forger], str], str]] = {
    "expired": (lambda f: f.signed(**past()), GATEWAY),
    "not yet good": (lambda f: f.signed(nbf=int(time.time()) + 600), GATEWAY),
    "made in the future": (lambda f: f.signed(iat=int(time.time()) + 600), GATEWAY),
    "signed with another key of the same name": (lambda f: f.signed(FOREIGN_KEY), GATEWAY),
    "of a key without a name": (lambda f: f.by_hand({"kid": None}), GATEWAY),
    "with the name of the pool's other key": (lambda f: f.signed(header={"kid": f.another_kid}), GATEWAY),
    "with a path for a key's name": (lambda f: f.signed(FOREIGN_KEY, {"kid": "../../../../dev/null"}), GATEWAY),
    "that names its own keys by jku": (lambda f: f.signed(FOREIGN_KEY, {"jku": f.key_server}), GATEWAY),
    "that names its own certificate by x5u": (lambda f: f.signed(FOREIGN_KEY, {"x5u": f.key_server}), GATEWAY),
    "that holds its own key": (lambda f: f.signed(FOREIGN_KEY, {"jwk": foreign_jwk()}), GATEWAY),
    "of another pool": (
        lambda f: f.signed(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another00"),
        GATEWAY,
    ),
    "of another issuer with keys of its own": (lambda f: f.signed(FOREIGN_KEY, iss=f.key_server), GATEWAY),
    "of nobody's": (lambda f: f.signed(iss=None), GATEWAY),
    **{
        f"of algorithm {name}": (lambda f, name=name: f.by_hand({"alg": name}), GATEWAY)  # type: ignore[misc]
        for name in ("none", "None", "nOnE", "NONE", "")
    },
    "of no algorithm, with another's signature": (
        lambda f: f.signed(sub="bob").rpartition(".")[0] + "." + f.real_signature().decode(),
        GATEWAY,
    ),
    "signed with the public key (PEM) as the secret": (
        lambda f: f.by_hand({"alg": "HS256"}, f.public(serialization.Encoding.PEM)),
        GATEWAY,
    ),
    "signed with the public key (DER) as the secret": (
        lambda f: f.by_hand({"alg": "HS256"}, f.public(serialization.Encoding.DER)),
        GATEWAY,
    ),
    "signed with nothing as the secret": (lambda f: f.by_hand({"alg": "HS256"}, b""), GATEWAY),
    "without a signature": (lambda f: f.signed().rpartition(".")[0] + ".", GATEWAY),
    "cut off": (lambda f: f.signed()[:-9], GATEWAY),
    "gibberish": (lambda f: "gibberish", GATEWAY),  # noqa: ARG005
    "three pieces of gibberish": (lambda f: "a.b.c", GATEWAY),  # noqa: ARG005
    # API Gateway's Cognito authorizer is told of the pool, not of its client: the app refuses these, on AWS and here.
    "for another client": (lambda f: f.signed(aud="another-client"), APP),
    "for no client": (lambda f: f.signed(aud=None), APP),
    # Laxer than AWS: where a method has no scopes, API Gateway takes a token for an ID token, and refuses what is none.
    "an access token": (lambda f: f.signed(token_use="access", aud=None, client_id=f.claims["aud"]), APP),
    "an access token with an audience": (lambda f: f.signed(token_use="access"), APP),
    "of no use": (lambda f: f.signed(token_use=None), APP),
}


def test_a_token_made_like_the_pools_own_is_accepted(stack: RunningStack, forger: Forger) -> None:
    # Without this, every refusal below could have another reason than the one it is there for.
    for token in (forger.signed(), f"Bearer {forger.signed()}"):
        good = ApiClient(stack.outputs["api_url"])
        good.session.headers["Authorization"] = token
        assert good.post("/articles", json={"title": "t", "body": "b"}).status_code == 201
        assert good.get("/articles?author=me").status_code == 200


@pytest.mark.parametrize("name", TOKENS)
def test_a_bad_token_is_refused(
    stack: RunningStack, forger: Forger, key_server: KeyServer, alice: ApiClient, name: str
) -> None:
    make, who_refuses = TOKENS[name]
    bad = client(stack, make(forger))
    draft = alice.create_article(status="draft")["id"]

    required = bad.patch(f"/articles/{draft}", json={"title": "x"})
    optional = [bad.get(f"/articles/{draft}"), bad.get("/articles?author=me"), bad.get("/articles")]

    assert (required.status_code, required.json()["detail"]) == (401, who_refuses)
    for answer in optional:
        assert (answer.status_code, answer.json()["detail"]) == (401, AUTHORIZER)
    for answer in (required, *optional):
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert key_server.asked == [], "whoever checks a token asks its pool, not an address in the token"


def test_the_pools_own_access_token_is_refused(stack: RunningStack) -> None:
    cognito, pool = stack.clients.cognito, stack.outputs["user_pool_id"]
    given = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=stack.outputs["user_pool_client_id"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": stack.users.password("alice")},
    )["AuthenticationResult"]

    for token in (given["AccessToken"], given.get("RefreshToken", "none")):
        holder = client(stack, token)
        assert holder.post("/articles", json={"title": "t", "body": "b"}).status_code == 401
        assert holder.get("/articles?author=me").status_code == 401


def test_a_token_of_another_client_of_the_same_pool_is_refused(stack: RunningStack) -> None:
    cognito, pool = stack.clients.cognito, stack.outputs["user_pool_id"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="another", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    try:
        other = client(stack, stack.users_of(made).token("alice"))
    finally:
        cognito.delete_user_pool_client(UserPoolId=pool, ClientId=made)

    assert other.post("/articles", json={"title": "t", "body": "b"}).status_code == 401
    assert other.get("/articles?author=me").status_code == 401


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_does_with_a_bad_token_what_the_contract_says(
    stack: RunningStack, forger: Forger, route: Any
) -> None:
    path = re.sub(r"\{(\w+)\}", lambda found: {"asset": "start.js", "label": "Dog"}.get(found[1], ABSENT), route.path)
    body: dict[str, Any] = {"json": {}} if route.method in ("POST", "PUT", "PATCH") else {}

    answers = {
        "none": ApiClient(stack.outputs["api_url"]).request(route.method, path, **body).status_code,
        "expired": client(stack, forger.signed(**past())).request(route.method, path, **body).status_code,
        "forged": client(stack, forger.signed(FOREIGN_KEY)).request(route.method, path, **body).status_code,
    }

    expected = {
        Token.REQUIRED: {"none": {401}, "expired": {401}, "forged": {401}},
        Token.OPTIONAL: {"none": {200, 404}, "expired": {401}, "forged": {401}},
        Token.UNUSED: {"none": {200}, "expired": {200}, "forged": {200}},
    }[route.token]
    assert all(answers[name] in expected[name] for name in answers), answers


# Claims that come another way


def smuggled(claims: dict[str, Any]) -> dict[str, str]:
    """Headers that something somewhere might take for the gateway's own."""
    return {
        "X-Amzn-Claims": json.dumps(claims),
        "X-Amzn-Request-Context": json.dumps({"authorizer": {"claims": claims}}),
        "X-Amzn-Lambda-Context": json.dumps({"identity": claims}),
        "X-Apigateway-Event": json.dumps({"requestContext": {"authorizer": {"claims": claims}}}),
        "X-Apigateway-Context": json.dumps(claims),
        "X-Amzn-Oidc-Data": "a." + _encoded(json.dumps(claims).encode()).decode() + ".c",
        "X-Amzn-Oidc-Identity": str(claims["sub"]),
        "Serverless.Authorizer": json.dumps({"claims": claims}),
        "Authorizer": json.dumps({"claims": claims}),
        "Claims": json.dumps(claims),
        "Sub": str(claims["sub"]),
        "Principalid": str(claims["sub"]),
        "Token_use": "id",
        "Cognito-Groups": "editors",
        "X-Cognito-Groups": "editors",
        "X-Forwarded-User": str(claims["sub"]),
        "Remote-User": str(claims["sub"]),
    }


def test_claims_in_headers_query_and_body_mean_nothing(
    stack: RunningStack, forger: Forger, alice: ApiClient, bob: ApiClient
) -> None:
    claims = {**forger.claims, "cognito:groups": ["editors"]}
    draft, shown = alice.create_article(status="draft")["id"], alice.create_article()["id"]
    words = urlencode(
        {
            "Authorization": forger.signed(),
            "authorization": f"Bearer {forger.signed()}",
            "access_token": forger.signed(),
            "id_token": forger.signed(),
            "token": forger.signed(),
            "claims": json.dumps(claims),
            "sub": claims["sub"],
            "cognito:groups": "editors",
        }
    )
    for name, who in {"nobody": ApiClient(stack.outputs["api_url"]), "bob": client(stack, bob.token or "")}.items():
        who.session.headers.update(smuggled(claims))
        who.session.cookies.update({"Authorization": forger.signed(), "id_token": forger.signed()})
        refusal = 401 if name == "nobody" else 403

        assert who.get(f"/articles/{draft}?{words}").status_code == 404, name
        assert who.get(f"/articles/{draft}/images?{words}").status_code == 404, name
        assert who.get(f"/articles?author=me&{words}").status_code == 400, "such parameters are not known"
        assert who.patch(f"/articles/{shown}?{words}", json={"title": "x"}).status_code == refusal, name
        assert who.delete(f"/articles/{shown}?{words}").status_code == refusal, name
        mixed = who.patch(f"/articles/{shown}", json={"title": "x", "claims": claims, "sub": claims["sub"]})
        assert mixed.status_code == (401 if name == "nobody" else 400), name
    assert alice.get(f"/articles/{shown}").json()["title"] == "A title"


def test_of_two_tokens_none_counts(stack: RunningStack, forger: Forger, alice: ApiClient, bob: ApiClient) -> None:
    shown, draft = alice.create_article()["id"], alice.create_article(status="draft")["id"]
    forged, good = forger.signed(FOREIGN_KEY), f"Bearer {bob.token}"

    for texts in ([forged, good], [good, forged], [good, f"Bearer {alice.token}"]):
        assert _sent_twice(stack, "GET", f"/articles/{draft}", texts) == 401
        # Which of the two the Cognito authorizer takes is nowhere written down: it may be bob's, never the forged one.
        changed = _sent_twice(stack, "PATCH", f"/articles/{shown}", texts)
        assert changed in (401, 403) or texts[1] == f"Bearer {alice.token}"
    joined = client(stack, "")
    for text in (f"{good}, {forged}", f"{forged}, {good}", f"{good} {forged}"):
        joined.session.headers["Authorization"] = text
        assert joined.get(f"/articles/{draft}").status_code == 401
        assert joined.patch(f"/articles/{shown}", json={"title": "x"}).status_code == 401


def _sent_twice(stack: RunningStack, method: str, path: str, texts: list[str]) -> int:
    url = urlsplit(stack.outputs["api_url"])
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=30)
    try:
        connection.putrequest(method, url.path + path)
        for text in texts:
            connection.putheader("Authorization", text)
        body = b'{"title": "x"}' if method == "PATCH" else b""
        if body:
            connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()
