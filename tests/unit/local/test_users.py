"""Signing local users in."""

from typing import Any

import pytest

from local.errors import LocalError
from local.passwords import Passwords
from local.users import UserPool


class FakeCognito:
    """The four calls of a user pool that a sign-in takes."""

    class exceptions:  # noqa: N801 - the SDK names it so
        class UsernameExistsException(Exception):  # noqa: N818
            pass

        class ResourceNotFoundException(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.users: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.challenge = ""

    def admin_create_user(self, *, Username: str, **_: Any) -> None:  # noqa: N803
        if Username in self.users:
            raise self.exceptions.UsernameExistsException
        self.users[Username] = ""

    def admin_add_user_to_group(self, *, Username: str, GroupName: str, **_: Any) -> None:  # noqa: N803
        if GroupName != "editors":
            raise self.exceptions.ResourceNotFoundException("Group not found.")
        self.groups[Username] = GroupName

    def admin_set_user_password(self, *, Username: str, Password: str, **_: Any) -> None:  # noqa: N803
        self.users[Username] = Password

    def admin_initiate_auth(self, *, AuthParameters: dict[str, str], **_: Any) -> dict[str, Any]:  # noqa: N803
        if self.challenge:
            return {"ChallengeName": self.challenge}
        assert self.users[AuthParameters["USERNAME"]] == AuthParameters["PASSWORD"]
        return {"AuthenticationResult": {"IdToken": f"token of {AuthParameters['USERNAME']}"}}


@pytest.fixture
def cognito() -> FakeCognito:
    """An empty user pool."""
    return FakeCognito()


@pytest.fixture
def pool(cognito: FakeCognito) -> UserPool:
    """On that pool."""
    return UserPool(cognito, "pool", "client")  # type: ignore[arg-type]


def test_a_user_is_created_at_the_first_sign_in_and_kept_at_the_second(pool: UserPool, cognito: FakeCognito) -> None:
    assert pool.token("alice") == "token of alice"

    assert pool.token("alice") == "token of alice"
    assert list(cognito.users) == ["alice"]


def test_a_user_joins_a_group_on_request(pool: UserPool, cognito: FakeCognito) -> None:
    pool.token("erin", group="editors")
    pool.token("alice")

    assert cognito.groups == {"erin": "editors"}


def test_a_challenge_is_one_sentence(pool: UserPool, cognito: FakeCognito) -> None:
    cognito.challenge = "SOFTWARE_TOKEN_MFA"

    with pytest.raises(LocalError, match="alice cannot sign in: the pool asks for SOFTWARE_TOKEN_MFA"):
        pool.token("alice")


@pytest.mark.parametrize("name", ["alice smith", "al\tice"])
def test_a_name_with_spaces_is_refused(pool: UserPool, name: str) -> None:
    with pytest.raises(LocalError, match="is no user name"):
        pool.token(name)


def test_an_empty_name_is_called_that(pool: UserPool) -> None:
    with pytest.raises(LocalError, match="The user name is empty"):
        pool.token("")


def test_a_group_that_is_not_there_is_named_with_one_that_is(pool: UserPool) -> None:
    with pytest.raises(LocalError, match="There is no group nogroup: editors is one"):
        pool.token("erin", group="nogroup")


def test_a_token_leaves_the_password_as_it_was_told(cognito: FakeCognito) -> None:
    one, other = (UserPool(cognito, "pool", "client", Passwords(b"the stack's")) for _ in range(2))  # type: ignore[arg-type]

    told = one.password("alice")
    other.token("alice")

    assert cognito.users["alice"] == told == other.password("alice")


def test_a_password_that_somebody_else_set_is_set_right(pool: UserPool, cognito: FakeCognito) -> None:
    told = pool.password("alice")
    cognito.users["alice"] = "another one"

    assert pool.token("alice") == "token of alice"
    assert cognito.users["alice"] == told


def test_a_password_brings_the_user_and_the_group(pool: UserPool, cognito: FakeCognito) -> None:
    assert pool.password("erin", group="editors") == cognito.users["erin"]
    assert cognito.groups == {"erin": "editors"}


def test_without_the_stacks_passwords_those_of_one_process_agree(cognito: FakeCognito) -> None:
    one, other = (UserPool(cognito, "pool", "client") for _ in range(2))  # type: ignore[arg-type]

    assert one.password("alice") == other.password("alice")
