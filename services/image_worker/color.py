"""Colours as a screen without any profile shows them: sRGB."""

import io
import struct

from PIL import Image, ImageCms

_SRGB = ImageCms.createProfile("sRGB")

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, SyntaxError, ValueError, TypeError, KeyError)


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image as RGB, its colours converted from the profile's. One that is broken, or of other colours than the
    image's, counts as none; so does sRGB, which is assumed where there is none."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
        except _PROFILE_ERRORS:
            converted = None
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _adobe_rgb() -> bytes:
    """An ICC profile of Adobe RGB (1998): its primaries adapted to D50 and its gamma of 563/256 (annexes A to C there).

    Made here, as cameras that write Adobe RGB by DCF put none into the file. Layout: ICC.1:2010, 7 to 10.
    """
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", 6) + b"Adobe\0" + bytes(78)),
        (b"wtpt", _xyz(0.9642, 1.0, 0.8249)),
        (b"rXYZ", _xyz(0.60974, 0.31111, 0.01947)),
        (b"gXYZ", _xyz(0.20528, 0.62567, 0.06087)),
        (b"bXYZ", _xyz(0.14919, 0.06322, 0.74457)),
    ]
    tags += [(name, b"curv\0\0\0\0" + struct.pack(">IHxx", 1, 563)) for name in (b"rTRC", b"gTRC", b"bTRC")]
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", header, 0, at + len(body), b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header[36:40] = b"acsp"
    header[68:80] = _xyz(0.9642, 1.0, 0.8249)[8:]
    return bytes(header) + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


ADOBE_RGB = _adobe_rgb()
