"""The directories of a TIFF file (TIFF 6.0, section 2; BigTIFF), looked at before and beside its decoder.

Bounded in all that it reads: a file may claim directories without end, or that every entry is as long as the file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_PAGES, _MOST_ENTRIES = 200, 1000

STRIPS, STRIP_LENGTHS, TILES, TILE_LENGTHS = 273, 279, 324, 325

MOST_PARTS = 200_000
"""Strips or tiles of a picture: the decoder makes a Python object of each. Tiles of 32 × 32 are half as many."""

_LENGTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_NUMBERS = {3: "H", 4: "I", 16: "Q"}


@dataclass(frozen=True, slots=True)
class Entry:
    tag: int
    kind: int
    count: int
    place: int
    """Where its values stand in the file; they may claim to reach beyond its end."""
    length: int
    """Of the values, in bytes."""


@dataclass(frozen=True, slots=True)
class Directory:
    entries: tuple[Entry, ...]
    end: int
    """Behind the directory itself."""


def directories(data: bytes) -> Iterator[Directory]:
    """One a page, in the order of the file, up to where it is broken."""
    order = "<" if data[:2] == b"II" else ">"
    big = b"+" in data[2:4]
    count, entry, pointer, room = ("Q", "HHQQ", "Q", 8) if big else ("H", "HHII", "I", 4)
    first, width, link = (
        struct.calcsize(order + count),
        struct.calcsize(order + entry),
        struct.calcsize(order + pointer),
    )
    seen: set[int] = set()
    try:
        at = struct.unpack_from(order + pointer, data, 8 if big else 4)[0]
        while at and at not in seen and len(seen) < _MOST_PAGES:
            seen.add(at)
            number = struct.unpack_from(order + count, data, at)[0]
            if number > _MOST_ENTRIES:
                return
            entries = []
            for start in range(at + first, at + first + number * width, width):
                tag, kind, values, place = struct.unpack_from(order + entry, data, start)
                length = values * _LENGTHS.get(kind, 1)
                entries.append(Entry(tag, kind, values, place if length > room else start + width - room, length))
            end = at + first + number * width + link
            at = struct.unpack_from(order + pointer, data, end - link)[0]
            yield Directory(tuple(entries), end)
    except struct.error:
        return


def parts(data: bytes) -> int:
    """Strips or tiles of the first page, as it claims them."""
    first = next(directories(data), None)
    wanted = (STRIPS, STRIP_LENGTHS, TILES, TILE_LENGTHS)
    return max((entry.count for entry in first.entries if entry.tag in wanted), default=0) if first else 0


def end(data: bytes) -> int:
    """Behind the last byte that a directory refers to."""
    last = 8
    for directory in directories(data):
        last = max(last, directory.end)
        places = {}
        for entry in directory.entries:
            if entry.place + entry.length <= len(data):
                last = max(last, entry.place + entry.length)
                places[entry.tag] = entry
        for offsets, lengths in ((STRIPS, STRIP_LENGTHS), (TILES, TILE_LENGTHS)):
            if offsets in places and lengths in places:
                pairs = zip(_values(data, places[offsets]), _values(data, places[lengths]), strict=False)
                last = max([last, *(at + length for at, length in pairs if at + length <= len(data))])
    return last


def _values(data: bytes, entry: Entry) -> tuple[int, ...]:
    if entry.kind not in _NUMBERS or entry.count > MOST_PARTS:
        return ()
    order = "<" if data[:2] == b"II" else ">"
    return struct.unpack_from(f"{order}{entry.count}{_NUMBERS[entry.kind]}", data, entry.place)
