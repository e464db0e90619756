"""The two renditions of a picture, as JPEG files: what readers get, and what Rekognition is shown."""

import io

from PIL import Image

from image_worker.picture import LARGE_SIDE as LARGE_SIDE
from image_worker.picture import MIN_SIDE, Picture, fitting, stretched

LARGE = "large"
THUMBNAIL = "thumbnail"
"""The renditions' names, as they stand in their keys and in the API."""

THUMBNAIL_SIDE = 400
"""Pixels of the longer side, at most."""

MAX_ANALYSED_BYTES = 5 * 1024 * 1024
"""What Rekognition takes as bytes (developer guide, "Guidelines and quotas in Amazon Rekognition")."""

_QUALITIES = (85, 75, 60, 45, 30)


def large(picture: Picture) -> bytes:
    """A JPEG of the picture as it is (picture.clean has made it small enough), always one that Rekognition takes."""
    return _jpeg(picture.pixels)


def thumbnail(picture: Picture) -> bytes:
    """A JPEG of THUMBNAIL_SIDE pixels at most."""
    small = fitting(*picture.pixels.size, THUMBNAIL_SIDE)
    return _jpeg(picture.pixels.resize(small, Image.Resampling.LANCZOS, reducing_gap=1.5))


def analysable(picture: Picture, large_jpeg: bytes) -> bytes:
    """What Rekognition is shown: the large rendition, unless that has become too narrow for it (a long panorama).

    Such a one is stretched: boxes are fractions of the sides, so they fit the unstretched picture as well.
    """
    if min(picture.pixels.size) >= MIN_SIDE:
        return large_jpeg
    return _jpeg(stretched(picture.pixels, MIN_SIDE))


def _jpeg(pixels: Image.Image) -> bytes:
    """No EXIF, no comment, no profile: without one, a picture is sRGB for every browser.

    Baseline: a progressive file is 7 % smaller and takes 3 to 4 times as long to encode, longer than all decoding. The
    usual Huffman tables: with tables of its own a file is 3 % smaller and takes twice as long, and the encoder holds
    12 MB more, all coefficients of 2048 × 1536.
    """
    pixels.info = {}  # Pillow would write what it finds here
    for quality in _QUALITIES:
        file = io.BytesIO()
        pixels.save(file, "JPEG", quality=quality)
        if file.tell() <= MAX_ANALYSED_BYTES:
            break
    return file.getvalue()
