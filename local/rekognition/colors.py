"""Colours: which dominate a picture, and what they are called."""

import colorsys
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

_SAMPLE_SIDE: Final = 64


@dataclass(frozen=True)
class ColorShare:
    """A CSS colour and the share of the pixels, in percent, that come nearest to it. The real service snaps to CSS
    colours too: its answers carry their exact RGB values."""

    css: str
    rgb: tuple[int, int, int]
    percent: float

    @property
    def simplified(self) -> str:
        return simplify(self.rgb)


@dataclass(frozen=True)
class Quality:
    """Percent each. brightness: the mean luminance. contrast: its standard deviation, of the most there can be.
    sharpness: rises with the mean step between neighbouring pixels, 100 never reached."""

    brightness: float
    contrast: float
    sharpness: float


def shares(image: Image.Image) -> list[ColorShare]:
    """The CSS colours of an RGB picture, the most frequent first."""
    names, palette = _palette()
    sample = image.resize((_SAMPLE_SIDE, _SAMPLE_SIDE), Image.Resampling.BOX)
    pixels = np.asarray(sample, dtype=np.float32).reshape(-1, 3)
    # |p - q|² without p², which is the same for every q.
    distances = (palette**2).sum(axis=1) - 2 * pixels @ palette.T
    counts = np.bincount(distances.argmin(axis=1), minlength=len(names))
    return [
        ColorShare(names[index], ImageColor.getrgb(names[index])[:3], 100.0 * float(counts[index]) / len(pixels))
        for index in np.argsort(-counts, kind="stable")
        if counts[index]
    ]


def simplify(rgb: tuple[int, int, int]) -> str:
    """One of twelve names for a colour."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in rgb))
    if value < 0.2:
        return "black"
    if saturation < 0.15:
        return "white" if value > 0.9 else "grey"
    degrees = hue * 360
    if degrees < 15 or degrees >= 345:
        return "pink" if saturation < 0.5 and value > 0.8 else "red"
    if degrees < 45:
        return "orange" if value > 0.75 and saturation > 0.5 else "brown"
    for end, name in ((70, "yellow"), (165, "green"), (195, "cyan"), (255, "blue"), (300, "purple")):
        if degrees < end:
            return name
    return "pink"


def quality(image: Image.Image) -> Quality:
    """How bright, contrasting and sharp an RGB picture is."""
    luminance = _luminance(image)
    steps = float(np.abs(np.diff(luminance, axis=0)).mean() + np.abs(np.diff(luminance, axis=1)).mean()) / 2
    return Quality(
        brightness=float(luminance.mean()) / 255 * 100,
        contrast=float(luminance.std()) / 127.5 * 100,
        sharpness=100 * (1 - float(np.exp(-steps / 8))),
    )


def colourless(image: Image.Image) -> bool:
    """Whether a picture is black and white: no pixel in a hundred has a colour, and there is light and shade."""
    pixels = np.asarray(image, dtype=np.int16)
    coloured = float((np.ptp(pixels, axis=2) > 12).mean())
    dark, light = np.percentile(_luminance(image), (5, 95))
    return coloured < 0.01 and float(light - dark) > 60


def _luminance(image: Image.Image) -> npt.NDArray[np.float32]:
    return np.asarray(image.convert("L"), dtype=np.float32)


@cache
def _palette() -> tuple[list[str], npt.NDArray[np.float32]]:
    """CSS colour names, each colour once, and their RGB values."""
    by_value: dict[tuple[int, ...], str] = {}
    for name in ImageColor.colormap:
        by_value.setdefault(ImageColor.getrgb(name)[:3], name)
    return list(by_value.values()), np.array(list(by_value), dtype=np.float32)
