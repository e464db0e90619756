"""Broken and hostile files: each fails with its code, and none takes more memory than its size allows."""

import struct
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from PIL import Image

from image_worker import picture as pictures_module
from image_worker import renditions
from image_worker.failures import PictureError
from image_worker.formats import Decoder
from image_worker.picture import clean, measure
from local.layout import SERVICES
from tests.fuzz.bounds import within_bytes
from tests.unit.image_worker import pictures

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "HEIC", "AVIF", "TIFF", "BMP"]


def code_of(data: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        clean(data, renditions.LARGE_SIDE)
    return caught.value.failure.code


def outcome(data: bytes) -> str:
    try:
        clean(data, 200)
    except PictureError as error:
        return error.failure.code
    return "ready"


def noise(file_format: str) -> bytes:
    image = Image.effect_noise((200, 120), 90).convert("RGB")
    return pictures.any_format(image, file_format)


@pytest.mark.filterwarnings("ignore:Truncated File Read", "ignore:Corrupt EXIF data")  # Pillow's, of the same
@pytest.mark.parametrize("file_format", FORMATS)
def test_a_truncated_file_is_corrupt_wherever_it_ends(file_format: str) -> None:
    data = noise(file_format)
    for part in (0.02, 0.1, 0.5, 0.9):
        assert code_of(data[: int(len(data) * part)]) in ("corrupt", "unsupported_format")
    assert code_of(data[: len(data) // 2]) == "corrupt"


@pytest.mark.filterwarnings("ignore")  # whatever Pillow has to say of such files
@pytest.mark.parametrize("file_format", FORMATS)
def test_changed_bytes_never_raise_anything_else(file_format: str) -> None:
    data = bytearray(noise(file_format))
    for n in range(25):
        changed = bytearray(data)
        for at in range(8 + n, min(len(data), 600), 61):
            changed[at] = (changed[at] * 31 + n * 7 + 129) & 0xFF
        assert outcome(bytes(changed)) in ("ready", "corrupt", "unsupported_format", "too_large", "too_small")


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_picture_that_is_too_small_is_told_by_its_header(file_format: str) -> None:
    data = pictures.any_format(pictures.quadrants(200, 72), file_format)
    assert code_of(data) == "too_small"
    with pytest.raises(PictureError, match="200 × 72"):
        measure(data)


CLAIMS = {
    "PNG": pictures.png_claiming(65_500, 65_500),
    "GIF": pictures.gif_claiming(65_535, 65_535),
    "WebP": pictures.webp_claiming(16_383, 16_383),
    "BMP": pictures.bmp_claiming(60_000, 60_000),
    "BMP upside down": pictures.bmp_claiming(60_000, -60_000),
    "TIFF": pictures.tiff_claiming(t256=65_000, t257=65_000, t262=1, t273=8, t277=1),
    "TIFF in one tile": pictures.tiff_claiming(t256=65_000, t257=65_000, t262=1, t322=2**31, t323=2**31, t324=8),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_header_that_claims_too_much_is_refused_before_any_pixel_is_made(claim: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PictureError) as caught:
            measure(CLAIMS[claim])
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.failure.code == "too_large"
    assert code_of(CLAIMS[claim]) == "too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0xFFFFFFFF) + b"IHDR" + bytes(100),
        pictures.png((200, 200), 8, 2, bytes(100))[:33] + struct.pack(">I", 0xFFFFFFF0) + b"IDAT" + bytes(100),
        pictures.tiff_claiming(t256=200, t257=200, t262=1, t273=2**32 - 9, t277=1, t279=2**32 - 9),
        pictures.tiff_claiming(t256=200, t257=200, t262=1, t322=2**31 - 16, t323=2**31 - 16, t324=8),
        b"II*\0\x08\0\0\0\xff\xff" + bytes(200),
        b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(20),
        b"\0\0\0\x14ftypheic\0\0\0\0mif1\xff\xff\xff\xffmeta" + bytes(100),
        b"\0\0\0\x14ftypavif\0\0\0\0mif1\xff\xff\xff\xffmeta" + bytes(100),
        b"GIF89a" + struct.pack("<HHBBB", 200, 200, 0, 0, 0) + b"\x3b",
        pictures.bmp_claiming(200, 200),
    ],
    ids=[
        "PNG chunk", "PNG data", "TIFF strip", "TIFF tile", "TIFF tags", "WebP", "HEIC", "AVIF", "GIF", "BMP"
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Truncated File Read")
def test_lengths_that_lie_make_a_file_corrupt(data: bytes) -> None:
    tracemalloc.start()
    try:
        assert code_of(data) in ("corrupt", "too_large")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="no other system limits a process's memory")
def test_what_a_gif_puts_behind_its_first_frame_takes_no_memory() -> None:
    """Pillow made it as it read the header: 4 GB for a file of 50 bytes."""
    control, screen = b"\x21\xf9\x04\x08\0\0\0\0", struct.pack("<HHBBB", 100, 100, 0x80, 0, 0) + bytes(6)
    data = b"GIF89a" + screen + control + b"\x2c" + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\2\2\x44\1\0\x3b"
    with pytest.raises(PictureError, match="65535 × 65535"):
        within_bytes(1_000_000, lambda: measure(data))


def test_a_tiff_of_a_million_strips_is_corrupt() -> None:
    count = 1_000_000
    entries = [(256, 1, 200), (257, 1, 200), (262, 1, 1), (273, count, 8), (277, 1, 1), (279, count, 8)]
    packed = b"".join(struct.pack("<HHII", tag, 4, number, value) for tag, number, value in entries)
    data = b"II*\0" + struct.pack("<IH", 8 + 4 * count, len(entries)) + packed
    data = data[:8] + bytes(4 * count) + data[8:] + bytes(4)
    assert code_of(data) == "corrupt"


def test_a_jpeg_of_thousands_of_scans_is_corrupt() -> None:
    data = pictures.jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")
    scan, end = data[last:-2], data[-2:]
    assert clean(data[:-2] + scan * 20 + end, 400).width == 320
    assert code_of(data[:-2] + scan * 5000 + end) == "corrupt"


@pytest.mark.parametrize("chunk", [b"zTXt", b"iTXt", b"iCCP"])
def test_metadata_that_unpacks_to_a_hundred_megabytes_is_never_unpacked(chunk: bytes) -> None:
    bomb = zlib.compress(bytes(100_000_000), 9)
    content = b"name\0\1\0\0\0" + bomb if chunk == b"iTXt" else b"name\0\0" + bomb
    rows = (b"\0" + b"\x40" * 600) * 200
    data = pictures.png((200, 200), 8, 2, rows, (chunk, content))
    tracemalloc.start()
    try:
        assert outcome(data) in ("ready", "corrupt")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_with_many_frames_one_is_read(file_format: str) -> None:
    frames = [Image.new("P", (100, 100), n % 256) for n in range(400)]
    data = pictures.encoded(frames[0], file_format, save_all=True, append_images=frames[1:], duration=20)
    assert clean(data, 400).pixels.size == (100, 100)


def decoder_saying(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Starved:
        mode, size, height_at_once = "RGB", (200, 200), 200
        orientation, profile, is_adobe_rgb, needs_more = 1, None, False, False

        def decode(self, _: tuple[int, int]) -> None:
            raise RuntimeError(text)

    def opened(*_: object) -> Decoder:
        return Starved()  # type: ignore[return-value] # it never comes to the rest

    monkeypatch.setattr(pictures_module, "opened", opened)


def test_a_decoder_without_memory_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let through, as what it is: another worker, or the same one with nothing beside, may have it."""
    decoder_saying("Memory allocation error: Unspecified", monkeypatch)
    with pytest.raises(MemoryError):
        clean(pictures.jpeg(), 400)


@pytest.mark.parametrize("cause", ["Invalid image size: zero width or height", "Security limit exceeded: 4 tiles"])
def test_what_libheif_could_not_decode_with_any_memory_is_damage(cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder_saying(f"Memory allocation error: {cause}", monkeypatch)
    assert code_of(pictures.jpeg()) == "corrupt"


@pytest.mark.skipif(sys.platform != "linux", reason="no other system limits a process's memory")
def test_a_webp_that_cannot_even_be_opened_for_want_of_memory_is_no_damage() -> None:
    data = pictures.encoded(Image.new("RGB", (4000, 4000)), "WEBP", lossless=True, quality=0, method=0)
    script = (
        "import resource, sys\n"
        "from image_worker.picture import clean\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (100 << 20, -1))\n"
        "try:\n"
        "    clean(sys.stdin.buffer.read(), 400)\n"
        "except MemoryError:\n"
        "    print('no memory')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True, cwd=SERVICES)
    assert done.stdout == b"no memory\n"


@pytest.mark.parametrize("file_format", FORMATS)
def test_what_a_header_needs_grows_with_the_picture(file_format: str) -> None:
    small, large = (
        measure(pictures.any_format(pictures.quadrants(*size), file_format)) for size in ((100, 80), (800, 600))
    )
    assert 0 < small.decode_bytes < large.decode_bytes < 100_000_000
