"""Frontal faces, by the LBP cascade that scikit-image ships."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from local.rekognition.lazy import Lazy

# Measured on scikit-image's own pictures: a face gives 7 to 20 raw hits with these settings, anything else at most 2,
# and a search costs 40 to 90 ms. Finer steps cost three times as much and bring false faces with 10 hits.
_SEARCH_SIDE: Final = 320
_SCALE_FACTOR: Final = 1.1
_STEP_RATIO: Final = 1.5
_MIN_FACE: Final = 24  # the cascade's own window, in pixels of the searched copy
_MIN_HITS: Final = 4


@dataclass(frozen=True)
class Face:
    """Where a face is. left, top, width, height: fractions of the picture. confidence: percent, see `_confidence`."""

    left: float
    top: float
    width: float
    height: float
    confidence: float


class FaceFinder:
    def __init__(self) -> None:
        self._cascade = Lazy(_load_cascade)

    def load(self) -> None:
        """Load the cascade now, so that no call waits for it."""
        self._cascade.get()

    def find(self, image: Image.Image) -> list[Face]:
        """The faces of an upright RGB picture, the surest first."""
        scale = _SEARCH_SIDE / max(image.size)
        width, height = (max(_MIN_FACE, round(side * scale)) for side in image.size)
        pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
        hits = self._cascade.get().detect_multi_scale(
            img=pixels,
            scale_factor=_SCALE_FACTOR,
            step_ratio=_STEP_RATIO,
            min_size=(_MIN_FACE, _MIN_FACE),
            max_size=(height, width),
            # Every raw hit: scikit-image's own grouping does not tell how many it has joined.
            min_neighbor_number=0,
            intersection_score_threshold=1.01,
        )
        boxes = [(float(hit["c"]), float(hit["r"]), float(hit["width"]), float(hit["height"])) for hit in hits]
        faces = []
        for group in _group(boxes):
            if len(group) >= _MIN_HITS:
                left, top, right, bottom = _mean(group)
                faces.append(
                    Face(
                        left=max(0.0, left / width),
                        top=max(0.0, top / height),
                        width=min(right, width) / width - max(0.0, left / width),
                        height=min(bottom, height) / height - max(0.0, top / height),
                        confidence=_confidence(len(group)),
                    )
                )
        return sorted(faces, key=lambda face: -face.confidence)


def _load_cascade() -> Any:
    from skimage import data
    from skimage.feature import Cascade

    return Cascade(data.lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call]


def _confidence(hits: int) -> float:
    """Percent. Every two further hits on the same place halve the doubt: 4 hits are 75, 8 are 93.75."""
    return 100.0 * (1.0 - math.exp2(-hits / 2))


Box = tuple[float, float, float, float]


def _group(boxes: list[Box]) -> list[list[Box]]:
    """Put boxes (left, top, width, height) together whose overlap is over half of the smaller one, large ones first."""
    groups: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: -box[2]):
        for group in groups:
            if _overlap(_mean(group), _mean([box])) > 0.5:
                group.append(box)
                break
        else:
            groups.append([box])
    return groups


def _mean(group: list[Box]) -> Box:
    """The average box as (left, top, right, bottom)."""
    left, top, width, height = (sum(values) / len(group) for values in zip(*group, strict=True))
    return left, top, left + width, top + height


def _overlap(one: Box, other: Box) -> float:
    """The common area of two (left, top, right, bottom), as a fraction of the smaller one."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
