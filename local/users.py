"""Users of the local user pool."""

from typing import TYPE_CHECKING

from local.errors import LocalError
from local.passwords import Passwords

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient


class UserPool:
    """Signs local users in, by passwords that it sets itself: each time the same, so that nobody else's goes stale."""

    def __init__(
        self,
        client: "CognitoIdentityProviderClient",
        pool_id: str,
        client_id: str,
        passwords: Passwords | None = None,
    ) -> None:
        """Takes the pool and the app client of it that the API accepts tokens for.

        `passwords` are the stack's, Passwords.of_stack, wherever `make password` may have told somebody one.
        """
        self._cognito = client
        self._pool = pool_id
        self._client = client_id
        self._passwords = passwords or Passwords.of_this_process()

    def password(self, username: str, group: str | None = None) -> str:
        """What that user signs in with, who is created, and put into the group, where necessary.

        Raises:
            LocalError: the name is none, or there is no such group.
        """
        if not username:
            raise LocalError("The user name is empty: leave USER out for alice, or say USER=<name>.")
        if not username.isprintable() or any(character.isspace() for character in username):
            raise LocalError(f"{username!r} is no user name: it may hold no spaces.")
        self._ensure(username)
        if group:
            self._join(username, group)
        password = self._passwords.of(username)
        self._cognito.admin_set_user_password(
            UserPoolId=self._pool, Username=username, Password=password, Permanent=True
        )
        return password

    def token(self, username: str, group: str | None = None) -> str:
        """A fresh ID token of that user, who is created, and put into the group, where necessary.

        Raises:
            LocalError: the pool refuses.
        """
        password = self.password(username, group)
        answer = self._cognito.admin_initiate_auth(
            UserPoolId=self._pool,
            ClientId=self._client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        result = answer.get("AuthenticationResult")
        if not result:
            raise LocalError(f"{username} cannot sign in: the pool asks for {answer.get('ChallengeName')}.")
        return result["IdToken"]

    def _join(self, username: str, group: str) -> None:
        try:
            self._cognito.admin_add_user_to_group(UserPoolId=self._pool, Username=username, GroupName=group)
        except self._cognito.exceptions.ResourceNotFoundException as error:  # the pool is there: it has the user
            raise LocalError(f"There is no group {group}: editors is one.") from error

    def _ensure(self, username: str) -> None:
        try:
            self._cognito.admin_create_user(
                UserPoolId=self._pool,
                Username=username,
                MessageAction="SUPPRESS",
                UserAttributes=[
                    {"Name": "email", "Value": f"{username}@example.com"},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": "name", "Value": username.capitalize()},
                ],
            )
        except self._cognito.exceptions.UsernameExistsException:
            return
