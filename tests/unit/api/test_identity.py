from typing import Any

import pytest

from api.identity import groups_of, principal_of
from articles.model import Principal
from tests.gateway import ALICE, AUDIENCE, EDITOR, recorded


def test_a_recorded_cognito_authorizer_names_its_caller() -> None:
    assert principal_of(recorded("cognito_authorizer"), AUDIENCE) == Principal(
        "1a2b3c4d-0000-4000-8000-00000000a11c", "alice", frozenset({"readers", "writers"})
    )


def test_claims_and_flat_context_name_the_same_caller() -> None:
    named = principal_of(EDITOR.as_claims(), AUDIENCE)
    assert named is not None
    assert named == principal_of(EDITOR.as_context(), AUDIENCE)


@pytest.mark.parametrize("authorizer", [None, {}, {"principalId": "anonymous"}, {"claims": {}}, {"sub": ""}])
def test_whoever_has_no_subject_is_nobody(authorizer: dict[str, Any] | None) -> None:
    assert principal_of(authorizer, AUDIENCE) is None


@pytest.mark.parametrize(
    "change",
    [
        {"token_use": "access"},
        {"token_use": None},
        {"token_use": ["id"]},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [AUDIENCE]},
        {"aud": ""},
        {"sub": None},
    ],
)
def test_a_token_for_another_use_or_another_client_is_nobody(change: dict[str, Any]) -> None:
    changed = {name: value for name, value in (ALICE.as_context() | change).items() if value is not None}
    assert principal_of(changed, AUDIENCE) is None
    assert principal_of({"claims": changed}, AUDIENCE) is None


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        ("", set()),
        ("editors", {"editors"}),
        ("a,editors", {"a", "editors"}),
        ("[a editors]", {"a", "editors"}),
        (["a", "editors"], {"a", "editors"}),
        ("noeditors", {"noeditors"}),
    ],
)
def test_groups_are_read_however_the_gateway_writes_them(value: Any, groups: set[str]) -> None:
    assert groups_of(value) == groups


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"name": "Alice L.", "cognito:username": "alice"}, "Alice L."),
        ({"preferred_username": "al", "cognito:username": "alice"}, "al"),
        ({"cognito:username": "alice"}, "alice"),
        ({"cognito:username": "alice@example.com"}, "author-12345678"),
        ({"name": "", "cognito:username": "alice@example.com", "email": "alice@example.com"}, "author-12345678"),
        ({}, "author-12345678"),
        ({"name": "x" * 200}, "x" * 100),
    ],
)
def test_the_name_shown_is_never_an_address(facts: dict[str, str], name: str) -> None:
    who = principal_of({"claims": {"sub": "12345678-9", "token_use": "id", "aud": AUDIENCE, **facts}}, AUDIENCE)
    assert who is not None
    assert who.name == name
