"""Our own metrics, as lines of the log from which CloudWatch makes metrics by itself (embedded metric format).
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

No call is made and no library needed. Values are gathered during an invocation and written at its end, one line a set
of dimensions; what was never counted is not written. docs/operations.md says what each metric means.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from threading import Lock
from typing import Any

from articles import clock

NAMESPACE = "Gazette"

MAX_VALUES = 100
"""Of one metric in one line."""


class Metric(Enum):
    """A name, and its unit."""

    PICTURES = ("Pictures", "Count")
    TIME_TO_READY = ("TimeToReady", "Milliseconds")
    ANALYSES_REUSED = ("AnalysesReused", "Count")
    REKOGNITION_CALLS = ("RekognitionCalls", "Count")
    REKOGNITION_THROTTLES = ("RekognitionThrottles", "Count")
    RETRIES = ("Retries", "Count")
    BUDGET_WAITS = ("BudgetWaits", "Count")
    SWEEPS = ("Sweeps", "Count")


Dimensions = tuple[tuple[str, str], ...]


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Metrics:
    def __init__(
        self,
        service: str,
        stack: str,
        *,
        now: Callable[[], datetime] = clock.now,
        write: Callable[[str], None] = _to_stdout,
    ) -> None:
        """`stack` and `service` are dimensions of all; two stacks of one account must not share a metric."""
        self._own: Dimensions = (("Stack", stack), ("Service", service))
        self._now = now
        self._write = write
        self._lock = Lock()  # the pictures of a batch are worked on at the same time
        self._sets: dict[Dimensions, dict[Metric, list[float]]] = {}

    def add(self, metric: Metric, value: float = 1, **dimensions: str) -> None:
        """Gathers a value. Counts are added up; of anything else each value counts."""
        with self._lock:
            values = self._sets.setdefault((*self._own, *dimensions.items()), {}).setdefault(metric, [])
            if metric.value[1] == "Count" and values:
                values[0] += value
            else:
                values.append(value)

    @contextmanager
    def of_invocation(self) -> Iterator[None]:
        """What is gathered inside is written at the end, however that comes."""
        try:
            yield
        finally:
            self.flush()

    def flush(self) -> None:
        """Writes what was gathered since the last time, and forgets it."""
        with self._lock:
            sets, self._sets = self._sets, {}
        for dimensions, metrics in sets.items():
            rest = metrics
            while rest:
                self._write(json.dumps(self._line(dimensions, rest)))
                rest = {metric: more for metric, values in rest.items() if (more := values[MAX_VALUES:])}

    def _line(self, dimensions: Dimensions, metrics: dict[Metric, list[float]]) -> dict[str, Any]:
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": [[name for name, _ in dimensions]],
            "Metrics": [{"Name": metric.value[0], "Unit": metric.value[1]} for metric in metrics],
        }
        values = {metric.value[0]: found[:MAX_VALUES] for metric, found in metrics.items()}
        return {
            "_aws": {"Timestamp": int(self._now().timestamp() * 1000), "CloudWatchMetrics": [directive]},
            **dict(dimensions),
            **{name: found[0] if len(found) == 1 else found for name, found in values.items()},
        }
