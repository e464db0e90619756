"""ID tokens of the user pool, checked: signature, issuer, audience, time, and that it is an ID token at all.

PyJWT does it (with cryptography for RSA): the best-kept library for the purpose. Only the authorizer imports this.
"""

import base64
import ssl
from typing import Any

import jwt
from jwt import PyJWKClient

CLAIMS_SHOWN = ("sub", "name", "preferred_username", "cognito:username", "cognito:groups", "token_use", "aud")
"""What of a token the API gets to see, as the Cognito authorizer would show it."""


class TokenVerifier:
    """Verifies tokens of one app client of one user pool; the pool's keys are fetched once and kept for an hour."""

    def __init__(self, issuer: str, audience: str, jwks_url: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._jwks_url = jwks_url
        self._tls: ssl.SSLContext | None = None
        self.forget()

    def forget(self) -> None:
        """Drops the pool's keys: the next token has them fetched."""
        self._keys = PyJWKClient(self._jwks_url, cache_jwk_set=True, lifespan=3600, timeout=3, ssl_context=self._tls)

    def prime(self) -> None:
        """Refuses a forged token, by a key of nobody's, which is kept: all that verifying one imports and loads."""
        self._tls = ssl.create_default_context()  # the authorities that are trusted: a third of the first fetch
        number = _base64(b"\xff" * 256)
        key = {"kty": "RSA", "kid": "nobody", "alg": "RS256", "use": "sig", "n": number, "e": "AQAB"}
        keys: Any = self._keys.jwk_set_cache
        keys.put({"keys": [key]})
        header = _base64(b'{"alg":"RS256","kid":"nobody"}')
        if self.facts(f"{header}.{_base64(b'{}')}.{number}") is not None:
            raise AssertionError("a forged token was taken for a good one")

    def facts(self, token: str) -> dict[str, str] | None:
        """The claims that the API uses, as text; None for a token that is forged, expired or meant for another use.

        Raises PyJWKClientConnectionError where the pool's keys can't be fetched: no verdict is possible then.
        """
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp", "iat", "sub", "aud", "iss", "token_use"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise
        except (jwt.PyJWTError, RecursionError, UnicodeEncodeError):  # the last: half a surrogate pair
            return None
        if claims["token_use"] != "id":  # noqa: S105 (no password)
            return None
        return {name: _text(claims[name]) for name in CLAIMS_SHOWN if name in claims}


def bare(authorization: str) -> str:
    """The token in an Authorization header, which comes bare or after `Bearer `."""
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else authorization.strip()


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _text(value: Any) -> str:
    # A context value must be a scalar; the gateway's own authorizer joins lists in the same way.
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
