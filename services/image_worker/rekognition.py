"""The one file that calls Rekognition: labels and moderation of a picture, both asked for at the same time."""

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from articles.metrics import Metric, Metrics
from articles.model import MAX_BOXES_PER_LABEL, MAX_LABELS_PER_IMAGE, Box, Label, Moderation
from image_worker.threads import Threads

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient
    from types_boto3_rekognition.type_defs import InstanceTypeDef, LabelTypeDef, ModerationLabelTypeDef


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was seen, the surest first. `objectionable`: moderation found enough to reject the picture."""

    labels: tuple[Label, ...]
    moderation: tuple[Moderation, ...]
    objectionable: bool


class Look:
    """The two calls on their way, or their answers where those were known already."""

    def __init__(self, labels: "Future[tuple[Label, ...]]", moderation: "Future[tuple[Moderation, ...]]") -> None:
        self._labels = labels
        self._moderation = moderation

    def findings(self) -> Findings:
        """Waits for both answers. Raises botocore's errors; failures.py knows what they mean."""
        # Both are waited for whatever the first one says: a call left running would meet the next picture's.
        self.answers()
        moderation = self._moderation.result()
        return Findings(self._labels.result(), moderation, objectionable=bool(moderation))

    def answers(self) -> tuple[tuple[Label, ...] | None, tuple[Moderation, ...] | None]:
        """Waits for both calls; gives the labels and the moderation, None for a call that failed."""
        labels_failed, moderation_failed = self._labels.exception(), self._moderation.exception()
        return (
            None if labels_failed else self._labels.result(),
            None if moderation_failed else self._moderation.result(),
        )


THROTTLED = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException"})
"""Amazon Rekognition API reference, DetectLabels (errors): too many calls a second, or an overloaded service."""


def counted(client: "RekognitionClient", metrics: Metrics) -> "RekognitionClient":
    """Counts the answers to every attempt, also to those that botocore repeats by itself: what AWS bills, and what it
    throttled."""

    def count(parsed_response: Any = None, **_: Any) -> None:
        if parsed_response is None:
            return  # no answer came
        code = parsed_response.get("Error", {}).get("Code")
        if code is None:
            metrics.add(Metric.REKOGNITION_CALLS)
        elif code in THROTTLED:
            metrics.add(Metric.REKOGNITION_THROTTLES)

    cast("Any", client).meta.events.register("response-received.rekognition", count, unique_id="counted")
    return client


class Vision:
    def __init__(
        self,
        client: "RekognitionClient",
        threads: Threads,
        *,
        label_min_confidence: float,
        moderation_min_confidence: float,
    ) -> None:
        """Both confidences in percent. Moderation below its one is not even reported."""
        self._client = client
        self._label_min_confidence = label_min_confidence
        self._moderation_min_confidence = moderation_min_confidence
        self._threads = threads

    def look(
        self,
        jpeg: bytes,
        *,
        labels: tuple[Label, ...] | None = None,
        moderation: tuple[Moderation, ...] | None = None,
    ) -> Look:
        """Begins both calls with the bytes of a JPEG file (5 MB and 80 to 10,000 pixels a side); does not wait.

        A call whose answer is given is not made.
        """
        return Look(
            self._threads.begin(self._labels, jpeg) if labels is None else _answered(labels),
            self._threads.begin(self._moderation, jpeg) if moderation is None else _answered(moderation),
        )

    def _labels(self, jpeg: bytes) -> tuple[Label, ...]:
        answer = self._client.detect_labels(
            Image={"Bytes": jpeg}, MaxLabels=MAX_LABELS_PER_IMAGE, MinConfidence=self._label_min_confidence
        )
        return labels_from(answer["Labels"])

    def _moderation(self, jpeg: bytes) -> tuple[Moderation, ...]:
        answer = self._client.detect_moderation_labels(
            Image={"Bytes": jpeg}, MinConfidence=self._moderation_min_confidence
        )
        found = moderation_from(answer["ModerationLabels"])
        return tuple(entry for entry in found if entry.confidence >= self._moderation_min_confidence)


def _answered(answer: T) -> "Future[T]":
    future: Future[T] = Future()
    future.set_result(answer)
    return future


def labels_from(entries: "Iterable[LabelTypeDef]") -> tuple[Label, ...]:
    """Our labels from DetectLabels' answer: names unique, the surest first, MAX_LABELS_PER_IMAGE at most."""
    best: dict[str, Label] = {}
    for entry in entries:
        name = entry.get("Name", "")
        label = Label(
            name=name,
            confidence=_percent(entry.get("Confidence", 0.0)),
            parents=tuple(parent["Name"] for parent in entry.get("Parents", []) if parent.get("Name")),
            boxes=_boxes(entry.get("Instances", [])),
        )
        if name and (name not in best or best[name].confidence < label.confidence):
            best[name] = label
    return tuple(sorted(best.values(), key=lambda label: -label.confidence)[:MAX_LABELS_PER_IMAGE])


def moderation_from(entries: "Iterable[ModerationLabelTypeDef]") -> tuple[Moderation, ...]:
    """Our entries from DetectModerationLabels' answer, the surest first."""
    found = (
        Moderation(entry.get("Name", ""), entry.get("ParentName", ""), _percent(entry.get("Confidence", 0.0)))
        for entry in entries
    )
    return tuple(sorted(found, key=lambda entry: -entry.confidence))


def _boxes(instances: "Iterable[InstanceTypeDef]") -> tuple[Box, ...]:
    """The surest first, MAX_BOXES_PER_LABEL at most."""
    found = [box for box in map(_box, instances) if box]
    return tuple(sorted(found, key=lambda box: -box.confidence)[:MAX_BOXES_PER_LABEL])


def _box(instance: "InstanceTypeDef") -> Box | None:
    """A box clamped to the picture: Rekognition lets those of things at the border stand out. None where none is."""
    box = instance.get("BoundingBox")
    if not box:
        return None
    left, top = _fraction(box.get("Left", 0.0)), _fraction(box.get("Top", 0.0))
    right = _fraction(box.get("Left", 0.0) + box.get("Width", 0.0))
    bottom = _fraction(box.get("Top", 0.0) + box.get("Height", 0.0))
    if right <= left or bottom <= top:
        return None
    return Box(left, top, round(right - left, 5), round(bottom - top, 5), _percent(instance.get("Confidence", 0.0)))


def _fraction(value: float) -> float:
    """A hundred-thousandth is less than a pixel of any picture that Rekognition takes (10,000 a side)."""
    return round(min(1.0, max(0.0, value)), 5)


def _percent(value: float) -> float:
    return round(min(100.0, max(0.0, value)), 2)
