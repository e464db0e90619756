"""How much memory decoding takes, from what a header tells."""

_MIB = 1024 * 1024

_BYTES_A_PIXEL = {"JPEG": 5.0, "PNG": 5.0, "WebP": 22.0, "GIF": 3.0, "HEIC": 9.0, "AVIF": 14.0, "TIFF": 9.0, "BMP": 5.0}


def decode_bytes(
    file_format: str,
    mode: str,  # noqa: ARG001
    size: tuple[int, int],
    file_bytes: int,
    max_side: int,  # noqa: ARG001
    *,
    is_progressive: bool = False,
) -> int:
    """An upper estimate."""
    pixels = size[0] * size[1]
    per_pixel = _BYTES_A_PIXEL[file_format] + (8 if is_progressive else 0)
    return round(pixels * per_pixel) + 2 * file_bytes + 96 * _MIB
