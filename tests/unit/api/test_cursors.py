import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import Cursors
from api.problems import ProblemError

CURSORS = Cursors("0f" * 32)


@given(st.text(), st.text())
def test_a_cursor_comes_back_as_the_position_it_was_made_of(listing: str, position: str) -> None:
    cursor = CURSORS.encode(listing, position)
    assert cursor is not None
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_.")
    assert CURSORS.decode(listing, cursor) == position


def test_half_a_surrogate_pair_is_refused_like_any_other_text() -> None:
    with pytest.raises(ProblemError):
        CURSORS.decode("list", "\ud800.signature")


def test_no_position_is_no_cursor_and_no_cursor_is_the_beginning() -> None:
    assert CURSORS.encode("list", None) is None
    assert CURSORS.decode("list", None) is None


@given(st.text())
def test_what_was_made_up_is_refused(cursor: str) -> None:
    with pytest.raises(ProblemError):
        CURSORS.decode("list", cursor)


@given(st.data())
def test_a_changed_character_is_noticed(data: st.DataObject) -> None:
    cursor = CURSORS.encode("list", "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC") or ""
    signed = cursor.rindex(".")  # of the signature's last character two bits mean nothing
    place = data.draw(st.integers(0, signed - 1))
    other = data.draw(st.sampled_from([c for c in string.ascii_letters if c != cursor[place]]))
    with pytest.raises(ProblemError):
        CURSORS.decode("list", cursor[:place] + other + cursor[place + 1 :])


def test_a_cursor_of_another_list_or_another_key_is_refused() -> None:
    cursor = CURSORS.encode("list", "position")
    with pytest.raises(ProblemError):
        CURSORS.decode("another list", cursor)
    with pytest.raises(ProblemError):
        Cursors("f0" * 32).decode("list", cursor)


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    cursor = CURSORS.encode("articles", "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC") or ""
    for character in (string.ascii_letters + string.digits + "-_").replace(cursor[-1], ""):
        with pytest.raises(ProblemError):
            CURSORS.decode("articles", cursor[:-1] + character)
