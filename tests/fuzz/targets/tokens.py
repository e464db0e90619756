"""The authorizer's reading of a header: any text is denied, is nobody's, or is a token that the pool's key signed."""

import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt import PyJWK, PyJWKSet
from jwt.algorithms import RSAAlgorithm

from api.tokens import TokenVerifier, bare
from tests.fuzz.bounds import within_seconds

ISSUER, AUDIENCE = "https://issuer.example/pool", "client"
LONGEST = 8_192
WORDS = [b"Bearer ", b".", b"eyJ", b"=", b"-", b"_", b"\xed\xa0\x80", b"\xc2\xa0", b'"alg":"none"', b'"kid"', b"{}"]


def seeds() -> dict[str, bytes]:
    """Signed by a key that nobody else has: what the corpus keeps opens nothing."""
    foreign = generate_private_key(65537, 2048)
    claims = {"sub": "1a2b3c4d", "iss": ISSUER, "aud": AUDIENCE, "token_use": "id", "iat": 1, "exp": 2}
    token = jwt.encode(claims, foreign, "RS256", headers={"kid": "key-1"})
    header, payload, signature = token.split(".")
    none = jwt.encode(claims, None, "none", headers={"kid": "key-1"})
    texts = {
        "bearer": f"Bearer {token}",
        "bare": token,
        "none": none,
        "no-payload": f"{header}..{signature}",
        "two-parts": f"{header}.{payload}",
        "other-kid": jwt.encode(claims, foreign, "RS256", headers={"kid": "key-2"}),
        "blank": " Bearer  ",
    }
    deep = jwt.utils.base64url_encode(b"[" * 2000 + b"]" * 2000).decode()
    kid = jwt.utils.base64url_encode(b'{"alg":"RS256","kid":["key-1"]}').decode()
    texts |= {"deep": f"{deep}.{payload}.{signature}", "kid-is-a-list": f"{kid}.{payload}.{signature}"}
    return {name: text.encode() for name, text in texts.items()} | {"half-a-pair": b"Bearer \xed\xa0\x80.a.b"}


def check(data: bytes) -> None:
    try:
        header = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        header = data.decode("latin-1")  # as a web server hands a header on
    with within_seconds(1):
        token = bare(header)
        facts = _verifier().facts(token)
    assert facts is None, "a token that nobody signed was taken"


class _Keys:
    """PyJWKClient, as it is once it has fetched the keys."""

    def __init__(self, key: RSAPrivateKey) -> None:
        jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": "key-1", "alg": "RS256", "use": "sig"}
        self._set = PyJWKSet.from_dict({"keys": [jwk]})
        self._client = jwt.PyJWKClient("http://127.0.0.1:9")
        self._client.get_jwk_set = lambda refresh=False: self._set  # type: ignore[method-assign] # noqa: ARG005

    def get_signing_key_from_jwt(self, token: str) -> PyJWK:
        return self._client.get_signing_key_from_jwt(token)


@cache
def _verifier() -> TokenVerifier:
    key = generate_private_key(65537, 2048)
    verifier = TokenVerifier(ISSUER, AUDIENCE, "http://127.0.0.1:9")
    keys: Any = _Keys(key)
    verifier._keys = keys
    now = int(time.time())
    claims = {"sub": "1", "iss": ISSUER, "aud": AUDIENCE, "token_use": "id", "iat": now, "exp": now + 999_999}
    good = jwt.encode(claims, key, "RS256", headers={"kid": "key-1"})
    assert (verifier.facts(good) or {}).get("sub") == "1", "then it could never take one"
    return verifier
