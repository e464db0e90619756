"""Tokens that are none: refused by the gateway where one is required, and where one is optional."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

Forge = Callable[..., str]


@pytest.fixture(scope="module")
def forge(stack: RunningStack, alice: ApiClient) -> Forge:
    """Makes tokens like alice's, changed as asked; signed with the pool's own key unless told otherwise."""
    assert alice.token
    header = jwt.get_unverified_header(alice.token)
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    key_file = stack.layout.scratch / "emulator" / "cognito-pool-keys" / f"{stack.outputs['user_pool_id']}-id.pem"
    pool_key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)

    def make(key: Any = None, algorithm: str = "RS256", **changes: Any) -> str:
        changed = {**claims, **changes}
        return jwt.encode(changed, key if key is not None else pool_key, algorithm, headers={"kid": header["kid"]})

    return make


def _calls(client: ApiClient) -> list[int]:
    """A call whose token is required, and one whose token is optional."""
    body = {"title": "t", "body": "b"}
    return [client.post("/articles", json=body).status_code, client.get("/articles?author=me").status_code]


def test_a_token_made_like_the_pools_own_is_accepted(stack: RunningStack, forge: Forge) -> None:
    # Without this, every refusal below could have another reason than the one it is there for.
    assert _calls(ApiClient(stack.outputs["api_url"], forge())) == [201, 200]


def test_an_expired_token_is_refused(stack: RunningStack, forge: Forge) -> None:
    past = int(time.time()) - 60
    assert _calls(ApiClient(stack.outputs["api_url"], forge(exp=past, iat=past - 3600))) == [401, 401]


def test_a_token_signed_with_another_key_is_refused(stack: RunningStack, forge: Forge) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert _calls(ApiClient(stack.outputs["api_url"], forge(key=stranger))) == [401, 401]


def test_an_unsigned_token_is_refused(stack: RunningStack, forge: Forge) -> None:
    assert _calls(ApiClient(stack.outputs["api_url"], forge(key="", algorithm="none"))) == [401, 401]


def test_a_token_of_another_pool_is_refused(stack: RunningStack, forge: Forge) -> None:
    token = forge(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Another00")
    assert _calls(ApiClient(stack.outputs["api_url"], token)) == [401, 401]


def test_what_is_no_token_at_all_is_refused(stack: RunningStack) -> None:
    assert _calls(ApiClient(stack.outputs["api_url"], "gibberish")) == [401, 401]


def test_a_bare_token_is_as_good_as_one_after_bearer(stack: RunningStack, forge: Forge) -> None:
    client = ApiClient(stack.outputs["api_url"])
    client.session.headers["Authorization"] = forge()
    assert _calls(client) == [201, 200]


def test_claims_in_a_header_of_the_callers_own_mean_nothing(stack: RunningStack, alice: ApiClient) -> None:
    draft = alice.create_article(status="draft")
    client = ApiClient(stack.outputs["api_url"])
    client.session.headers.update({"sub": "x", "X-Amzn-Claims": "x", "X-Cognito-Groups": "editors"})
    assert client.get(f"/articles/{draft['id']}").status_code == 404
