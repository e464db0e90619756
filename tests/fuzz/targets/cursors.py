"""The API's cursor decoder: any text is a position of its list or a problem; nothing is taken that was not signed."""

import json
from base64 import urlsafe_b64encode

from itsdangerous import Signer, URLSafeSerializer

from api.cursors import Cursors
from api.problems import ProblemError
from tests.fuzz.bounds import within_seconds

KEY = "0f" * 32
LISTINGS = ("articles", "author:1a2b3c4d", "labels")
POSITIONS = ("", "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC", "Cat#01JD9Z6M3T8Q4V7W2X5Y1Z0ABC", "é\0/", "a" * 400)
LONGEST = 4_096
WORDS = [b".", b"-", b"_", b"=", b"eJ", b".eJ", b"IiI", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b'"', b"null", b"\\u0000"]

_CURSORS = Cursors(KEY)
_GIVEN_OUT = {(listing, _CURSORS.encode(listing, position)): position for listing in LISTINGS for position in POSITIONS}


def seeds() -> dict[str, bytes]:
    given_out = {
        f"given-out-{n}": bytes([LISTINGS.index(listing)]) + (cursor or "").encode()
        for n, (listing, cursor) in enumerate(_GIVEN_OUT)
    }
    signed = {
        f"signed-{n}": b"\x10" + payload
        for n, payload in enumerate([b'"MDFKRA"', b"null", b"[]", b"\xff", json.dumps("x" * 99).encode(), b"[" * 1200])
    }
    return {**given_out, **signed, "empty": b"\0", "nonsense": b"\1.a.b-", "half-a-pair": b"\2\xed\xa0\x80.a"}


def check(data: bytes) -> None:
    """The first byte says of which list the rest is the cursor, or that it is signed first, with the right key."""
    if not data:
        return
    listing = LISTINGS[data[0] % len(LISTINGS)]
    if data[0] & 0x10:
        _check_signed(listing, data[1:])
    else:
        _check_text(listing, data[1:].decode("utf-8", "surrogatepass" if _is_half_a_pair(data[1:]) else "replace"))


def _check_text(listing: str, cursor: str) -> None:
    """Not even the seeds' signatures open another list, and no fuzzer finds another one."""
    position = _decoded(listing, cursor)
    assert position == _GIVEN_OUT.get((listing, cursor)), "a cursor that nobody gave out was taken"


def _check_signed(listing: str, payload: bytes) -> None:
    """What is signed but no position, or spelled in another way, as an older release might have given out."""
    encoded = urlsafe_b64encode(payload).rstrip(b"=")
    key: Signer = URLSafeSerializer(KEY, salt=f"cursor:{listing}").make_signer(f"cursor:{listing}")
    for signed in (key.sign(encoded), key.sign(b"." + encoded), key.sign(payload)):
        cursor = signed.decode("utf-8", "replace")
        position = _decoded(listing, cursor)
        assert position is None or _CURSORS.encode(listing, position) == cursor


def _decoded(listing: str, cursor: str) -> str | None:
    problem = position = None
    with within_seconds(1):
        try:
            position = _CURSORS.decode(listing, cursor)
        except ProblemError as raised:
            problem = raised
    assert problem.status == 400 if problem else isinstance(position, str)
    return position


def _is_half_a_pair(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True
