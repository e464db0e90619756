"""A decoder that crashes, on purpose: so that a test sees it reported."""

import os

LONGEST = 64
WORDS = [b"abort"]


def seeds() -> dict[str, bytes]:
    return {"abort": b"abort"}


def check(data: bytes) -> None:
    if data == b"abort":
        os.abort()
