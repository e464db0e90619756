"""Rekognition's limits on pictures, and decoding within them.

Source of the numbers: "Guidelines and quotas in Amazon Rekognition", set quotas.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from local.rekognition.errors import ServiceError, invalid_format, invalid_parameters

MAX_REQUEST_IMAGE_BYTES: Final = 5 * 1024 * 1024
MAX_OBJECT_BYTES: Final = 15 * 1024 * 1024
MIN_SIDE: Final = 80
MAX_SIDE: Final = 10_000

# Enough for every detector here: the largest input among them is 320 pixels wide.
WORKING_SIDE: Final = 640

_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises on bytes that start like a picture and are none.
_UNREADABLE: Final = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True)
class Picture:
    """A decoded picture. image: RGB, upright, at most WORKING_SIDE pixels on a side. width, height: the upright
    original's, in pixels."""

    image: Image.Image
    width: int
    height: int


def measure(data: bytes) -> tuple[int, int]:
    """The upright width and height in pixels that a file's header claims, checked as decode() does; no pixel is read.

    Raises ServiceError as decode() does, but for what only the pixels show.
    """
    source = _checked(data)
    return _upright(source)


def decode(data: bytes) -> Picture:
    """Decode a JPEG or PNG file, the dimensions checked from its header before any pixel is.

    Raises ServiceError: InvalidImageFormatException, InvalidParameterException below MIN_SIDE pixels on a side,
    ImageTooLargeException above MAX_SIDE.
    """
    source = _checked(data)
    width, height = _upright(source)
    try:
        image = _working_copy(source)
    except _UNREADABLE as error:
        raise invalid_format() from error
    return Picture(image, width, height)


def _checked(data: bytes) -> ImageFile.ImageFile:
    """The opened file, its header read and within the limits. Raises ServiceError."""
    try:
        source = _open(data)
    except _UNREADABLE as error:
        raise invalid_format() from error
    width, height = source.size
    if max(width, height) > MAX_SIDE:
        raise ServiceError(
            "ImageTooLargeException",
            f"Input image dimensions {width} x {height} exceed maximum dimension size of {MAX_SIDE} pixels",
        )
    if min(width, height) < MIN_SIDE:
        raise invalid_parameters()
    return source


def _upright(source: ImageFile.ImageFile) -> tuple[int, int]:
    width, height = source.size
    sideways = isinstance(source, JpegImageFile) and _orientation(source) >= 5
    return (height, width) if sideways else (width, height)


def _open(data: bytes) -> ImageFile.ImageFile:
    """Read the header only. Not Image.open: its bomb limit is one global for the whole process and lies below
    10,000 x 10,000 pixels; the limit that counts here is the service's, checked by the caller."""
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(BytesIO(data))
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile(BytesIO(data))
    raise invalid_format()


def _working_copy(source: ImageFile.ImageFile) -> Image.Image:
    size = (WORKING_SIDE, WORKING_SIDE)
    if isinstance(source, JpegImageFile):
        # thumbnail() lets the JPEG decoder itself drop resolution: a 10,000 pixel picture never unfolds in memory.
        source.thumbnail(size, Image.Resampling.BILINEAR)
        image = _rgb(source)
        turn = _UPRIGHT.get(_orientation(source))
        return image if turn is None else image.transpose(turn)
    # The service ignores the orientation of a PNG.
    blends = source.mode in {"L", "LA", "RGB", "RGBA"} and "transparency" not in source.info
    # Shrunk first where the mode allows it: a second full-size copy of the largest PNG would be 400 MB.
    flat = source if blends else _rgb(source)
    flat.thumbnail(size, Image.Resampling.BILINEAR)
    return _rgb(flat)


def _rgb(image: Image.Image) -> Image.Image:
    """RGB, transparency over white, and loaded: thumbnail() leaves a small file unread, hence its faults unseen."""
    image.load()
    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _orientation(source: JpegImageFile) -> int:
    try:
        value = source.getexif().get(_ORIENTATION, 1)
    except _UNREADABLE:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
