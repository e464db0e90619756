"""A client of the stand-in's control routes, for tests and benchmarks.

    control = RekognitionControl("http://127.0.0.1:4567")
    control.throttle_next(times=2)
    control.moderate_next([{"Name": "Explicit Nudity", "ParentName": "Explicit"}])
    control.count("DetectLabels")

The routes are plain HTTP with JSON bodies, on the stand-in's own port: POST /_control/next, /_control/delay,
/_control/always, /_control/reset; GET /_control/calls, /_control/health. `local.rekognition.program` says what may be
programmed.
"""

import json
import urllib.request
from collections.abc import Sequence
from typing import Any, Final

_TIMEOUT_SECONDS: Final = 10

JsonObject = dict[str, Any]


class RekognitionControl:
    """url: where the stand-in listens. Every method raises urllib.error.HTTPError where the stand-in refuses."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        # The stand-in is on this machine: no proxy of the environment lies between.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fail_next(
        self,
        code: str,
        *,
        operation: str | None = None,
        times: int = 1,
        status: int | None = None,
        message: str | None = None,
    ) -> None:
        """The next calls fail with that error code; status and message are the code's own by default."""
        error = {"code": code, "status": status, "message": message}
        self._next(operation, times, error={name: value for name, value in error.items() if value is not None})

    def throttle_next(self, *, operation: str | None = None, times: int = 1) -> None:
        """The next calls get ThrottlingException. An SDK's own retries are calls too."""
        self._next(operation, times, throttle=True)

    def label_next(self, labels: Sequence[str | JsonObject], *, times: int = 1) -> None:
        """The next DetectLabels see these: names, or Labels of the API of which only Name is needed."""
        self._next("DetectLabels", times, labels=list(labels))

    def moderate_next(self, labels: Sequence[str | JsonObject], *, times: int = 1) -> None:
        """The next DetectModerationLabels see these: names, or ModerationLabels of which only Name is needed."""
        self._next("DetectModerationLabels", times, moderation=list(labels))

    def delay_next(self, delay_ms: float, *, operation: str | None = None, times: int = 1) -> None:
        """The next calls take at least that long."""
        self._next(operation, times, delay_ms=delay_ms)

    def delay(self, delay_ms: float) -> None:
        """All calls take at least that long, until reset() or another delay()."""
        self._post("delay", {"delay_ms": delay_ms})

    def answer_always(
        self, labels: Sequence[str | JsonObject], moderation: Sequence[str | JsonObject], *, delay_ms: float
    ) -> None:
        """Every call sees these, that long after it came in, until reset(): for benchmarks.

        Format, sizes and dimensions are checked as ever, by the header alone: no pixel is decoded, so a call costs this
        machine next to no time of its own. What was queued for the next calls still goes first.
        """
        self._post("always", {"labels": list(labels), "moderation": list(moderation), "delay_ms": delay_ms})

    def reset(self) -> None:
        """Forget everything programmed and counted."""
        self._post("reset", {})

    def counts(self) -> dict[str, int]:
        """How many calls have come in since the last reset, by operation, those that failed included."""
        counts: dict[str, int] = self._get("calls")["counts"]
        return counts

    def count(self, operation: str) -> int:
        return self.counts()[operation]

    def calls(self) -> list[JsonObject]:
        """The latest 10,000 calls: {operation, at, source, status, error, forced, duration_ms}."""
        calls: list[JsonObject] = self._get("calls")["calls"]
        return calls

    def _next(self, operation: str | None, times: int, **answer: object) -> None:
        self._post("next", {"operation": operation, "times": times, **answer})

    def _post(self, route: str, body: JsonObject) -> None:
        self._send(urllib.request.Request(f"{self._url}/_control/{route}", json.dumps(body).encode(), method="POST"))

    def _get(self, route: str) -> JsonObject:
        return self._send(urllib.request.Request(f"{self._url}/_control/{route}"))

    def _send(self, request: urllib.request.Request) -> JsonObject:
        with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            answer: JsonObject = json.load(response)
        return answer
