"""A large HEIC tile by tile, as phones write them: a few rows of tiles in memory instead of the whole picture twice.

libheif decodes single tiles, and pi_heif does not offer it. So the library that pi_heif brings along is called
directly, by its public C API (libheif/heif_tiling.h, since 1.19). Of 48 megapixels 40 MB are held this way, and 220 by
pi_heif, which keeps the picture as YCbCr and as RGB. A file without tiles or with few large ones, and a library without
these functions, are left to pi_heif.
"""

import ctypes
import functools
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_size_t, c_uint8, c_uint32, c_void_p
from dataclasses import dataclass
from typing import TypeVar

import _pi_heif
from PIL import Image

Pointer = TypeVar("Pointer")

_RGB, _INTERLEAVED_RGB, _INTERLEAVED = 1, 10, 10
"""heif_colorspace_RGB, heif_chroma_interleaved_RGB, heif_channel_interleaved."""


class _Error(ctypes.Structure):
    _fields_ = (("code", c_int), ("subcode", c_int), ("message", c_char_p))


class _Tiling(ctypes.Structure):
    _fields_ = (
        ("version", c_int),
        ("columns", c_uint32),
        ("rows", c_uint32),
        ("tile_width", c_uint32),
        ("tile_height", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        # What is to be seen of the first row and the first column where these are the narrow ones (the picture was
        # turned after it was cut into tiles); 0: all of it.
        ("top", c_uint32),
        ("left", c_uint32),
        ("extra_dimensions", c_uint8),
        ("extra_sizes", c_uint32 * 8),
        ("later_versions", c_uint8 * 256),  # the library writes all that it knows, and asks for no size
    )


class _Options(ctypes.Structure):
    """The beginning of heif_decoding_options, which grows at its end."""

    _fields_ = (
        ("version", c_uint8),
        ("ignore_transformations", c_uint8),
        ("progress", c_void_p * 4),
        ("convert_hdr_to_8bit", c_uint8),
    )


@functools.cache
def _library() -> ctypes.CDLL | None:
    """libheif as pi_heif has loaded it, or None where it cannot decode single tiles."""
    library = ctypes.CDLL(_pi_heif.__file__)  # looks the functions up in what that is linked with, too
    handle, out, size = c_void_p, POINTER(c_void_p), c_uint32
    signatures: dict[str, tuple[object, tuple[object, ...]]] = {
        "heif_context_alloc": (c_void_p, ()),
        "heif_context_free": (None, (handle,)),
        "heif_context_read_from_memory_without_copy": (_Error, (handle, c_char_p, c_size_t, c_void_p)),
        "heif_context_get_primary_image_handle": (_Error, (handle, out)),
        "heif_image_handle_release": (None, (handle,)),
        "heif_image_handle_get_ispe_width": (c_int, (handle,)),
        "heif_image_handle_get_ispe_height": (c_int, (handle,)),
        "heif_image_handle_get_image_tiling": (_Error, (handle, c_int, POINTER(_Tiling))),
        "heif_image_handle_decode_image_tile": (
            _Error,
            (handle, out, c_int, c_int, POINTER(_Options), size, size),
        ),
        "heif_decoding_options_alloc": (POINTER(_Options), ()),
        "heif_decoding_options_free": (None, (POINTER(_Options),)),
        "heif_image_get_primary_width": (c_int, (handle,)),
        "heif_image_get_primary_height": (c_int, (handle,)),
        "heif_image_get_plane_readonly": (c_void_p, (handle, c_int, POINTER(c_int))),
        "heif_image_release": (None, (handle,)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name, None)
        if function is None:
            return None
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some of the picture's rows of pixels; a row of tiles may stand out of the picture."""

    top: int
    bottom: int
    pixels: Image.Image


class Tiles:
    """The primary picture of a file, upright and in RGB with 8 bits, read from top to bottom."""

    def __init__(self, library: ctypes.CDLL, data: bytes) -> None:
        """Raises ValueError for a file that cannot be read."""
        self._freed = ExitStack()
        weakref.finalize(self, self._freed.close)  # the last one made is the first one to go
        self._library = library
        self._data = data  # libheif reads from it, and keeps no copy
        context = self._owned(library.heif_context_alloc(), library.heif_context_free)
        _check(library.heif_context_read_from_memory_without_copy(context, data, len(data), None))
        handle = c_void_p()
        _check(library.heif_context_get_primary_image_handle(context, byref(handle)))
        self._handle = self._owned(handle, library.heif_image_handle_release)
        self._options = self._owned(library.heif_decoding_options_alloc(), library.heif_decoding_options_free)
        self._options.contents.convert_hdr_to_8bit = 1
        self._tiling = _Tiling()
        _check(library.heif_image_handle_get_image_tiling(handle, 1, byref(self._tiling)))
        self._strip: _Strip | None = None
        self._row: _Strip | None = None

    def _owned(self, pointer: Pointer, free: Callable[[Pointer], None]) -> Pointer:
        self._freed.callback(free, pointer)
        return pointer

    @property
    def height_at_once(self) -> int:
        """Rows of pixels that are in memory at the same time, at most."""
        return 2 * int(self._tiling.tile_height)

    def are_those_of(self, size: tuple[int, int]) -> bool:
        """Whether they make up all of a picture of that size, nothing was cropped from it, and none is longer than half
        of it: to decode larger ones singly takes more memory than the whole, and more than footprint tells.
        """
        tiling, library = self._tiling, self._library
        stored = {
            library.heif_image_handle_get_ispe_width(self._handle),
            library.heif_image_handle_get_ispe_height(self._handle),
        }
        return (
            (tiling.width, tiling.height) == size
            and set(size) == stored
            and 0 < 2 * tiling.tile_width <= size[0]
            and 0 < 2 * tiling.tile_height <= size[1]
            and tiling.columns == -(-size[0] // tiling.tile_width)
            and tiling.rows == -(-size[1] // tiling.tile_height)
        )

    def rows(self, top: int, bottom: int) -> Image.Image:
        """These rows of pixels, in their whole width. Cheap from top to bottom, also where strips overlap: kept are the
        last strip, and the last row of tiles while it has more to give.

        Raises ValueError for a damaged tile.
        """
        tiling = self._tiling
        above = -tiling.top % tiling.tile_height
        strip = Image.new("RGB", (tiling.width, bottom - top))
        before, self._strip = self._strip, None
        if before and before.top <= top < before.bottom:
            strip.paste(before.pixels, (0, before.top - top))
            top_of_rest = before.bottom
        else:
            top_of_rest = top
        while top_of_rest < bottom:
            number = (top_of_rest + above) // tiling.tile_height
            begins = number * tiling.tile_height - above
            if self._row is None or self._row.top != begins:
                self._row = None  # before there is another one
                self._row = _Strip(begins, begins + tiling.tile_height, self._decoded(number))
            strip.paste(self._row.pixels, (0, begins - top))
            top_of_rest = self._row.bottom
            if top_of_rest <= bottom:
                self._row = None
        self._strip = _Strip(top, bottom, strip)
        return strip

    def _decoded(self, row: int) -> Image.Image:
        """A row of tiles."""
        tiling = self._tiling
        before = -tiling.left % tiling.tile_width
        whole = Image.new("RGB", (tiling.width, tiling.tile_height))
        for column in range(tiling.columns):
            whole.paste(self._tile(column, row), (column * tiling.tile_width - before, 0))
        return whole

    def _tile(self, column: int, row: int) -> Image.Image:
        library, tile, stride = self._library, c_void_p(), c_int()
        _check(
            library.heif_image_handle_decode_image_tile(
                self._handle, byref(tile), _RGB, _INTERLEAVED_RGB, self._options, column, row
            )
        )
        try:
            size = library.heif_image_get_primary_width(tile), library.heif_image_get_primary_height(tile)
            pixels = library.heif_image_get_plane_readonly(tile, _INTERLEAVED, byref(stride))
            if not pixels or stride.value < 3 * size[0]:
                raise ValueError("a tile without pixels")
            plane = memoryview((c_char * (stride.value * size[1])).from_address(pixels))
            return Image.frombytes("RGB", size, plane, "raw", "RGB", stride.value)
        finally:
            library.heif_image_release(tile)


def tiles_of(data: bytes, size: tuple[int, int]) -> Tiles | None:
    """The tiles of a HEIC whose primary picture has that size, or None where it has to be decoded as a whole.

    Raises ValueError for a file that cannot be read.
    """
    library = _library()
    if library is None:
        return None
    tiles = Tiles(library, data)
    return tiles if tiles.are_those_of(size) else None


def _check(error: _Error) -> None:
    if error.code:
        raise ValueError((error.message or b"").decode(errors="replace"))
