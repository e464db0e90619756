"""Idempotency-Key: a header of the client's making that turns a repeated POST into one."""

import hashlib
import re

import msgspec
from flask import request

from api.problems import FieldError, bad_input
from articles.idempotency import Once
from articles.model import Principal

LONGEST = 255
KEY = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""What a header carries unchanged through every client and proxy."""


def once(who: Principal, body: msgspec.Struct) -> Once | None:
    """The request's wish to be done once, or None. The key is the caller's own and belongs to this address.

    Raises ProblemError (400).
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not KEY.fullmatch(key) or len(key) > LONGEST:
        raise bad_input([FieldError("#Idempotency-Key", f"Must be 1 to {LONGEST} printable ASCII characters.")])
    address = f"{request.method} {request.path}"
    return Once(
        scope=who.id,
        key_digest=hashlib.sha256(f"{address}\n{key}".encode()).hexdigest(),
        fingerprint=hashlib.sha256(address.encode() + msgspec.json.encode(body, order="sorted")).hexdigest(),
    )
