"""The Lambda handler that lets readers in with or without a token.

API Gateway's Cognito authorizer can't be optional: it refuses whoever brings no token. Published articles need none,
yet their author must be known in order to see drafts. So the reading routes ask this function: without a token it lets
the call pass as nobody's, with a good one as its owner's, and a bad one it denies.
"""

import os
from typing import Any

from api import snapshot
from api.tokens import TokenVerifier, bare
from articles import correlation, logs

logs.configure("authorizer", os.environ.get("LOG_LEVEL", "INFO"))
verifier = TokenVerifier(os.environ["TOKEN_ISSUER"], os.environ["TOKEN_AUDIENCE"], os.environ["JWKS_URL"])
snapshot.register(verifier.prime, verifier.forget)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes a REQUEST authorizer's event, gives its policy and, of a good token, the claims as context."""
    correlation_id = correlation.valid(event.get("requestContext", {}).get("requestId"))
    known = logs.context(request_id=context.aws_request_id, trace_id=logs.trace_id())
    with known, correlation.following(correlation_id):
        return decide(verifier, event)


def decide(tokens: TokenVerifier, event: dict[str, Any]) -> dict[str, Any]:
    sent = _authorizations(event)
    token = bare(sent[0]) if sent else ""
    facts: dict[str, str] | None = {}
    if len(sent) > 1:
        facts = None  # of two tokens, whoever stands before or behind this function could take the other
    elif token:
        facts = tokens.facts(token)
    return {
        "principalId": (facts or {}).get("sub", "anonymous"),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    # A denial, not an error: the gateway's response for it is a 401 (modules/rest_api).
                    "Effect": "Deny" if facts is None else "Allow",
                    "Resource": event["methodArn"],
                }
            ],
        },
        "context": facts or {},
    }


def _authorizations(event: dict[str, Any]) -> list[str]:
    """Every Authorization header of the request."""
    headers = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    return [value or "" for name, values in headers.items() if name.lower() == "authorization" for value in values]
