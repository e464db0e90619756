"""The largest and the nastiest uploads: each under 15 MB, so that S3 takes it, and huge once it is unpacked."""

import io
import struct
import zlib
from collections.abc import Callable

import pillow_heif
from PIL import Image

HUGE = 10_000
"""Pixels of each side: a hundred megapixels, the most that is taken."""

GIGABYTE = 1024**3

File = Callable[[], bytes]


def gradient(mode: str, side: int = HUGE) -> Image.Image:
    """A picture without noise, which any format packs well."""
    small = Image.radial_gradient("L")
    bands = [small, small.rotate(90), small.rotate(180), small.rotate(270)]
    merged = Image.merge(mode, bands[: len(Image.new(mode, (1, 1)).getbands())])
    return merged.resize((side, side), Image.Resampling.NEAREST)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def heic(side: int = HUGE, **options: object) -> bytes:
    """Of tiles, as phones write them."""
    file = io.BytesIO()
    options = {"quality": 40, "tile_size": 512, "enc_params": {"preset": "ultrafast"}} | options
    pillow_heif.from_pillow(gradient("RGB", side)).save(file, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    """A chunk of a PNG, perhaps of a length that it only claims."""
    size = len(data) if length is None else length
    return struct.pack(">I", size) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(side: int, depth: int, kind: int, row_bytes: int, *before: bytes) -> bytes:
    """A PNG file of zeros; `before` stands before its pixels."""
    header = struct.pack(">IIBBBBB", side, side, depth, kind, 0, 0, 0)
    pixels = squeezed((1 + row_bytes) * side)
    parts = (chunk(b"IHDR", header), *before, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def squeezed(size: int) -> bytes:
    """So many zeros in the format of zlib (RFC 1950), of which most are the same megabyte, compressed once."""
    press = zlib.compressobj(9, wbits=-15)
    megabyte = press.compress(bytes(1 << 20)) + press.flush(zlib.Z_FULL_FLUSH)
    rest = press.compress(bytes(size & 0xFFFFF)) + press.flush()
    checksum = (size % 65521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + megabyte * (size >> 20) + rest + struct.pack(">I", checksum)


def small_png(*before: bytes) -> bytes:
    return png(200, 8, 2, 600, *before)


def bomb(name: bytes, head: bytes) -> bytes:
    """A small picture with a chunk that unpacks to a gigabyte."""
    return small_png(chunk(name, head + squeezed(GIGABYTE)))


def tiff(entries: dict[int, tuple[int, int, int]], data: bytes = b"") -> bytes:
    """A little-endian TIFF of one directory: by tag its type, count and value. The data stand at byte 8."""
    at = 8 + len(data)
    directory = struct.pack("<H", len(entries))
    for tag, (kind, count, value) in sorted(entries.items()):
        directory += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0" + struct.pack("<I", at) + data + directory + bytes(4)


SHORT, LONG = 3, 4


def tiff_claiming(width: int, height: int, strip_bytes: int) -> bytes:
    """A TIFF that says it has so many pixels in one strip of so many bytes, and is some hundred bytes long."""
    return tiff(
        {
            256: (LONG, 1, width),
            257: (LONG, 1, height),
            258: (SHORT, 1, 8),
            259: (SHORT, 1, 1),
            262: (SHORT, 1, 1),
            273: (LONG, 1, 8),
            277: (SHORT, 1, 1),
            278: (LONG, 1, height),
            279: (LONG, 1, strip_bytes),
        },
        bytes(64),
    )


def gif_bomb(side: int, frames: int) -> bytes:
    """An animation of many frames, each as large as all of it."""
    one = Image.new("P", (side, side))
    one.putpalette([0, 0, 0, 255, 255, 255])
    file = io.BytesIO()
    one.save(file, "GIF")
    whole = file.getvalue()
    start = whole.index(b",", 13)  # the first image's descriptor
    frame = whole[start:-1]
    return whole[:start] + b"".join(b"!\xf9\x04\x08\x01\x00\x00\x00" + frame for _ in range(frames)) + b";"


def bmp_run_lengths(side: int) -> bytes:
    """A BMP of one colour whose rows are packed: two bytes for 255 pixels."""
    row = b"\xff\x00" * (side // 255) + bytes((side % 255, 0)) + b"\0\0"
    pixels = row * side + b"\0\1"
    palette = bytes(1024)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(pixels), 0, 0, 256, 0)
    offset = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + palette + pixels


READY = "ready"

LARGEST: dict[str, File] = {
    "JPEG": lambda: encoded(gradient("RGB"), "JPEG", quality=75),
    "progressive JPEG": lambda: encoded(gradient("RGB"), "JPEG", quality=75, progressive=True, subsampling=0),
    "CMYK JPEG": lambda: encoded(gradient("CMYK"), "JPEG", quality=75),
    "RGBA PNG": lambda: encoded(gradient("RGBA"), "PNG", compress_level=1),
    "16-bit RGBA PNG": lambda: png(HUGE, 16, 6, HUGE * 8),
    "16-bit grey PNG": lambda: png(HUGE, 16, 0, HUGE * 2),
    "WebP": lambda: encoded(gradient("RGB"), "WEBP", quality=50, method=0),
    "lossless WebP with alpha": lambda: encoded(
        Image.new("RGBA", (HUGE, HUGE), (20, 120, 220, 128)), "WEBP", lossless=True, quality=0, method=0
    ),
    "HEIC of tiles": heic,
    "HEIC of one piece": lambda: heic(8192, tile_size=0),
    "AVIF": lambda: encoded(gradient("RGB"), "AVIF", quality=40, speed=10),
    "RGBA TIFF": lambda: encoded(gradient("RGBA"), "TIFF", compression="tiff_adobe_deflate"),
    "32-bit TIFF": lambda: encoded(gradient("L").convert("F"), "TIFF", compression="tiff_adobe_deflate"),
    "GIF": lambda: encoded(gradient("L"), "GIF"),
    "BMP": lambda: bmp_run_lengths(HUGE),
}
"""Pictures of the most pixels that are taken. They end as ready where the function's memory holds them."""

NASTIEST: dict[str, tuple[File, set[str]]] = {
    "TIFF that claims 4 GB": (lambda: tiff_claiming(65_535, 65_535, 0xFFFFFFFF), {"too_large"}),
    "TIFF with a strip of 4 GB": (lambda: tiff_claiming(1000, 1000, 0xFFFFFFFF), {"corrupt"}),
    "PNG that claims 4 GB": (lambda: png(60_000, 8, 2, 0), {"too_large"}),
    "PNG with text of 4 GB": (lambda: small_png(chunk(b"tEXt", b"a\0b", 0xFFFFFFFF)), {"corrupt"}),
    "PNG with a profile of 2 GB": (lambda: small_png(chunk(b"iCCP", b"a\0\0", 0x7FFFFFFF)), {"corrupt"}),
    "PNG with pixels of 4 GB": (lambda: png(200, 8, 2, 4 * GIGABYTE // 200 - 1), {READY}),
    "PNG with a zTXt bomb": (lambda: bomb(b"zTXt", b"a\0\0"), {READY, "corrupt"}),
    "PNG with an iTXt bomb": (lambda: bomb(b"iTXt", b"a\0\1\0\0\0"), {READY, "corrupt"}),
    "PNG with an iCCP bomb": (lambda: bomb(b"iCCP", b"a\0\0"), {READY, "corrupt"}),
    "animated GIF bomb": (lambda: gif_bomb(5000, 400), {READY}),
    "GIF that claims 4 GB": (
        lambda: b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\2\2L\1\0;",
        {"too_large"},
    ),
}
"""Files that lie, or unpack to far more than they are; by each the codes (or ready) that it may end with."""
