"""The operations' inputs, checked against the constraints of the API's model (botocore's service-2.json)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from local.rekognition.errors import ServiceError, constraint, invalid_parameters, malformed
from local.rekognition.images import MAX_REQUEST_IMAGE_BYTES

# Defaults and limits: the members' documentation in the model.
_LABELS_MIN_CONFIDENCE: Final = 55.0
_MODERATION_MIN_CONFIDENCE: Final = 50.0
_MAX_LABELS: Final = 1000
_FEATURES: Final = ("GENERAL_LABELS", "IMAGE_PROPERTIES")
_DEFAULT_COLORS: Final = 10
_MAX_COLORS: Final = 20

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class S3Object:
    bucket: str
    name: str
    version: str | None


@dataclass(frozen=True)
class LabelFilters:
    """Empty includes mean everything."""

    labels: frozenset[str]
    not_labels: frozenset[str]
    categories: frozenset[str]
    not_categories: frozenset[str]

    def accept(self, label: JsonObject) -> bool:
        name: str = label["Name"]
        categories = {category["Name"] for category in label["Categories"]}
        wanted = not (self.labels or self.categories) or name in self.labels or bool(self.categories & categories)
        return wanted and name not in self.not_labels and not self.not_categories & categories


@dataclass(frozen=True)
class DetectLabels:
    image: bytes | S3Object
    min_confidence: float
    max_labels: int
    features: tuple[str, ...]
    filters: LabelFilters
    max_colors: int

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        """Raises ServiceError: SerializationException, ValidationException, InvalidParameterException."""
        features = _strings(body, "Features") or _FEATURES[:1]
        for feature in features:
            if feature not in _FEATURES:
                raise constraint(list(features), "features", f"satisfy enum value set: [{', '.join(_FEATURES)}]")
        general = "GENERAL_LABELS" in features
        if not general and ("MinConfidence" in body or "MaxLabels" in body):
            raise invalid_parameters()
        settings = _object(body, "Settings")
        filters = _object(settings, "GeneralLabels")
        colors = _integer(_object(settings, "ImageProperties"), "MaxDominantColors", _DEFAULT_COLORS)
        return cls(
            image=_image(body),
            min_confidence=_percent(body, _LABELS_MIN_CONFIDENCE),
            max_labels=min(_within(_integer(body, "MaxLabels", _MAX_LABELS), "maxLabels"), _MAX_LABELS),
            features=features,
            filters=LabelFilters(
                labels=frozenset(_strings(filters, "LabelInclusionFilters")),
                not_labels=frozenset(_strings(filters, "LabelExclusionFilters")),
                categories=frozenset(_strings(filters, "LabelCategoryInclusionFilters")),
                not_categories=frozenset(_strings(filters, "LabelCategoryExclusionFilters")),
            ),
            max_colors=_within(colors, "settings.imageProperties.maxDominantColors", _MAX_COLORS),
        )


@dataclass(frozen=True)
class DetectModerationLabels:
    image: bytes | S3Object
    min_confidence: float

    @classmethod
    def parse(cls, body: JsonObject) -> Self:
        """Raises ServiceError: as DetectLabels, and ResourceNotFoundException, as there are no adapters or human
        reviews to name."""
        image, min_confidence = _image(body), _percent(body, _MODERATION_MIN_CONFIDENCE)
        if "ProjectVersion" in body or "HumanLoopConfig" in body:
            raise ServiceError("ResourceNotFoundException", "The stand-in has no adapters and no human review.")
        return cls(image, min_confidence)


def _image(body: JsonObject) -> bytes | S3Object:
    if body.get("Image") is None:
        raise constraint(None, "image", "not be null")
    image = _object(body, "Image")
    data, s3_object = image.get("Bytes"), image.get("S3Object")
    if (data is None) == (s3_object is None):
        raise invalid_parameters()
    return _bytes(data) if data is not None else _s3_object(_object(image, "S3Object"))


def _bytes(data: object) -> bytes:
    try:
        decoded = base64.b64decode(_text(data), validate=True)
    except binascii.Error as error:
        raise malformed("Image.Bytes is not base64") from error
    shown = f"java.nio.HeapByteBuffer[pos=0 lim={len(decoded)} cap={len(decoded)}]"
    if not decoded:
        raise constraint(shown, "image.bytes", "have length greater than or equal to 1")
    if len(decoded) > MAX_REQUEST_IMAGE_BYTES:
        raise constraint(shown, "image.bytes", f"have length less than or equal to {MAX_REQUEST_IMAGE_BYTES}")
    return decoded


def _s3_object(given: JsonObject) -> S3Object:
    if not given.get("Bucket") or not given.get("Name"):
        raise invalid_parameters()
    version = given.get("Version")
    return S3Object(_text(given["Bucket"]), _text(given["Name"]), None if version is None else _text(version))


def _percent(body: JsonObject, default: float) -> float:
    value = body.get("MinConfidence")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise malformed("MinConfidence is not a number")
    if value < 0:
        raise constraint(value, "minConfidence", "have value greater than or equal to 0")
    if value > 100:
        raise constraint(value, "minConfidence", "have value less than or equal to 100")
    return float(value)


def _integer(body: JsonObject, name: str, default: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise malformed(f"{name} is not an integer")
    return value


def _within(value: int, member: str, largest: int | None = None) -> int:
    if value < 0:
        raise constraint(value, member, "have value greater than or equal to 0")
    if largest is not None and value > largest:
        raise constraint(value, member, f"have value less than or equal to {largest}")
    return value


def _strings(body: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = body.get(name)
    if values is None:
        return ()
    if not isinstance(values, list):
        raise malformed(f"{name} is not a list")
    if len(values) > 100:
        raise constraint(values, name[0].lower() + name[1:], "have length less than or equal to 100")
    return tuple(_text(value) for value in values)


def _object(body: Mapping[str, object], name: str) -> JsonObject:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(f"{name} is not a structure")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise malformed("Expected a string")
    return value
