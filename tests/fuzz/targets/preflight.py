"""A picture's header and its decoding: any bytes are a clean picture or a failure with a code, within the estimate."""

import struct
import zlib
from collections.abc import Callable
from typing import TypeVar

from PIL import Image

from image_worker import picture, renditions
from image_worker.failures import PictureError
from image_worker.formats import FORMATS
from tests.fuzz.bounds import within_bytes, within_seconds
from tests.unit.image_worker import pictures

LONGEST = 16_384
MOST_PIXELS = 300_000
"""Of a picture that is decoded here: more would be slow, and tell nothing new."""

MEASURING = 16 * 1024 * 1024
"""Bytes that reading a header may take, beside some copies of the file."""

_OF_SIZE = {"too_small", "too_large"}
CODES = {"unsupported_format", "corrupt"} | _OF_SIZE

_SIZES = (2048, 100, 30)
_METADATA = (b"\xff\xe1", b"\xff\xe2", b"\xff\xed", b"\xff\xfe")  # EXIF and XMP, ICC, IPTC, comment

T = TypeVar("T")

WORDS = [
    *(b"\xff\xd8\xff", b"\xff\xc0", b"\xff\xc2", b"\xff\xda", b"\xff\xd9", b"\xff\xdd", b"\xff\xe1", b"Exif\0\0"),
    *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"IEND", b"zTXt", b"gAMA"),
    *(b"VP8X", b"VP8L", b"VP8 ", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"GIF89a", b"NETSCAPE2.0", b"\x21\xf9\x04"),
    *(b"ftyp", b"heic", b"avif", b"mif1", b"meta", b"iloc", b"iinf", b"iprp", b"ipco", b"ipma", b"ispe", b"irot"),
    *(b"imir", b"pitm", b"hvcC", b"av1C", b"clap", b"grid", b"iovl", b"iref", b"dimg", b"auxl", b"colr", b"idat"),
    *(b"II*\0", b"MM\0*", b"II+\0", b"BM", b"%PDF-1", b"PK\x05\x06", b"MZ", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"),
]


def seeds() -> dict[str, bytes]:
    return {**accepted(), **refused()}


def accepted() -> dict[str, bytes]:
    """One or more of each format, as small as pictures are taken: 80 pixels a side."""
    image = pictures.quadrants(96, 80)
    grey, alpha, palette = image.convert("L"), image.convert("RGBA"), image.quantize(4)
    alpha.putalpha(Image.linear_gradient("L").resize(alpha.size))
    frames = [image.quantize(4), image.rotate(180).quantize(4)]
    exif = pictures.exif(6, gps=False)
    e = pictures.encoded
    return {
        "jpeg": e(image, quality=60),
        "jpeg-444": e(image, quality=60, subsampling=0),
        "jpeg-grey": e(grey, quality=60),
        "jpeg-cmyk": e(image.convert("CMYK"), quality=40),
        "jpeg-ycck": pictures.ycck_jpeg(image),
        "jpeg-progressive": e(image, quality=60, progressive=True),
        "jpeg-exif": e(image, quality=60, exif=exif),
        "jpeg-adobe-rgb": e(image, quality=60, icc_profile=picture.ADOBE_RGB),
        "jpeg-restarts": e(image, quality=60, restart_marker_blocks=2),
        "jpeg-mpo": e(image, "MPO", quality=50, save_all=True, append_images=[image]),
        "png": e(image, "PNG"),
        "png-1": e(image.convert("1"), "PNG"),
        "png-palette": e(palette, "PNG", transparency=1),
        "png-alpha": e(alpha, "PNG"),
        "png-grey-alpha": e(alpha.convert("LA"), "PNG"),
        "png-16": e(grey.convert("I;16"), "PNG"),
        "png-interlaced": pictures.interlaced_png(image),
        "png-animation": e(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "png-exif-profile": e(image, "PNG", exif=exif, icc_profile=picture.ADOBE_RGB),
        "webp": e(image, "WEBP", quality=50),
        "webp-lossless": e(image, "WEBP", lossless=True),
        "webp-alpha": e(alpha, "WEBP", quality=50, exif=exif),
        "webp-animation": e(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "gif": e(palette, "GIF"),
        "gif-animation": e(frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=0),
        "heic": pictures.heic(image),
        "heic-10": pictures.heic(image, bits=10),
        "heic-alpha": pictures.heic(alpha),
        "avif": e(image, "AVIF", quality=40, speed=10),
        "avif-alpha": e(alpha, "AVIF", quality=40, speed=10),
        "tiff-raw": e(grey, "TIFF"),
        "tiff-lzw": e(image, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": e(image, "TIFF", compression="tiff_adobe_deflate", exif=exif),
        "tiff-jpeg": e(image, "TIFF", compression="jpeg"),
        "tiff-fax": e(image.convert("1"), "TIFF", compression="group4"),
        "tiff-packbits": e(grey, "TIFF", compression="packbits"),
        "tiff-cmyk": e(image.convert("CMYK"), "TIFF", compression="tiff_lzw"),
        "tiff-float": e(grey.convert("F"), "TIFF", compression="tiff_lzw"),
        "tiff-big": e(palette, "TIFF", compression="tiff_lzw", big_tiff=True),
        "bmp-1": e(image.convert("1"), "BMP"),
        "bmp-8": e(palette, "BMP"),
        "bmp-runs": pictures.rle_bmp(image),
    }


def refused() -> dict[str, bytes]:
    """Claims, which the seeds' decoders refuse."""
    return {
        "png-claiming": pictures.png_claiming(65_500, 65_500),
        "gif-claiming": pictures.gif_claiming(20_000, 20_000),
        "webp-claiming": pictures.webp_claiming(16_383, 16_383),
        "bmp-claiming": pictures.bmp_claiming(60_000, -60_000),
        "tiff-claiming": pictures.tiff_claiming(t256=200, t257=200, t262=1, t322=2**31, t323=2**31, t324=8),
        "tiff-one-strip": pictures.tiff_claiming(t256=200, t257=200, t262=1, t273=2**32 - 9, t277=1, t279=2**32 - 9),
    }


def check(data: bytes) -> None:
    header = _of_time_and_code(CODES, MEASURING + 4 * len(data), lambda: picture.measure(data))
    if header is None:
        return
    assert header.format in FORMATS
    assert min(header.width, header.height) >= picture.MIN_SIDE
    assert header.width * header.height <= picture.MAX_PIXELS
    if header.width * header.height > MOST_PIXELS:
        return
    max_side = _SIZES[zlib.crc32(data) % len(_SIZES)]
    # Sizes have been looked at.
    clean = _of_time_and_code(CODES - _OF_SIZE, header.decode_bytes, lambda: picture.clean(data, max_side))
    if clean is None:
        return
    assert clean.pixels.mode == "RGB"
    assert max(clean.pixels.size) <= max_side
    assert sorted((clean.width, clean.height)) == sorted((header.width, header.height))
    head = renditions.thumbnail(clean).partition(b"\xff\xda")[0]
    assert not any(marker in head for marker in _METADATA), "metadata in a rendition"


def _of_time_and_code(codes: set[str], most: int, work: Callable[[], T]) -> T | None:
    """What `work` gives, or None where it fails with one of the codes, in either case within 5 s and `most` bytes."""
    code = None
    with within_seconds(5):
        try:
            return within_bytes(most, work)
        except PictureError as error:
            code = error.failure.code
    assert code in codes, f"failed with {code}"
    return None


def repaired(data: bytes) -> bytes:
    """A PNG with its chunks' checksums made right: few changes get past them otherwise."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return data
    fixed, at = bytearray(data), 8
    while at + 12 <= len(fixed):
        length = int.from_bytes(fixed[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(fixed):
            break
        struct.pack_into(">I", fixed, end, zlib.crc32(fixed[at + 4 : end]))
        at = end + 4
    return bytes(fixed)
