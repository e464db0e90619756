"""Ids: ULIDs, 26 characters of Crockford's base 32, which sort by the millisecond they were made in."""

import re

import ulid
from ulid import ULID

_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")


def new_id() -> str:
    """A fresh id: 48 bits of milliseconds since 1970, 80 random bits."""
    return str(ULID())


def forget() -> None:
    """Forgets the id made last. Within its millisecond the next one is that plus one, also in another copy of this
    process that a snapshot was restored into."""
    ulid.default_generator = ulid.ULIDGenerator()


def is_id(text: str) -> bool:
    """Whether the text could be an id of ours. What could not is not worth a call to the database."""
    return _ID.match(text) is not None
