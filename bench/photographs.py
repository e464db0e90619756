"""Pictures as cameras and phones make them, from the demo's photograph: enlarged, with a sensor's noise on it."""

import io
import itertools
import struct

import numpy as np
import pillow_heif
from PIL import Image

from local.layout import CHECKOUT

PHOTOGRAPH = CHECKOUT / "local" / "demo" / "photograph.jpg"
NOISE = 10.0
"""Standard deviation, of 255: a JPEG of 12 megapixels has 4 MB with it, as a phone's has."""

_numbers = itertools.count(1)


def photograph(width: int, height: int, noise: float = NOISE) -> Image.Image:
    """The photograph at that size in pixels; the same at every call."""
    with Image.open(PHOTOGRAPH) as opened:
        enlarged = opened.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    patch = np.random.default_rng(5).normal(0, noise, (1024, 1024, 3)).astype(np.int16)
    grain = np.tile(patch, (height // 1024 + 1, width // 1024 + 1, 1))[:height, :width]
    return Image.fromarray(np.clip(np.asarray(enlarged) + grain, 0, 255).astype(np.uint8))


def jpeg(width: int, height: int) -> bytes:
    """A JPEG file, some 2.8 bits a pixel."""
    file = io.BytesIO()
    photograph(width, height).save(file, "JPEG", quality=92)
    return file.getvalue()


def heic(width: int, height: int) -> bytes:
    """A HEIC file of tiles of 512 pixels, as phones write them, some 0.8 bits a pixel."""
    file = io.BytesIO()
    # The encoder's fastest preset: what it costs to decode hardly depends on how hard it was tried to make it small.
    heif = pillow_heif.from_pillow(photograph(width, height, noise=6))
    heif.save(file, quality=50, tile_size=512, enc_params={"preset": "ultrafast"})
    return file.getvalue()


def another(file: bytes) -> bytes:
    """The same picture in a file that differs from all others, so that nobody can reuse what was seen in one."""
    number = next(_numbers)
    if file.startswith(b"\xff\xd8"):
        return file[:2] + struct.pack(">HHQ", 0xFFFE, 10, number) + file[2:]  # a comment
    return file + struct.pack(">I4sQ", 16, b"free", number)  # a box that every reader skips
