"""Passwords of local users: the same for one name as long as the stack's directory lives, and known to nobody else."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from local.layout import Layout

_SECRET_BYTES = 32
_RANDOM_PART = 28  # characters of 5 bits
# Whatever classes of characters a pool asks for: the random part alone may lack some.
_EVERY_CLASS = "-Aa1"
LENGTH = _RANDOM_PART + len(_EVERY_CLASS)


class Passwords:
    """Derives them, so that nothing has to be kept but one secret, and whoever sets one sets what was there already."""

    def __init__(self, secret: bytes) -> None:
        """Takes what they are derived from."""
        self._secret = secret

    @classmethod
    def of_stack(cls, layout: Layout) -> "Passwords":
        """Those of the stack in this directory. Its secret is made at the first call, and survives `make down`."""
        return cls(_kept_secret(layout.password_secret))

    @classmethod
    def of_this_process(cls) -> "Passwords":
        """Passwords that no other process can tell."""
        return cls(_OWN_SECRET)

    def of(self, username: str) -> str:
        """The user's; Alice and alice are one person to the pool."""
        digest = hmac.digest(self._secret, username.lower().encode(), hashlib.sha256)
        return base64.b32encode(digest).decode().lower()[:_RANDOM_PART] + _EVERY_CLASS


_OWN_SECRET = secrets.token_bytes(_SECRET_BYTES)


def _kept_secret(path: Path) -> bytes:
    """The file's content; random, where the file is not there yet."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600: nobody else reads it
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_SECRET_BYTES))
    # A link is made once, and never half: of two commands that come at the same time, the second takes the first one's.
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()
    return path.read_bytes()
