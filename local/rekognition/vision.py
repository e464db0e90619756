"""What DetectLabels says of a picture, in the service's own response shapes."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from PIL import Image

from local.rekognition import colors
from local.rekognition.faces import Face, FaceFinder

# The version that the service's own answers carry at the time of writing.
LABEL_MODEL_VERSION: Final = "3.0"

_PEOPLE: Final = "Person Description"
_COLORS: Final = "Colors and Visual Composition"
_PORTRAIT_HEIGHT: Final = 0.15  # a lone face at least this high makes a portrait

JsonObject = dict[str, Any]


class Vision:
    def __init__(self) -> None:
        self._faces = FaceFinder()

    def load(self) -> None:
        """Load the models now, so that no call waits for them."""
        self._faces.load()

    def labels(self, image: Image.Image) -> list[JsonObject]:
        """Every label of an upright RGB picture as a Label of the API, the surest first."""
        found = [*_people(self._faces.find(image)), *_colours(image)]
        return sorted(found, key=lambda item: -float(item["Confidence"]))


def properties(image: Image.Image, max_colors: int) -> JsonObject:
    """DetectLabels' ImageProperties of an RGB picture, without Foreground and Background."""
    measured = colors.quality(image)
    return {
        "Quality": {
            "Brightness": measured.brightness,
            "Sharpness": measured.sharpness,
            "Contrast": measured.contrast,
        },
        "DominantColors": [
            {
                "Red": share.rgb[0],
                "Green": share.rgb[1],
                "Blue": share.rgb[2],
                "HexCode": "#{:02x}{:02x}{:02x}".format(*share.rgb),
                "CSSColor": share.css,
                "SimplifiedColor": share.simplified,
                "PixelPercent": share.percent,
            }
            for share in colors.shares(image)[:max_colors]
        ],
    }


def label(
    name: str,
    confidence: float,
    *,
    category: str | None = None,
    parents: Iterable[str] = (),
    aliases: Iterable[str] = (),
    instances: Iterable[JsonObject] = (),
) -> JsonObject:
    """A Label of the API; every list is there even when empty, as the service answers it."""
    return {
        "Name": name,
        "Confidence": confidence,
        "Instances": list(instances),
        "Parents": [{"Name": parent} for parent in parents],
        "Aliases": [{"Name": alias} for alias in aliases],
        "Categories": [] if category is None else [{"Name": category}],
    }


def _people(faces: list[Face]) -> list[JsonObject]:
    if not faces:
        return []
    boxes = [
        {
            "BoundingBox": {"Width": face.width, "Height": face.height, "Left": face.left, "Top": face.top},
            "Confidence": face.confidence,
        }
        for face in faces
    ]
    surest = faces[0].confidence
    found = [
        label("Person", surest, category=_PEOPLE, aliases=["Human"], instances=boxes),
        label("Head", surest, category=_PEOPLE, parents=["Person"]),
        label("Face", surest, category=_PEOPLE, parents=["Head", "Person"], instances=boxes),
    ]
    if len(faces) > 1:
        # People is as sure as the second face.
        found.append(label("People", faces[1].confidence, category=_PEOPLE, parents=["Person"]))
    elif faces[0].height >= _PORTRAIT_HEIGHT:
        found.append(label("Portrait", surest, category=_PEOPLE, parents=["Face", "Head", "Person"]))
    return found


def _colours(image: Image.Image) -> list[JsonObject]:
    """Confidence in a colour is twice its share of the pixels: what covers half of a picture dominates it."""
    if colors.colourless(image):
        return [label("Black and White", 99.0, category=_COLORS)]
    percents: defaultdict[str, float] = defaultdict(float)
    for share in colors.shares(image):
        percents[share.simplified] += share.percent
    return [
        # The service's label is Gray, its simplified colour grey.
        label("Gray" if name == "grey" else name.title(), min(100.0, 2 * percent), category=_COLORS)
        for name, percent in percents.items()
    ]
