"""Other documents in a picture's file: a picture for one reader, and for another one a page, a program, an archive.

No such file would ever be served as it is. But a picture that carries one was made to get past somebody: refused.
Welcome is what cameras and phones put behind a picture: further pictures (MPO), the video of a motion photo, a maker's
own data, padding. So is text in metadata, which no rendition keeps.
"""

import re
import struct

from image_worker import tiff
from image_worker.failures import PictureError

_ZIP_END, _ZIP_ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_ZIP_SEARCHED = 22 + 65535
"""Bytes from the end in which a ZIP's end record is (APPNOTE 4.3.16): it closes with a comment of at most 65,535."""

_PDF_SEARCHED = 1024
"""Bytes from the beginning in which readers look for a PDF's header (PDF 1.7, implementation note 13)."""

_DOCUMENTS = re.compile(
    rb"(?P<pdf>%PDF-\d)|(?P<rar>Rar!\x1a\x07)|(?P<seven>7z\xbc\xaf\x27\x1c)|(?P<elf>\x7fELF[\x01\x02][\x01\x02]\x01)"
    rb"|(?P<php><\?php\s)|(?P<svg><svg\s[^>]{0,100}?xmlns)"
    rb"|(?P<html><(?:!doctype\s+html|html[\s>]|head>|body[\s>]|script[\s>]|iframe\s))",
    re.IGNORECASE,
)
"""How other documents begin, each so long that a video's bytes hardly ever look like it."""

_AT_ONCE = re.compile(
    rb"(?P<script>#!\s*/)|(?P<zip>PK\x03\x04)|(?P<svg><svg[\s>])|(?P<php><\?(?:php|=))|(?P<xml><\?xml\s)"
)
"""What is looked for at one place only, as it is too short to be searched."""

_NAMES = {
    "pdf": "a PDF document",
    "rar": "a RAR archive",
    "seven": "a 7z archive",
    "zip": "a ZIP archive",
    "elf": "a program",
    "pe": "a program",
    "php": "a PHP script",
    "script": "a script",
    "svg": "an SVG drawing",
    "html": "an HTML page",
    "xml": "an XML document",
}

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In a JPEG's scan, what is neither a stuffed byte nor a restart."""

_PROGRAM = re.compile(rb"MZ(?=.{58}..\0\0)", re.DOTALL)

_FILL = re.compile(rb"\xff+")

_BEGINNING = 4
"""Bytes that a picture begins with at least, whatever follows."""

_MOST_FOLLOWING = 10_000
"""Pictures and videos behind one another: a file could hold millions, of a few bytes each. The rest is searched."""

_BLANK = b"\0\xff \t\r\n"


def name_of(data: bytes) -> str | None:
    """What a file that is no picture is, with its article, or None."""
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    found = _AT_ONCE.match(start) or _DOCUMENTS.search(start)
    if found:
        return "an SVG drawing" if b"<svg" in start else _NAMES[str(found.lastgroup)]
    if _is_program(data, 0):
        return _NAMES["pe"]
    return "a video" if data[4:8] == b"ftyp" else None


def refuse(file_format: str | None, data: bytes) -> None:
    """Raises PictureError, unsupported_format, where the file is another document as well.

    `file_format`: one of formats.FORMATS; None where no decoder could read the header: then all of it is looked at.
    """
    found = _found(file_format, data)
    if found:
        raise PictureError(
            "unsupported_format",
            f"There is {_NAMES[found]} in the picture's file. Save the picture anew, and upload that.",
        )


def _found(file_format: str | None, data: bytes) -> str | None:
    if _has_zip_end(data):
        return "zip"
    if b"%PDF-" in data[:_PDF_SEARCHED] and b"%%EOF" in data[-_PDF_SEARCHED:]:
        return "pdf"
    end = _ENDS[file_format](data) if file_format else _BEGINNING
    for _ in range(_MOST_FOLLOWING):
        end = _skip_blank(data, end)
        following = _end_of_welcome(data, end)
        if following is None or following == end:
            break  # a box that is broken at once has no end of its own
        end = following
    if end >= len(data):
        return None
    match = _AT_ONCE.match(data, end) or _DOCUMENTS.search(data, end)
    if match:
        return str(match.lastgroup)
    return "pe" if any(_is_program(data, hit.start()) for hit in _PROGRAM.finditer(data, end)) else None


def _has_zip_end(data: bytes) -> bool:
    """Whether there is a ZIP's end record, with the directory that it tells of in front of it."""
    at = data.rfind(_ZIP_END, max(0, len(data) - _ZIP_SEARCHED))
    while at >= 0:
        if at + 22 <= len(data):
            size = int.from_bytes(data[at + 12 : at + 16], "little")
            if size <= at and data[at - size : at - size + 4] in (_ZIP_ENTRY, _ZIP_END):
                return True
        at = data.rfind(_ZIP_END, max(0, len(data) - _ZIP_SEARCHED), at)
    return False


def _is_program(data: bytes, at: int) -> bool:
    """Whether a Windows program begins there: its header tells where "PE" stands."""
    if data[at : at + 2] != b"MZ" or at + 64 > len(data):
        return False
    header = at + int.from_bytes(data[at + 60 : at + 64], "little")
    return data[header : header + 4] == b"PE\0\0"


def _skip_blank(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _BLANK:
        step = data[at : at + 4096]
        at += len(step) - len(step.lstrip(_BLANK))
        if at < len(data) and data[at - 1 : at + 2] == b"\xff\xd8\xff":
            return at - 1  # a picture's first byte looks like padding
    return at


def _end_of_welcome(data: bytes, at: int) -> int | None:
    """Where the picture or video that begins there ends; None where there is none."""
    if data[at : at + 3] == b"\xff\xd8\xff":
        return end_of_jpeg(data, at)
    if data[at + 4 : at + 8] == b"ftyp":
        return _end_of_boxes(data, at)
    return None


def end_of_jpeg(data: bytes, at: int = 0) -> int:
    """Behind the end-of-image marker; where the structure breaks (ITU-T T.81, annex B), there."""
    at += 2
    while data[at : at + 1] == b"\xff":
        marker = data[at + 1 : at + 2]
        if marker == b"\xff" and (fill := _FILL.match(data, at)):
            at = fill.end() - 1
            if fill.end() == len(data):
                return at
        elif marker == b"\xd9":
            return at + 2
        elif marker in (b"\x01", b"") or b"\xd0" <= marker <= b"\xd7":
            at += 2
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2 or at + 2 + length > len(data):
                return at
            at += 2 + length
            if marker == b"\xda":
                following = _MARKER.search(data, at)
                if following is None:
                    return len(data)
                at = following.start()
    return at


def _end_of_png(data: bytes) -> int:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            return at
        at += 12 + length
        if data[at - length - 8 : at - length - 4] == b"IEND":
            break
    return at


def _end_of_gif(data: bytes) -> int:
    at = 13 + _colours(data, 10)
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x2C:
            behind = at + 11 + _colours(data, at + 9)
        elif kind == 0x21:
            behind = at + 2
        else:
            return at
        while behind < len(data) and data[behind]:
            behind += 1 + data[behind]
        at = behind + 1
    return at


def _colours(data: bytes, at: int) -> int:
    """Bytes of the colour table that the flags there tell of."""
    return 3 << (data[at] & 7) + 1 if at < len(data) and data[at] & 0x80 else 0


def _end_of_webp(data: bytes) -> int:
    length = int.from_bytes(data[4:8], "little")
    return 8 + length + length % 2 if 8 + length <= len(data) else 12


def _end_of_boxes(data: bytes, at: int = 0) -> int:
    """Behind the last box (ISO/IEC 14496-12, 4.2) that is whole and has a name of letters."""
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        elif length == 0 and name.isalnum():
            return len(data)
        if length < 8 or at + length > len(data) or not name.isascii():
            break
        at += length
    return at


def _end_of_bmp(data: bytes) -> int:
    """Behind the rows where they are plain, by the file's own word where they are packed."""
    width: int
    height: int
    bits: int
    offset, header = (int.from_bytes(data[at : at + 4], "little") for at in (10, 14))
    if header == 12:
        width, height, bits = struct.unpack_from("<HH2xH", data + bytes(26), 18)
        packed = 0
    else:
        width, height, bits, packed = struct.unpack_from("<ii2xHI", data + bytes(40), 18)
    if packed in (0, 3):
        return min(len(data), offset + (abs(width) * bits + 31) // 32 * 4 * abs(height))
    return min(len(data), max(54, int.from_bytes(data[2:6], "little")))


_ENDS = {
    "JPEG": end_of_jpeg,
    "PNG": _end_of_png,
    "GIF": _end_of_gif,
    "WebP": _end_of_webp,
    "HEIC": _end_of_boxes,
    "AVIF": _end_of_boxes,
    "TIFF": tiff.end,
    "BMP": _end_of_bmp,
}
"""Where the picture ends, or where its structure breaks: what follows is looked at."""
