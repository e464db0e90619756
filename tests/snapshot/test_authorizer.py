"""Copies of the authorizer trust the pool's keys as they are now, and draw numbers of their own."""

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.snapshot.cloud import running
from tests.snapshot.copies import Run, needs_same_pid, restored, unlike


def test_a_key_withdrawn_since_the_snapshot_is_not_trusted() -> None:
    assert _rotated().of("effects") == [["Deny", "Allow"]] * 3


def test_no_two_copies_sign_with_the_same_nonce() -> None:
    run = _rotated()
    needs_same_pid(run)
    unlike(run.of("signature"))


def test_keys_that_are_kept_show() -> None:
    """The test of them can fail: it does where the hook leaves them."""
    run = _rotated(leave_out="forget")
    assert [effects[0] for effects in run.of("effects")] == ["Allow"] * 3


def _rotated(leave_out: str = "") -> Run:
    """The user pool has another key when the copies are restored. They are shown a token of the old one, and of the
    new one."""
    old, new = _Key("old"), _Key("new")
    with running() as cloud:
        cloud.keys = [old.public]
        environment = cloud.environment()

        def rotate() -> None:
            cloud.keys = [new.public]

        tokens = [key.token(environment["TOKEN_ISSUER"], environment["TOKEN_AUDIENCE"]) for key in (old, new)]
        run = restored(cloud, module="api.authorizer", leave_out=leave_out, tokens=tokens, pause=0.5, meanwhile=rotate)
    assert run.parent["effects"] == ["Allow", "Deny"], "the snapshot was of no working authorizer"
    return run


class _Key:
    def __init__(self, name: str) -> None:
        self._name = name
        self._key = rsa.generate_private_key(65537, 2048)

    @property
    def public(self) -> dict[str, Any]:
        key: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return key | {"kid": self._name, "use": "sig", "alg": "RS256"}

    def token(self, issuer: str, audience: str) -> str:
        now = int(time.time())
        claims = {"iss": issuer, "aud": audience, "sub": "s", "token_use": "id", "iat": now - 5, "exp": now + 600}
        return jwt.encode(claims, self._key, "RS256", {"kid": self._name})
