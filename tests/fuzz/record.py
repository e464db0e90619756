"""What is being tried, in a file that outlives the process: the input that killed it can be read there."""

import mmap
import struct
from pathlib import Path

_HEAD = struct.Struct("<QQ")
_ROOM = 1 << 20


class Record:
    def __init__(self, path: Path) -> None:
        with path.open("w+b") as file:
            file.truncate(_HEAD.size + _ROOM)
            self._map = mmap.mmap(file.fileno(), 0)
        self._tried = 0

    def begin(self, data: bytes) -> None:
        self._tried += 1
        _HEAD.pack_into(self._map, 0, self._tried, len(data))
        self._map[_HEAD.size : _HEAD.size + len(data)] = data


def read(path: Path) -> tuple[int, bytes]:
    """How many inputs were tried, and the last of them."""
    content = path.read_bytes() if path.exists() else b""
    if len(content) < _HEAD.size:
        return 0, b""
    tried, length = _HEAD.unpack_from(content)
    return tried, content[_HEAD.size : _HEAD.size + length]
