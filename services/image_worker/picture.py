"""From the bytes that somebody uploaded to clean pixels: upright, sRGB, opaque, no larger than needed, nothing else.

What a file is, its content says; its name and its declared type are not asked. Whatever was in the file beside the
pixels (EXIF with its GPS position, XMP, comments, thumbnails, a ZIP behind the last marker) is left behind, because
the renditions are encoded anew from the pixels alone.
"""

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageCms

from image_worker.failures import PictureError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

MAX_PIXELS = 100_000_000
"""Pixels of a picture as its header claims them, before any is decoded: 100 megapixels take 300 to 400 MB."""

MIN_SIDE = 80
"""Pixels: Rekognition sees nothing on smaller ones (developer guide, "Guidelines and quotas")."""

# The header is checked against our own limit, below; Pillow's guard warns, per process, at another one.
Image.MAX_IMAGE_PIXELS = None

_MAGIC = {b"\xff\xd8\xff": 0, b"\x89PNG\r\n\x1a\n": 0, b"GIF87a": 0, b"GIF89a": 0, b"WEBP": 8}
"""How the formats begin, and at which byte."""

_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What Pillow's parsers are known to raise on broken files (its own documentation promises only OSError)."""

_ORIENTATION = 0x0112
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

_SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Picture:
    """Clean pixels: RGB, upright, each side at most what was asked for. width and height: the original's, upright."""

    pixels: Image.Image
    width: int
    height: int


def clean(data: bytes, max_side: int) -> Picture:
    """The picture in a file, made no larger than `max_side` pixels a side; of an animation the first frame.

    Raises PictureError: unsupported_format, corrupt, too_small, too_large.
    """
    if not any(data[at : at + len(magic)] == magic for magic, at in _MAGIC.items()):
        raise PictureError("unsupported_format", "The file is no JPEG, PNG, WebP or GIF picture.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(*opened.size)
            return _cleaned(opened, max_side)
    except _DECODER_ERRORS as error:
        raise PictureError("corrupt", "The file is damaged: it could not be read to its end.") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureError(
            "too_large", f"The picture has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels."
        )
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            "too_small", f"The picture has {width} × {height} pixels; each side needs at least {MIN_SIDE}."
        )


def _cleaned(opened: Image.Image, max_side: int) -> Picture:
    width, height = opened.size
    target = fitting(width, height, max_side)
    # A JPEG can be decoded at a half, a quarter or an eighth: a fraction of the time and the memory.
    opened.draft(None, target)
    opened.load()
    orientation = _orientation(opened)
    profile = opened.info.get("icc_profile")
    pixels = _resizable(opened)
    if pixels.size != target:
        pixels = pixels.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    pixels = _opaque_srgb(pixels, profile)
    if orientation in _UPRIGHT:
        pixels = pixels.transpose(_UPRIGHT[orientation])
    if orientation >= 5:
        width, height = height, width
    return Picture(pixels, width, height)


def fitting(width: int, height: int, max_side: int) -> tuple[int, int]:
    """The size that a picture has when its longer side is at most `max_side`: never larger than it was."""
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(_ORIENTATION, 1))
    except _DECODER_ERRORS:
        return 1  # broken metadata does not make a broken picture


def _resizable(image: Image.Image) -> Image.Image:
    """The image in a mode whose values may be averaged: no palette, no single colour that means transparent."""
    if image.mode.startswith("I;16") or image.mode == "I":
        # 16 bits a pixel: the upper 8 are enough for a screen.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image.convert("L") if image.mode == "1" else image


def _opaque_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    if image.mode == "RGBA":
        image = image.convert("RGB")
    elif image.mode == "LA":
        image = image.convert("L")
    image = _srgb(image, profile)
    if alpha is None:
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=alpha)
    return white


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, *_DECODER_ERRORS):
            converted = None  # a broken profile, or one of other colours than the picture's: as if it had none
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def stretched(image: Image.Image, min_side: int) -> Image.Image:
    """The image with each side at least so long. Fractions of its sides mean the same place as before."""
    size = max(image.width, min_side), max(image.height, min_side)
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR)
