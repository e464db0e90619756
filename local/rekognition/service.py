"""The operations, from the request's JSON to the response's."""

import logging
import os
import threading
from typing import Any, Final

from local.rekognition.images import decode, measure
from local.rekognition.inputs import DetectLabels, DetectModerationLabels, S3Object
from local.rekognition.moderation import MODERATION_MODEL_VERSION, Moderation
from local.rekognition.objects import Objects
from local.rekognition.program import Call, Rule
from local.rekognition.vision import LABEL_MODEL_VERSION, Vision, properties

JsonObject = dict[str, Any]

_LOGGER: Final = logging.getLogger(__name__)


class Service:
    """objects: where Image.S3Object is read from."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._vision = Vision()
        self._moderation = Moderation()
        # More decoding at once than there are cores gains nothing and multiplies the memory of a huge PNG.
        self._cores = threading.BoundedSemaphore(os.cpu_count() or 1)

    def load(self) -> None:
        """Load every model now. A call that comes meanwhile waits for its own only."""
        self._vision.load()
        self._moderation.load()

    def answer(self, operation: str, body: JsonObject, call: Call, rule: Rule | None) -> JsonObject:
        """The response of one of program.OPERATIONS.

        A rule's labels take the place of what the detectors see, and of nothing else: the request and the picture
        are checked, and confidences filtered, all the same. Where the rule asks for no look, of the picture only the
        header is read, unless its colours are asked for. Raises ServiceError.
        """
        if rule is not None and rule.error is not None:
            raise rule.error
        if operation == "DetectLabels":
            return self._detect_labels(DetectLabels.parse(body), call, rule)
        return self._detect_moderation_labels(DetectModerationLabels.parse(body), call, rule)

    def _detect_labels(self, request: DetectLabels, call: Call, rule: Rule | None) -> JsonObject:
        data = self._read(request.image, call)
        response: JsonObject = {"Labels": [], "LabelModelVersion": LABEL_MODEL_VERSION}
        seen = rule.labels if rule else None
        if rule and not rule.look and "IMAGE_PROPERTIES" not in request.features:
            self._log(call, *measure(data))
        else:
            with self._cores:
                picture = decode(data)
                if seen is None and "GENERAL_LABELS" in request.features:
                    seen = self._vision.labels(picture.image)
                if "IMAGE_PROPERTIES" in request.features:
                    response["ImageProperties"] = properties(picture.image, request.max_colors)
            self._log(call, picture.width, picture.height)
        if "GENERAL_LABELS" in request.features:
            sure = _sure(seen or [], request.min_confidence)
            response["Labels"] = [label for label in sure if request.filters.accept(label)][: request.max_labels]
        return response

    def _detect_moderation_labels(self, request: DetectModerationLabels, call: Call, rule: Rule | None) -> JsonObject:
        data = self._read(request.image, call)
        seen = rule.labels if rule else None
        if rule and not rule.look:
            self._log(call, *measure(data))
        else:
            with self._cores:
                picture = decode(data)
                seen = self._moderation.labels(picture.image) if seen is None else seen
            self._log(call, picture.width, picture.height)
        return {
            "ModerationLabels": _sure(seen or [], request.min_confidence),
            "ModerationModelVersion": MODERATION_MODEL_VERSION,
            # Filled for drawings and animations, which the classifier does not tell apart.
            "ContentTypes": [],
        }

    def _read(self, image: bytes | S3Object, call: Call) -> bytes:
        if isinstance(image, bytes):
            call.source = f"{len(image)} bytes"
            return image
        call.source = f"s3://{image.bucket}/{image.name}"
        return self._objects.read(image.bucket, image.name, image.version)

    def _log(self, call: Call, width: int, height: int) -> None:
        _LOGGER.info("%s %s %dx%d", call.operation, call.source, width, height)


def _sure(labels: list[JsonObject], min_confidence: float) -> list[JsonObject]:
    """Those of at least that confidence, the surest first."""
    return sorted(
        (label for label in labels if label["Confidence"] >= min_confidence),
        key=lambda label: -float(label["Confidence"]),
    )
