"""Every format in every way that cameras, phones and programs write it: upright, sRGB, opaque, nothing else."""

import io
import struct
from collections.abc import Callable

import numpy
import pytest
import tifffile
from PIL import Image, ImageCms

from image_worker import renditions
from image_worker.color import ADOBE_RGB
from image_worker.picture import clean, measure
from tests.unit.image_worker import pictures
from tests.unit.image_worker.pictures import BLUE, GREEN, RED, WHITE
from tests.unit.image_worker.test_picture import close, corners

Make = Callable[[Image.Image], bytes]


def saved(file_format: str, mode: str | None = None, **options: object) -> Make:
    return lambda image: pictures.any_format(image.convert(mode) if mode else image, file_format, **options)


def tiff(**options: object) -> Make:
    def make(image: Image.Image) -> bytes:
        file = io.BytesIO()
        tifffile.imwrite(file, numpy.asarray(image), photometric="rgb", **options)
        return file.getvalue()

    return make


def deep_tiff(image: Image.Image) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, numpy.asarray(image).astype(numpy.uint16) * 257, photometric="rgb")
    return file.getvalue()


def deep_png(image: Image.Image) -> bytes:
    deep = numpy.asarray(image).astype(">u2") * 257
    return pictures.png(image.size, 16, 2, b"".join(b"\0" + row.tobytes() for row in deep))


def animated(file_format: str) -> Make:
    def make(image: Image.Image) -> bytes:
        others = [Image.new("RGB", image.size, colour) for colour in (BLUE, GREEN)]
        return pictures.encoded(image, file_format, save_all=True, append_images=others, duration=100)

    return make


WAYS: dict[str, Make] = {
    "JPEG": saved("JPEG", quality=95),
    "JPEG progressive": saved("JPEG", quality=95, progressive=True),
    "JPEG CMYK": saved("JPEG", "CMYK", quality=95),
    "JPEG YCCK": pictures.ycck_jpeg,
    "JPEG and another (MPO)": lambda image: pictures.encoded(
        image, "MPO", save_all=True, append_images=[Image.new("RGB", image.size, BLUE)]
    ),
    "PNG": saved("PNG"),
    "PNG palette": lambda image: pictures.encoded(image.quantize(8), "PNG"),
    "PNG 16 bits": deep_png,
    "PNG interlaced": pictures.interlaced_png,
    "PNG animated": animated("PNG"),
    "WebP": saved("WEBP", quality=95),
    "WebP lossless": saved("WEBP", lossless=True),
    "WebP animated": animated("WEBP"),
    "GIF": saved("GIF"),
    "GIF animated": animated("GIF"),
    "HEIC": saved("HEIC"),
    "HEIC 10 bits": saved("HEIC", bits=10),
    "HEIC 4:4:4": saved("HEIC", chroma=444),
    "AVIF": saved("AVIF", quality=95),
    "AVIF animated": animated("AVIF"),
    "TIFF": saved("TIFF"),
    "TIFF LZW": saved("TIFF", compression="tiff_lzw"),
    "TIFF deflate": saved("TIFF", compression="tiff_adobe_deflate"),
    "TIFF JPEG": saved("TIFF", compression="jpeg", quality=95),
    "TIFF CMYK": saved("TIFF", "CMYK"),
    "TIFF LAB": lambda image: pictures.encoded(
        ImageCms.profileToProfile(
            image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        ),
        "TIFF",
    ),
    "TIFF 16 bits": deep_tiff,
    "TIFF tiled": tiff(tile=(64, 64)),
    "TIFF big": tiff(bigtiff=True),
    "TIFF big-endian": tiff(byteorder=">"),
    "TIFF pages": animated("TIFF"),
    "BMP": saved("BMP"),
    "BMP 32 bits": saved("BMP", "RGBA"),
    "BMP runs": pictures.rle_bmp,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_a_picture_is_read(way: str) -> None:
    upright = pictures.quadrants(322, 201)
    data = WAYS[way](upright)
    header = measure(data)
    picture = clean(data, renditions.LARGE_SIDE)

    assert header.format == way.split()[0]
    assert (header.width, header.height) == (picture.width, picture.height) == picture.pixels.size == (322, 201)
    assert picture.pixels.mode == "RGB"
    assert close(corners(picture.pixels), [RED, GREEN, BLUE, WHITE], tolerance=24)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_a_picture_is_made_smaller(way: str) -> None:
    data = WAYS[way](pictures.quadrants(640, 402))
    picture = clean(data, 100)
    assert (picture.width, picture.height) == (640, 402)
    assert picture.pixels.size in ((100, 63), (100, 62), (80, 51), (80, 50))
    assert close(corners(picture.pixels), [RED, GREEN, BLUE, WHITE], tolerance=24)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["HEIC", "AVIF", "TIFF"])
def test_a_turned_picture_ends_upright_once(file_format: str, orientation: int) -> None:
    stored = pictures.turned_away(pictures.quadrants(320, 200), orientation)
    options = {"tiffinfo": {274: orientation}} if file_format == "TIFF" else {"exif": pictures.exif(orientation)}
    picture = clean(pictures.any_format(stored, file_format, **options), renditions.LARGE_SIDE)
    assert (picture.width, picture.height) == picture.pixels.size == (320, 200)
    assert close(corners(picture.pixels), [RED, GREEN, BLUE, WHITE], tolerance=24)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "HEIC", "AVIF", "TIFF"])
def test_what_is_transparent_becomes_white(file_format: str) -> None:
    image = pictures.quadrants().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 160, 100))  # the red quadrant: black, and wholly transparent
    picture = clean(pictures.any_format(image, file_format), renditions.LARGE_SIDE)
    assert close(corners(picture.pixels), [WHITE, GREEN, BLUE, WHITE], tolerance=24)


@pytest.mark.parametrize("colour", [0, 2], ids=["grey", "RGB"])
def test_one_transparent_colour_of_sixteen_bits_becomes_white(colour: int) -> None:
    channels = 3 if colour else 1
    row = b"\0" + struct.pack(">H", 40_000) * channels * 50 + struct.pack(">H", 20_000) * channels * 50
    data = pictures.png((100, 100), 16, colour, row * 100, (b"tRNS", struct.pack(">H", 40_000) * channels))
    assert close(corners(clean(data, 400).pixels), [WHITE, (78, 78, 78)] * 2)


@pytest.mark.parametrize(
    ("most", "dtype"), [(1.0, "float32"), (255, "float32"), (65_535, "uint16"), (2**31 - 1, "int32")]
)
def test_numbers_of_any_size_become_grey(most: float, dtype: str) -> None:
    values = numpy.zeros((100, 100), dtype)
    values[:, 50:] = most
    file = io.BytesIO()
    tifffile.imwrite(file, values)
    assert close(corners(clean(file.getvalue(), 400).pixels), [(0, 0, 0), WHITE] * 2)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "HEIC", "AVIF", "TIFF", "BMP"])
def test_no_rendition_keeps_anything_but_pixels(file_format: str) -> None:
    options = (
        {"exif": pictures.exif(1, gps=True), "icc_profile": ADOBE_RGB} if file_format not in ("GIF", "BMP") else {}
    )
    data = pictures.any_format(pictures.quadrants(), file_format, **options)
    assert (b"Camera maker" in data) == bool(options)
    for rendition in (renditions.large, renditions.thumbnail):
        made = rendition(clean(data, renditions.LARGE_SIDE))
        image = pictures.opened(made)
        assert image.format == "JPEG"
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
        assert b"Camera maker" not in made


def _srgb_of_adobe(colour: tuple[int, int, int]) -> tuple[int, ...]:
    """By the standards' own formulas (Adobe RGB (1998), 4.3.5; IEC 61966-2-1), both in XYZ of D65."""
    to_xyz = [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
    to_linear = [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    linear = numpy.clip(numpy.array(to_linear) @ numpy.array(to_xyz) @ (numpy.array(colour) / 255) ** (563 / 256), 0, 1)
    curved = numpy.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(round(255 * value) for value in curved)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "HEIC", "AVIF", "TIFF"])
def test_adobe_rgb_is_converted(file_format: str) -> None:
    muted = (100, 160, 90)
    data = pictures.any_format(Image.new("RGB", (100, 100), muted), file_format, icc_profile=ADOBE_RGB)
    found = corners(clean(data, 400).pixels)[0]
    assert close([found], [_srgb_of_adobe(muted)], tolerance=6)  # type: ignore[list-item] # three values
    assert not close([found], [muted], tolerance=12)


def test_a_cameras_adobe_rgb_without_a_profile_is_converted() -> None:
    muted = (100, 160, 90)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    assert b"R03" in exif.tobytes()
    image = Image.new("RGB", (100, 100), muted)
    found = corners(clean(pictures.encoded(image, "JPEG", exif=exif, quality=95), 400).pixels)[0]
    assert close([found], [_srgb_of_adobe(muted)], tolerance=4)  # type: ignore[list-item] # three values


def test_a_picture_of_100_megapixels_is_read() -> None:
    data = pictures.encoded(Image.new("L", (12_500, 8_000), 90), "PNG", compress_level=1)
    picture = clean(data, renditions.LARGE_SIDE)
    assert (picture.width, picture.height) == (12_500, 8_000)
    assert picture.pixels.size == (2048, 1311)
    assert corners(picture.pixels) == [(90, 90, 90)] * 4


def test_a_very_long_panorama_is_read() -> None:
    picture = clean(pictures.encoded(pictures.quadrants(60_000, 100), "PNG", compress_level=1), renditions.LARGE_SIDE)
    assert picture.pixels.size == (2048, 3)


def test_strips_leave_no_seams() -> None:
    slope = Image.linear_gradient("L").resize((3000, 2600)).convert("RGB")
    picture = clean(pictures.encoded(slope, "PNG", compress_level=1), 1500)
    column = numpy.asarray(picture.pixels)[:, 700, 0].astype(int)
    assert picture.pixels.size == (1500, 1300)
    assert (numpy.diff(column) >= 0).all()
    assert numpy.diff(column).max() <= 1
