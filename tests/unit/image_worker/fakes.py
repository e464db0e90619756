"""Stand-ins for what the worker meets: Rekognition, Lambda's context, a clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

LABELS: list[dict[str, Any]] = [
    {
        "Name": "Dog",
        "Confidence": 97.123456,
        "Parents": [{"Name": "Animal"}],
        "Instances": [
            {"BoundingBox": {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}, "Confidence": 96.5},
        ],
    },
    {"Name": "Animal", "Confidence": 97.2, "Parents": [], "Instances": []},
]


def client_error(code: str, operation: str = "DetectLabels", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "told so"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


@dataclass
class FakeRekognition:
    """Answers what it is told, remembers what it was shown. `meanwhile` runs in the middle of DetectLabels."""

    labels: list[dict[str, Any]] = field(default_factory=lambda: list(LABELS))
    moderation: list[dict[str, Any]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    """Raised by the next calls of DetectLabels, one each."""
    meanwhile: Callable[[], None] | None = None
    shown: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def detect_labels(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self.shown.append(("DetectLabels", request))
            error = self.errors.pop(0) if self.errors else None
            meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        if error:
            raise error
        return {"Labels": self.labels}

    def detect_moderation_labels(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self.shown.append(("DetectModerationLabels", request))
        return {"ModerationLabels": self.moderation}

    def calls(self, operation: str) -> int:
        return sum(1 for name, _ in self.shown if name == operation)


@dataclass
class Context:
    """Lambda's context; `remaining` gives the milliseconds that are left, call by call, the last one for ever."""

    remaining: list[int] = field(default_factory=lambda: [60_000])
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining.pop(0) if len(self.remaining) > 1 else self.remaining[0]


@dataclass
class Clock:
    moment: datetime = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)
