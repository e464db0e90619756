"""Picture formats: told apart by a file's content, never by its name or declared type, and opened by their decoders.

Pillow's plugins are called by class, not through Image.open: no other format is ever tried, a JPEG with further
pictures behind it (MPO) is a JPEG, and an error says what was wrong.
"""

import io
import math
import struct
from typing import Any, Protocol

import pi_heif
from pi_heif import options as heif_options
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from image_worker import tiff
from image_worker.foreign import end_of_jpeg
from image_worker.heif_tiles import tiles_of

FORMATS = ("JPEG", "PNG", "WebP", "GIF", "HEIC", "AVIF", "TIFF", "BMP")

# The size that a header claims is checked before decoding, against our own limit; Pillow's guard warns, per process, at
# another one.
Image.MAX_IMAGE_PIXELS = None

# The picture itself is all that is wanted of a HEIC file.
heif_options.THUMBNAILS = heif_options.DEPTH_IMAGES = heif_options.AUX_IMAGES = False


class _FirstFrame(WebPImageFile):
    """A WebP whose decoder goes as soon as the first frame is there, and with it the two canvasses that it keeps for
    the next ones: 8 bytes a pixel, before Pillow takes 4 for its own copy."""

    def _get_next(self) -> tuple[bytes, int, int]:
        frame = super()._get_next()
        self._decoder = None
        return frame


class _NothingBehind(GifImageFile):
    """A GIF that never says what is to be put in the place of its first frame: Pillow would take the memory for that,
    as much as the frame claims, when it only opens the file."""

    @property
    def disposal_method(self) -> int:
        return 0

    @disposal_method.setter
    def disposal_method(self, _: int) -> None:
        pass


_PLUGINS: dict[str, type[ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": _FirstFrame,
    "GIF": _NothingBehind,
    "AVIF": AvifImageFile,
    "TIFF": TiffImageFile,
    "BMP": BmpImageFile,
}

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
"""Bytes of the header behind a BMP file's own 14: "BM" alone begins many a text."""

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}

_ORIENTATION = 0x0112
_EXIF_IFD, _INTEROPERABILITY_IFD, _INTEROPERABILITY_INDEX = 0x8769, 0xA005, 1

_MOST_SCANS = 200
"""Of a progressive JPEG. Ten are usual, a few bytes make one, and each is a pass over all of the picture."""

_METADATA_ERRORS = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, AttributeError, struct.error)


def sniff(data: bytes) -> str | None:
    """Which of FORMATS the file is of, or None."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:4] in _TIFF:
        return "TIFF"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if data[4:8] == b"ftyp":
        brands = brands_of(data)
        # An AVIF names the general brands as well.
        return "AVIF" if brands & _AVIF_BRANDS else "HEIC" if brands & _HEIC_BRANDS else None
    return None


def brands_of(data: bytes) -> set[bytes]:
    """The major and the compatible brands of a file that begins with a `ftyp` box (ISO/IEC 14496-12, 4.3)."""
    box = data[8 : min(int.from_bytes(data[:4], "big"), 1024)]
    return {box[:4]} | {box[at : at + 4] for at in range(8, len(box), 4)}


class Decoder(Protocol):
    """A file whose header has been read. Every method may raise any of picture's decoder errors."""

    mode: str
    """Pillow's name for the kind of pixel."""
    size: tuple[int, int]
    """Width and height as rows() has them, in pixels; before decode(), those of the header."""
    orientation: int
    """What undoes it is left to be done (EXIF's numbers, 1 to 8)."""
    profile: bytes | None
    """ICC."""
    is_adobe_rgb: bool
    """Whether the camera says so without a profile (DCF 2.0: interoperability index R03)."""
    needs_more: bool
    """More memory than most of its format: a progressive JPEG, a HEIC other than opaque 4:2:0 of 8 bits."""
    height_at_once: int
    """Rows of pixels that are in memory at the same time: less than all of them where tiles are decoded one by one."""

    def decode(self, enough: tuple[int, int]) -> None:
        """Decodes. `size` may be smaller then, where that saves work, but never than `enough`."""

    def rows(self, top: int, bottom: int) -> Image.Image:
        """That part of the decoded picture, in its whole width. Cheap from top to bottom, in the whole once only."""

    def greatest(self) -> float:
        """The greatest value of a decoded picture of one channel."""


class _PillowDecoder:
    def __init__(self, file_format: str, data: bytes) -> None:
        opened = _PLUGINS[file_format](io.BytesIO(data))
        self._opened = opened
        self.mode = opened.mode
        self.size = opened.size
        self.height_at_once = opened.height
        self.profile = opened.info.get("icc_profile")
        self.needs_more = bool(opened.info.get("progressive"))
        self.orientation = 1
        self.is_adobe_rgb = False
        self._is_tiff = file_format == "TIFF"

    def decode(self, enough: tuple[int, int]) -> None:
        # A JPEG can be decoded at a half, a quarter or an eighth: a fraction of the time and the memory.
        self._opened.draft(None, enough)
        self._opened.load()
        self.mode = self._opened.mode
        self.size = self._opened.size
        if not self._is_tiff:  # of which Pillow has turned the pixels already
            self._read_exif()

    def _read_exif(self) -> None:
        try:
            exif = self._opened.getexif()
            self.orientation = int(exif.get(_ORIENTATION, 1))
            if self.mode == "RGB" and _EXIF_IFD in exif:
                index = exif.get_ifd(_INTEROPERABILITY_IFD).get(_INTEROPERABILITY_INDEX)
                self.is_adobe_rgb = str(index).startswith("R03")
        except _METADATA_ERRORS:
            pass  # broken metadata does not make a broken picture

    def rows(self, top: int, bottom: int) -> Image.Image:
        if (top, bottom) == (0, self.size[1]):
            return self._opened  # not twice in memory
        # A copy, with `info` and palette: what is transparent stands there.
        return self._opened.crop((0, top, self._opened.width, bottom))

    def greatest(self) -> float:
        values: Any = self._opened.getextrema()
        return float(values[1]) if math.isfinite(values[1]) else 1.0


class _HeifDecoder:
    """The primary picture of a HEIC file.

    libheif turns it upright itself, by the file's properties (irot, imir); EXIF's orientation says nothing there.
    Tiles are decoded as their rows are asked for: a damaged one is found in rows().
    """

    def __init__(self, data: bytes) -> None:
        file = pi_heif.open_heif(data, convert_hdr_to_8bit=True, remove_stride=False)
        self._image = file[file.primary_index]
        self.mode = self._image.mode
        self.size = self._image.size
        self.profile = self._image.info.get("icc_profile")
        self.orientation = 1
        self.is_adobe_rgb = False
        info = self._image.info
        self.needs_more = self.mode != "RGB" or info.get("chroma") != 420 or info.get("bit_depth") != 8
        self._pixels: Any = None
        self._tiles = tiles_of(data, self.size) if self.mode == "RGB" else None  # transparency is a picture of its own
        self.height_at_once = self._tiles.height_at_once if self._tiles else self.size[1]

    def decode(self, enough: tuple[int, int]) -> None:  # noqa: ARG002 (there is no smaller one)
        if self._tiles:
            return
        self._pixels = self._image.data
        self.size = self._image.size
        self.mode = self._image.mode

    def rows(self, top: int, bottom: int) -> Image.Image:
        if self._tiles:
            return self._tiles.rows(top, bottom)
        # Made of libheif's buffer strip by strip, so that no second copy of the whole is needed.
        stride = self._image.stride
        part = self._pixels[top * stride : bottom * stride]
        return Image.frombytes(self.mode, (self.size[0], bottom - top), part, "raw", self.mode, stride)

    def greatest(self) -> float:
        return 255.0


def opened(file_format: str, data: bytes) -> Decoder:
    """Reads the header. Raises whatever the decoder does on a broken one."""
    if file_format == "TIFF" and tiff.parts(data) > tiff.MOST_PARTS:
        raise ValueError("more strips or tiles than any picture has")
    decoder = _HeifDecoder(data) if file_format == "HEIC" else _PillowDecoder(file_format, data)
    if file_format == "JPEG" and decoder.needs_more and data.count(b"\xff\xda", 0, end_of_jpeg(data)) > _MOST_SCANS:
        raise ValueError("more scans than any picture has")
    return decoder


def webp_canvas(data: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP's canvas (RFC 9649), or None where it cannot be read.

    libwebp takes the memory for all of a canvas when it only opens the file: this is looked at before.
    """
    chunk, header = data[12:16], data[20:30]
    if len(header) < 10:
        return None
    if chunk == b"VP8X":
        return 1 + int.from_bytes(header[4:7], "little"), 1 + int.from_bytes(header[7:10], "little")
    if chunk == b"VP8L" and header[0] == 0x2F:
        bits = int.from_bytes(header[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and header[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(header[6:8], "little") & 0x3FFF, int.from_bytes(header[8:10], "little") & 0x3FFF
    return None
