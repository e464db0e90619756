"""HEIC files in tiles: read row by row they are what libheif makes of the whole, in a fraction of the memory."""

import subprocess
import sys

import numpy
import pi_heif
import pytest
from PIL import Image

from image_worker import formats, heif_tiles
from image_worker.failures import PictureError
from image_worker.picture import clean, measure
from local.layout import SERVICES
from tests.unit.image_worker import pictures

SIZE = (1000, 700)  # no multiples of a tile's side
TILE = 256


def photograph(size: tuple[int, int] = SIZE) -> Image.Image:
    image = Image.effect_noise(size, 60).convert("RGB")
    image.paste((255, 0, 0), (50, 60, size[0] // 3, size[1] // 3))
    image.paste((0, 0, 255), (size[0] // 2, size[1] // 2, size[0] - 20, size[1] - 10))
    return image


def tiled(orientation: int = 1, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x112] = orientation
    return pictures.heic(photograph(), exif=exif.tobytes(), tile_size=TILE, **options)  # type: ignore[arg-type]


def whole(data: bytes) -> Image.Image:
    file = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
    return Image.frombytes("RGB", file.size, bytes(file.data), "raw", "RGB", file.stride)


def tiles_of(data: bytes) -> heif_tiles.Tiles:
    tiles = heif_tiles.tiles_of(data, pi_heif.open_heif(data).size)
    assert tiles, "libheif does not decode single tiles any more: every large HEIC takes five times the memory"
    return tiles


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_rows_of_tiles_make_up_the_picture_however_it_is_turned(orientation: int) -> None:
    data = tiled(orientation)
    expected = whole(data)
    tiles = tiles_of(data)
    for top in range(0, expected.height, 130):
        bottom = min(top + 150, expected.height)  # each strip begins within the one before
        strip = tiles.rows(top, bottom)
        assert numpy.array_equal(strip, expected.crop((0, top, expected.width, bottom)))
    assert numpy.array_equal(tiles.rows(0, expected.height), expected)


@pytest.mark.parametrize("options", [{}, {"bits": 10}, {"chroma": 444}])
@pytest.mark.parametrize("max_side", [100, 300, 800, 2048])
def test_a_tiled_picture_looks_like_one_decoded_at_once(
    options: dict[str, int], max_side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiled(6, **options)
    by_tiles = clean(data, max_side)
    monkeypatch.setattr(formats, "tiles_of", lambda *_: None)
    at_once = clean(data, max_side)
    assert (by_tiles.width, by_tiles.height) == (at_once.width, at_once.height) == (700, 1000)
    assert numpy.array_equal(by_tiles.pixels, at_once.pixels)


def test_without_the_functions_the_picture_is_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heif_tiles, "_library", lambda: None)
    assert heif_tiles.tiles_of(tiled(), SIZE) is None
    assert clean(tiled(), 300).pixels.size == (300, 210)


def test_a_picture_in_one_piece_or_of_another_size_is_not_taken_for_tiles() -> None:
    assert heif_tiles.tiles_of(pictures.heic(photograph()), SIZE) is None
    assert heif_tiles.tiles_of(tiled(), (SIZE[0], SIZE[1] - 1)) is None


@pytest.mark.parametrize("tile", [690, 400, 360])
def test_tiles_of_more_than_half_a_side_are_not_worth_it(tile: int) -> None:
    data = pictures.heic(photograph(), tile_size=tile)
    assert heif_tiles.tiles_of(data, SIZE) is None
    assert clean(data, 300).pixels.size == (300, 210)


def test_a_tile_wider_than_the_picture_is_not_taken_for_a_tile_of_it() -> None:
    """What it takes would follow from no size that was looked at."""
    data = pictures.heic(photograph((100, 900)), tile_size=256)
    assert heif_tiles.tiles_of(data, (100, 900)) is None


def test_a_damaged_tile_is_corrupt() -> None:
    data = bytearray(tiled())
    at = int(len(data) * 0.9)
    data[at - 20_000 : at] = bytes(20_000)
    with pytest.raises(PictureError) as caught:
        clean(bytes(data), 300)
    assert caught.value.failure.code == "corrupt"


def test_a_file_that_ends_within_a_tile_is_corrupt() -> None:
    data = tiled()
    for part in (0.3, 0.7, 0.98):
        with pytest.raises(PictureError) as caught:
            clean(data[: int(len(data) * part)], 300)
        assert caught.value.failure.code == "corrupt"


def test_less_memory_is_reserved_for_tiles() -> None:
    image = photograph((2000, 3000))
    tiles, one = (measure(pictures.heic(image, **how)) for how in ({"tile_size": TILE}, {}))
    assert tiles.decode_bytes + 20_000_000 < one.decode_bytes


@pytest.mark.skipif(sys.platform != "linux", reason="no other system limits a process's memory")
@pytest.mark.parametrize("tile", [512, 1500])
def test_a_picture_in_tiles_takes_no_more_memory_than_its_header_says(tile: int) -> None:
    data = pictures.heic(photograph((3000, 4000)), tile_size=tile)
    script = (
        "import resource, sys\n"
        "from image_worker.picture import clean, measure\n"
        "data = sys.stdin.buffer.read()\n"
        "needed = measure(data).decode_bytes\n"
        "used = int(open('/proc/self/status').read().split('VmData:')[1].split()[0]) << 10\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (used + needed, -1))\n"
        "print(needed < 145_000_000, clean(data, 2048).pixels.size)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True, cwd=SERVICES)
    assert done.stdout == b"True (1536, 2048)\n"
