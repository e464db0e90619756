"""Passwords of local users: stable for a stack, strange to every other one."""

import stat
import string
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.layout import Layout
from local.passwords import LENGTH, Passwords


@given(secret=st.binary(min_size=32, max_size=32), name=st.text(min_size=1, max_size=40))
def test_every_password_meets_every_policy(secret: bytes, name: str) -> None:
    password = Passwords(secret).of(name)

    assert len(password) == LENGTH == 32
    for characters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.!"):
        assert set(password) & set(characters)
    assert password.isascii()
    assert not set(password) & set(string.whitespace + "'\"$`\\"), "is pasted into shells, too"


def test_a_password_is_of_one_user_and_one_stack(tmp_path: Path) -> None:
    one, other = Passwords.of_stack(Layout(tmp_path / "one")), Passwords.of_stack(Layout(tmp_path / "other"))

    assert len({one.of("alice"), one.of("bob"), other.of("alice"), Passwords.of_this_process().of("alice")}) == 4
    assert one.of("alice") == one.of("Alice"), "the pool does not tell them apart"


def test_a_password_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "never" / "up")

    assert Passwords.of_stack(layout).of("alice") == Passwords.of_stack(layout).of("alice")
    assert Passwords.of_this_process().of("alice") == Passwords.of_this_process().of("alice")


def test_nobody_else_reads_the_secret(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "local")
    Passwords.of_stack(layout)

    assert [path.name for path in layout.root.iterdir()] == [layout.password_secret.name]
    assert stat.S_IMODE(layout.password_secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700


@pytest.mark.parametrize("round_", range(5))
def test_commands_that_come_at_the_same_time_agree(tmp_path: Path, round_: int) -> None:
    layout, start = Layout(tmp_path / str(round_)), threading.Barrier(8)
    found: list[str] = []

    def derive() -> None:
        start.wait()
        found.append(Passwords.of_stack(layout).of("alice"))

    threads = [threading.Thread(target=derive) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
