"""The user pool in an operator's hands: who somebody is, and that they come back no more."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

_SUB = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Cognito's `sub` is a UUID."""


@dataclass(frozen=True, slots=True)
class Person:
    """`username` is None where the pool does not know them (any more): what they wrote may still be there."""

    sub: str
    username: str | None


class People:
    def __init__(self, cognito: "CognitoIdentityProviderClient", user_pool_id: str) -> None:
        self._cognito = cognito
        self._pool = user_pool_id

    def find(self, name: str) -> Person:
        """Whoever has this sub, or else this user name.

        Raises:
            LocalError: nobody has this user name.
        """
        if _SUB.fullmatch(name):
            users = self._cognito.list_users(UserPoolId=self._pool, Filter=f'sub = "{name}"')["Users"]
            return Person(name, users[0]["Username"] if users else None)
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._pool, Username=name)
        except self._cognito.exceptions.UserNotFoundException as error:
            raise LocalError(
                f"The user pool has no {name}. Where the user is gone already, say the sub, as in AUTHOR=<uuid>: "
                "their articles have it as the author's id."
            ) from error
        return Person(next(a["Value"] for a in user["UserAttributes"] if a["Name"] == "sub"), user["Username"])

    def lock_out(self, username: str) -> None:
        """No new sign-in, no new token. The tokens that are out serve to their end: the gateway asks nobody."""
        self._cognito.admin_disable_user(UserPoolId=self._pool, Username=username)
        self._cognito.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)

    def remove(self, username: str) -> None:
        """Deletes the user; missing already is fine."""
        try:
            self._cognito.admin_delete_user(UserPoolId=self._pool, Username=username)
        except self._cognito.exceptions.UserNotFoundException:
            return
