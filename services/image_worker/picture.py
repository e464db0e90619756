"""From the bytes that somebody uploaded to clean pixels: upright, sRGB, opaque, no larger than needed, nothing else.

Whatever was in the file beside the pixels (EXIF with its GPS position, XMP, comments, thumbnails, a video behind the
last marker) is left behind, because the renditions are encoded anew from the pixels alone.
"""

import math
import mmap
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from image_worker import foreign
from image_worker.color import ADOBE_RGB, to_srgb
from image_worker.failures import PictureError
from image_worker.footprint import decode_bytes
from image_worker.formats import FORMATS, Decoder, opened, sniff, webp_canvas

LARGE_SIDE = 2048
"""Pixels of the longer side of the large rendition, at most."""

MAX_PIXELS = 100_000_000
"""Pixels of a picture as its header claims them, before any is decoded."""

MIN_SIDE = 80
"""Pixels: Rekognition sees nothing on smaller ones (developer guide, "Guidelines and quotas")."""

_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    AssertionError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What the decoders are known to raise on broken files (Pillow's documentation promises only OSError, pi_heif's these
and RuntimeError). Not MemoryError: that is no fault of the file's."""

_NOT_FOR_WANT_OF_MEMORY = ("invalid image size", "security limit exceeded")
"""Of libheif's "memory allocation errors": a header that asks for what cannot be, however much there is."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each EXIF orientation (CIPA DC-008, tag 274)."""

_STRIP_PIXELS = 2_000_000
"""Of the decoded picture, converted at once: the copies on the way stay small."""

_LEFT_TO_FILTER = 1.5
"""How much of the shrinking the fine filter does at least, the rest is averaging: the filter alone takes three times as
long, and its result looks the same."""

_LANCZOS_REACH = 3
"""Pixels of the result around one that its source pixels lie in."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: its format, Pillow's name of its kind of pixel, its size in pixels as stored."""

    format: str
    mode: str
    width: int
    height: int
    decode_bytes: int
    """An upper estimate of the memory that clean() takes beside the file's own bytes (see footprint)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Clean pixels: RGB, upright, each side at most what was asked for. width and height: the original's, upright."""

    pixels: Image.Image
    width: int
    height: int


def measure(data: bytes) -> Header:
    """Reads a file's header, and decodes nothing. decode_bytes is for clean(data, LARGE_SIDE).

    Raises PictureError for all that shows in a header: unsupported_format, corrupt, too_small, too_large.
    """
    file_format = _format(data)
    if file_format == "WebP":
        return _webp_header(data)
    return _header(file_format, _opened(file_format, data), data, LARGE_SIDE)


def clean(data: bytes, max_side: int) -> Picture:
    """The picture in a file, made no larger than `max_side` pixels a side; of an animation the first frame.

    A JPEG that a half, a quarter or an eighth of its size makes up to a tenth smaller than that stays so.

    Raises PictureError: unsupported_format, corrupt, too_small, too_large. Raises MemoryError where there is not the
    memory that the header's decode_bytes tells.
    """
    file_format = _format(data)
    claimed = _webp_header(data) if file_format == "WebP" else None
    decoder = _opened(file_format, data, claimed)
    header = _header(file_format, decoder, data, max_side)
    foreign.refuse(file_format, data)
    try:
        return _cleaned(decoder, max_side)
    except _DECODER_ERRORS as error:
        _blame_memory(header, error)
        raise _corrupt() from error


def _format(data: bytes) -> str:
    file_format = sniff(data)
    if file_format is None:
        what = foreign.name_of(data) or "no picture that can be shown"
        raise PictureError(
            "unsupported_format",
            f"The file is {what}. Upload a picture in one of these formats: {', '.join(FORMATS)}.",
        )
    return file_format


def _opened(file_format: str, data: bytes, claimed: Header | None = None) -> Decoder:
    """`claimed`: what the header says, where opening takes memory already."""
    try:
        return opened(file_format, data)
    except _DECODER_ERRORS as error:
        foreign.refuse(None, data)
        if claimed:
            _blame_memory(claimed, error)
        raise _corrupt() from error


def _webp_header(data: bytes) -> Header:
    """By itself, because libwebp would take the memory first."""
    size = webp_canvas(data)
    if size is None:
        foreign.refuse(None, data)
        raise _corrupt()
    _check_size(*size)
    return Header("WebP", "RGBA", *size, decode_bytes("WebP", "RGBA", size, len(data)))


def _header(file_format: str, decoder: Decoder, data: bytes, max_side: int) -> Header:
    _check_size(*decoder.size)
    needed = decode_bytes(
        file_format,
        decoder.mode,
        decoder.size,
        len(data),
        shrunk=_shrunk(decoder.size, max_side),
        needs_more=decoder.needs_more,
        height_at_once=decoder.height_at_once,
    )
    return Header(file_format, decoder.mode, *decoder.size, needed)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureError(
            "too_large", f"The picture has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels."
        )
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            "too_small", f"The picture has {width} × {height} pixels; each side needs at least {MIN_SIDE}."
        )


def _corrupt() -> PictureError:
    return PictureError("corrupt", "The file is damaged: it could not be read to its end.")


def _blame_memory(header: Header, error: BaseException) -> None:
    """Raises MemoryError where that was the reason: the decoders report it like damage."""
    text = str(error).lower()
    if "memory" in text and not any(cause in text for cause in _NOT_FOR_WANT_OF_MEMORY):
        raise MemoryError from error
    # What is never touched takes no memory, but room that the process's limit may not leave.
    try:
        mmap.mmap(-1, header.decode_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        raise MemoryError from error


def _cleaned(decoder: Decoder, max_side: int) -> Picture:
    width, height = decoder.size
    target = fitting(width, height, max_side)
    decoder.decode(_enough(target))
    if decoder.size != (width, height):  # a JPEG, decoded smaller
        target = fitting(*decoder.size, max_side)
    pixels = to_srgb(_fitted(decoder, target), ADOBE_RGB if decoder.is_adobe_rgb else decoder.profile)
    if decoder.orientation in _UPRIGHT:
        pixels = pixels.transpose(_UPRIGHT[decoder.orientation])
    if decoder.orientation in (5, 6, 7, 8):
        width, height = height, width
    return Picture(pixels, width, height)


def _enough(target: tuple[int, int]) -> tuple[int, int]:
    """The least that a JPEG's decoder may make of it: 4000 pixels decoded as 2000 need no further work for 2048."""
    return math.ceil(target[0] * 0.9), math.ceil(target[1] * 0.9)


def _shrunk(size: tuple[int, int], max_side: int) -> int:
    """What a JPEG's decoder divides its sides by: 1, 2, 4 or 8 (as Pillow's JpegImageFile.draft chooses)."""
    enough = _enough(fitting(*size, max_side))
    scale = min(size[0] // enough[0], size[1] // enough[1])
    return max((by for by in (2, 4, 8) if by <= scale), default=1)


def fitting(width: int, height: int, max_side: int) -> tuple[int, int]:
    """The size that a picture has when its longer side is at most `max_side`: never larger than it was."""
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _fitted(decoder: Decoder, target: tuple[int, int]) -> Image.Image:
    """The decoded picture in the target's size, opaque, in a mode that profiles know (RGB, L, CMYK, LAB).

    Palettes, transparency and 16 bits need copies several times as large as the picture. So it goes strip by strip:
    of a large picture each k × k pixels become one, then the fine filter shrinks what is left. It is given each strip
    with the rows around it, so that the result is that of shrinking the whole.
    """
    width, height = decoder.size
    white = _white(decoder.mode, decoder.greatest()) if decoder.mode in ("I", "F") else 1.0
    if target == decoder.size:
        return _opaque(decoder.rows(0, height), white)
    k = max(1, int(max(width, height) / max(target) / _LEFT_TO_FILTER))
    ratio = height / k / target[1]
    margin = math.ceil(_LANCZOS_REACH * max(ratio, 1.0)) + 1

    def strip(top: int, bottom: int) -> Image.Image:
        first, last = max(0, math.floor(top * ratio) - margin), math.ceil(bottom * ratio) + margin
        pixels = _opaque(decoder.rows(first * k, min(last * k, height)), white)
        box = (0, top * ratio - first, width / k, min(bottom * ratio, height / k) - first)
        averaged = pixels.reduce(k) if k > 1 else pixels
        return averaged.resize((target[0], bottom - top), Image.Resampling.LANCZOS, box)

    return _joined(strip, target, rows=max(1, round(_STRIP_PIXELS / width / k / ratio)))


def _joined(strip: Callable[[int, int], Image.Image], size: tuple[int, int], rows: int) -> Image.Image:
    """A picture of that size, made of strips from one row of it to another."""
    first = strip(0, min(rows, size[1]))
    result = Image.new(first.mode, size)
    result.paste(first, (0, 0))
    for top in range(rows, size[1], rows):
        result.paste(strip(top, min(top + rows, size[1])), (0, top))
    return result


def _white(mode: str, greatest: float) -> float:
    """What turns numbers without a fixed white (32-bit integers, floating point) into 0 to 255.

    A TIFF does not say which is white: 1.0 for fractions, else the most that 8 or 16 bits hold, else the greatest.
    """
    if mode == "F" and greatest <= 1.0:
        return 255.0
    if greatest <= 255:
        return 1.0
    return 255 / 65535 if greatest <= 65535 else 255 / greatest


def _opaque(image: Image.Image, white: float) -> Image.Image:
    """The image with white where it is transparent, in a mode whose values may be averaged."""
    transparency = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        # 16 bits a pixel: the upper 8 are enough for a screen.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
        transparency = transparency >> 8 if isinstance(transparency, int) else None
    elif image.mode in ("I", "F"):
        image = image.point(lambda value: value * white + 0).convert("L")
    if transparency is not None and image.mode in ("1", "L", "P", "RGB"):
        if isinstance(transparency, tuple) and max(transparency) > 255:  # of a PNG with 16 bits
            transparency = tuple(value >> 8 for value in transparency)
        image.info["transparency"] = transparency
        image = image.convert("RGBA")
    elif image.mode == "PA" or image.mode in ("RGBa", "La"):
        image = image.convert({"La": "LA"}.get(image.mode, "RGBA"))
    if image.mode in ("RGBA", "LA"):
        without = "RGB" if image.mode == "RGBA" else "L"
        background = Image.new(without, image.size, "white")
        background.paste(image.convert(without), mask=image.getchannel("A"))
        return background
    return image if image.mode in ("RGB", "L", "CMYK", "LAB") else image.convert("L" if image.mode == "1" else "RGB")


def stretched(image: Image.Image, min_side: int) -> Image.Image:
    """The image with each side at least so long. Fractions of its sides mean the same place as before."""
    size = max(image.width, min_side), max(image.height, min_side)
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR)
