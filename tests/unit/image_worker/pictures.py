"""Picture files, made anew by each test that needs one."""

import io
import struct
import zlib
from typing import Any

import numpy
import pillow_heif
from PIL import Image, ImageDraw

RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 200, 20), (20, 20, 220), (255, 255, 255)


def quadrants(width: int = 320, height: int = 200) -> Image.Image:
    """Red, green (top left, top right), blue, white (bottom left, bottom right): every turn shows."""
    image = Image.new("RGB", (width, height), WHITE)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), RED)
    draw.rectangle((width // 2, 0, width, height // 2 - 1), GREEN)
    draw.rectangle((0, height // 2, width // 2 - 1, height), BLUE)
    return image


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:  # noqa: A002 (Pillow's own word)
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(width: int = 320, height: int = 200, **options: Any) -> bytes:
    return encoded(quadrants(width, height), "JPEG", quality=95, **options)


def exif(orientation: int = 1, *, gps: bool = False) -> bytes:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = "Camera maker"
    if gps:
        data.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)})
    return data.tobytes()


def turned_away(upright: Image.Image, orientation: int) -> Image.Image:
    """The pixels that a camera stores which held the picture so that `orientation` turns it upright again."""
    undone = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    return upright if undone is None else upright.transpose(undone)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG file of a few bytes whose header claims that many pixels."""
    return png((width, height), 8, 2, bytes(1000))


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def heic(image: Image.Image, *, bits: int = 8, **options: Any) -> bytes:
    """HEIC of the image, with 10 bits a channel where `bits` says so. Options: pillow_heif's, such as exif."""
    if bits > 8:
        deep = numpy.asarray(image).astype(numpy.uint16) * 257
        heif = pillow_heif.from_bytes(f"{image.mode};16", image.size, deep.tobytes())
    else:
        heif = pillow_heif.from_pillow(image)
    file = io.BytesIO()
    heif.save(file, quality=90, enc_params={"preset": "ultrafast"}, **options)
    return file.getvalue()


def any_format(image: Image.Image, file_format: str, **options: Any) -> bytes:
    return heic(image, **options) if file_format == "HEIC" else encoded(image, file_format, **options)


def png(
    size: tuple[int, int], depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes], way: int = 0
) -> bytes:
    """A PNG file of those rows, each behind its filter's number. `colour`, `way`: IHDR's colour type, interlacing."""
    made = [(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, way)), *chunks]
    made += [(b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in made)


def interlaced_png(image: Image.Image) -> bytes:
    """PNG in the seven passes of Adam7, which Pillow does not write."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    pixels = numpy.asarray(image)
    rows = b"".join(b"\0" + row.tobytes() for x, y, across, down in passes for row in pixels[y::down, x::across])
    return png(image.size, 8, 2, rows, way=1)


def ycck_jpeg(image: Image.Image) -> bytes:
    """JPEG with inverted YCCK, as Photoshop writes it: CMYK whose first three channels went through YCbCr."""
    cyan, magenta, yellow, black = image.convert("CMYK").split()
    luma = Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr")
    parts = [channel.point(lambda value: 255 - value) for channel in luma.split()]
    data = encoded(Image.merge("CMYK", (*parts, black)), "JPEG", quality=95)
    adobe = data.index(b"Adobe")
    assert data[adobe + 11] == 0
    return data[: adobe + 11] + b"\2" + data[adobe + 12 :]


def rle_bmp(image: Image.Image) -> bytes:
    """BMP of 8 bits a pixel, packed in runs (compression 1)."""
    indexed = image.quantize(4)
    packed = b""
    for row in numpy.asarray(indexed)[::-1]:
        at = 0
        while at < len(row):
            most = min(255, len(row) - at)
            run = next((n for n in range(1, most) if row[at + n] != row[at]), most)
            packed += bytes((run, row[at]))
            at += run
        packed += b"\0\0"
    packed += b"\0\1"
    colours = bytes(indexed.getpalette() or ())
    table = b"".join(colours[n : n + 3][::-1] + b"\0" for n in range(0, 12, 3))
    header = struct.pack("<IiiHHIIiiII", 40, *image.size, 1, 8, 1, len(packed), 0, 0, 4, 0)
    offset = 14 + 40 + len(table)
    return b"BM" + struct.pack("<IxxxxI", offset + len(packed), offset) + header + table + packed


def bmp_claiming(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IxxxxIIiiHHIIiiII", 58, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(4)


def gif_claiming(width: int, height: int) -> bytes:
    """A GIF whose screen is that large and whose only frame has one pixel."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0\x3b"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame


def webp_claiming(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff_claiming(**tags: int) -> bytes:
    """A TIFF's directory of those tags, as t256=width, t257=height, …, each one LONG, without any pixels."""
    entries = b"".join(struct.pack("<HHII", int(name[1:]), 4, 1, value) for name, value in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
