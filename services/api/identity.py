"""Who is calling: what the gateway's authorizers put into the event, and nothing else. Headers are never looked at.

The Cognito authorizer (where a token is required) gives the token's claims; our REQUEST authorizer (where it is
optional) gives the same facts as flat context values, or none of them for somebody without a token.

The Cognito authorizer knows the pool and not the app client: it lets in a token of any client of the pool, and does not
promise to refuse an access token. So whom a token is for, and what for, is asked here again.
"""

from collections.abc import Mapping
from typing import Any

from flask import current_app, request

from api.problems import ProblemError
from articles.model import Principal


def caller() -> Principal | None:
    """The request's authenticated caller, or None."""
    return principal_of(request.environ.get("serverless.authorizer"), current_app.config["TOKEN_AUDIENCE"])


def demand_caller() -> Principal:
    """The request's authenticated caller. Raises ProblemError (401): where the gateway stands in front, it has
    refused such a call already; where the image runs alone, this does."""
    who = caller()
    if who is None:
        raise ProblemError(401, "This needs an ID token of the user pool in the header Authorization.")
    return who


def principal_of(authorizer: Mapping[str, Any] | None, audience: str) -> Principal | None:
    """The principal in a REST event's requestContext.authorizer: the owner of an ID token for that app client."""
    facts: Mapping[str, Any] = (authorizer or {}).get("claims") or authorizer or {}
    subject = facts.get("sub")
    if not subject or facts.get("token_use") != "id" or facts.get("aud") != audience:
        return None
    return Principal(str(subject), _name(facts, str(subject)), groups_of(facts.get("cognito:groups", "")))


def groups_of(value: Any) -> frozenset[str]:
    """Groups as the gateway writes a list claim: `a,b`, or `[a b]` where the token came another way."""
    if isinstance(value, list | tuple):
        return frozenset(map(str, value))
    return frozenset(str(value).strip("[]").replace(",", " ").split())


def _name(facts: Mapping[str, Any], subject: str) -> str:
    """The name shown under an article: never an address, which some pools use for usernames."""
    for claim in ("name", "preferred_username", "cognito:username"):
        value = str(facts.get(claim) or "")
        if value and "@" not in value:
            return value[:100]
    return f"author-{subject[:8]}"
