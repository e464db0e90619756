"""How much memory decoding a picture takes, from what its header tells.

Measured as the growth of a process's resident set over picture.clean, less what every picture takes (FIXED); in bytes a
pixel, Pillow 13.0, libheif 1.23, libavif 1.4, at 12, 48 and 100 megapixels, the greatest of them:

    PNG, BMP    8 bits: 1      16-bit grey: 2       RGB, RGBA: 4
    GIF         1
    JPEG        of what is decoded, at a half, a quarter or an eighth: 4; progressive ones keep their coefficients
                beside: 2 a channel (4:2:0: 3, 4:4:4: 6, CMYK: 8)
    TIFF        as PNG; in one single strip 2 more, or 6 to 8 with 16 bits; turned by its orientation 4 more
    HEIC        4:2:0: 4.5     10 bits: 7.5     alpha: 8      4:4:4: 9; in tiles 4, of two rows of them
    AVIF        4:2:0: 8.5     4:4:4: 10        alpha: 11     (10 bits: 4 more, by reasoning)
    WebP        12.6: two canvasses for animations that may come, and the frame
"""

FIXED = 72 * 1024 * 1024
"""Bytes: the result and its copies of another profile and another turn (17 MB each), strips on their way."""

_BYTES_OF_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""How Pillow keeps a pixel; in 4 bytes where nothing else is said."""


def decode_bytes(
    file_format: str,
    mode: str,
    size: tuple[int, int],
    file_bytes: int,
    *,
    shrunk: int = 1,
    needs_more: bool = False,
    height_at_once: int | None = None,
) -> int:
    """An upper estimate of the bytes that picture.clean takes beside the file's own.

    `mode`: Pillow's. `size`: width and height in pixels. `shrunk`: what a JPEG's sides are divided by as it is decoded.
    `needs_more`: a progressive JPEG, a HEIC other than opaque 4:2:0 of 8 bits. `height_at_once`: how many of the
    picture's rows are held, where not all of them are.
    """
    pixels = size[0] * size[1]
    kept = _BYTES_OF_MODE.get(mode, 4)
    if file_format == "JPEG":
        coefficients = 2 * {"L": 1, "CMYK": 4}.get(mode, 3) * pixels if needs_more else 0
        return FIXED + coefficients + kept * pixels // shrunk**2
    per_pixel = {
        "WebP": 13,
        "HEIC": 10 if needs_more else 5,
        "AVIF": 15,
        # With every strip that it may be in, turned, and with 16 bits a channel.
        "TIFF": kept + 8,
    }.get(file_format, kept)
    copies = 2 if file_format in ("WebP", "HEIC", "AVIF") else 1  # of the file, which their libraries keep
    held = pixels if height_at_once is None else size[0] * min(height_at_once, size[1])
    return FIXED + per_pixel * held + copies * file_bytes
