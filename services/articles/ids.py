"""Ids: ULIDs, 26 characters of Crockford's base 32, which sort by the millisecond they were made in.

https://github.com/ulid/spec. Made here: the library for them takes 47 million instructions of a cold start to import,
as many as the whole model.
"""

import os
import re
import time
from threading import Lock

_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80

_lock = Lock()
_last = (0, 0)
"""The millisecond of the last id, and its random number."""


def new_id() -> str:
    """A fresh id: 48 bits of milliseconds since 1970, 80 random bits. Within a millisecond, the one before plus one."""
    global _last  # noqa: PLW0603 (what came last is the whole process's)
    with _lock:
        millisecond, number = time.time_ns() // 1_000_000, _last[1] + 1
        if millisecond != _last[0] or number >> _RANDOM_BITS:
            number = int.from_bytes(os.urandom(_RANDOM_BITS // 8))
        _last = (millisecond, number)
    value = millisecond << _RANDOM_BITS | number
    return "".join(_DIGITS[value >> shift & 31] for shift in range(125, -1, -5))


def forget() -> None:
    """Forgets the id made last. Within its millisecond the next one is that plus one, also in another copy of this
    process that a snapshot was restored into."""
    global _last  # noqa: PLW0603
    with _lock:
        _last = (0, 0)


def is_id(text: str) -> bool:
    """Whether the text could be an id of ours. What could not is not worth a call to the database."""
    return _ID.match(text) is not None
