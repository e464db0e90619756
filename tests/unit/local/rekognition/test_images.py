"""Limits at their borders, and decoding."""

import struct
import zlib

import pytest
from PIL import Image

from local.rekognition.errors import ServiceError
from local.rekognition.images import WORKING_SIDE, decode
from tests.unit.local.rekognition.support import PHOTOGRAPH, encoded, plain


def code_for(data: bytes) -> str:
    with pytest.raises(ServiceError) as caught:
        decode(data)
    return caught.value.code


@pytest.mark.parametrize("size", [(80, 80), (80, 10_000), (10_000, 80)])
def test_a_picture_at_the_border_is_decoded(size: tuple[int, int]) -> None:
    picture = decode(plain(*size))
    assert (picture.width, picture.height) == size
    assert max(picture.image.size) <= WORKING_SIDE


@pytest.mark.parametrize("size", [(79, 80), (80, 79)])
def test_a_picture_under_80_pixels_is_an_invalid_parameter(size: tuple[int, int]) -> None:
    assert code_for(plain(*size)) == "InvalidParameterException"


@pytest.mark.parametrize("size", [(10_001, 80), (80, 10_001)])
def test_a_picture_over_10_000_pixels_is_too_large(size: tuple[int, int]) -> None:
    assert code_for(plain(*size)) == "ImageTooLargeException"


def test_the_largest_picture_of_all_is_decoded_without_a_warning() -> None:
    picture = decode(encoded(Image.new("L", (10_000, 10_000)), "JPEG"))
    assert (picture.width, picture.height) == (10_000, 10_000)


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    data = b"IDAT" + zlib.compress(bytes(64))
    idat = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    assert code_for(b"\x89PNG\r\n\x1a\n" + chunk + idat) == "ImageTooLargeException"


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "BMP", "TIFF"])
def test_other_formats_are_refused(file_format: str) -> None:
    assert code_for(plain(file_format=file_format)) == "InvalidImageFormatException"


@pytest.mark.parametrize(
    "data",
    [
        b"no picture at all",
        b"\xff\xd8\xff and then some text",
        b"\x89PNG\r\n\x1a\n and then some text",
        plain()[:60],
        PHOTOGRAPH.read_bytes()[:20_000],
        plain(1000, 1000)[:1000],
    ],
    ids=["text", "text as JPEG", "text as PNG", "part of a PNG", "part of a JPEG", "part of a large PNG"],
)
def test_what_does_not_decode_is_an_invalid_format(data: bytes) -> None:
    assert code_for(data) == "InvalidImageFormatException"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_becomes_rgb(mode: str) -> None:
    assert decode(encoded(Image.new(mode, (90, 90)))).image.mode == "RGB"


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_becomes_rgb(mode: str) -> None:
    assert decode(encoded(Image.new(mode, (90, 90)), "JPEG")).image.mode == "RGB"


def test_transparency_lies_over_white() -> None:
    assert decode(encoded(Image.new("RGBA", (90, 90), (0, 0, 0, 0)))).image.getpixel((0, 0)) == (255, 255, 255)


def test_a_palette_with_transparency_decodes() -> None:
    data = encoded(Image.new("P", (90, 90)), transparency=0)
    assert decode(data).image.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    # Upright, the mark is in the top left quarter; each orientation stores it in another corner or shape.
    upright = Image.new("RGB", (200, 100), "white")
    upright.paste("black", (0, 0, 50, 25))
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = upright if inverse is None else upright.transpose(inverse)
    picture = decode(encoded(stored, "JPEG", exif=exif))
    assert (picture.width, picture.height) == picture.image.size == (200, 100)
    assert picture.image.convert("L").getpixel((10, 10)) < 50
    assert picture.image.convert("L").getpixel((190, 90)) > 200


def test_the_orientation_of_a_png_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = decode(encoded(Image.new("RGB", (200, 100)), "PNG", exif=exif))
    assert (picture.width, picture.height) == picture.image.size == (200, 100)
