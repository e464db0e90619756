"""CloudWatch's embedded metric format, as its specification has it: a line that breaks a rule raises an AssertionError.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import math
import re
import time
from typing import Any

UNITS = frozenset(
    {
        *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
        *(f"{prefix}{unit}" for prefix in ("", "Kilo", "Mega", "Giga", "Tera") for unit in ("bytes", "bits") if prefix),
        *("Bytes", "Bits", "Bytes/Second", "Bits/Second"),
        *(f"{prefix}{unit}/Second" for prefix in ("Kilo", "Mega", "Giga", "Tera") for unit in ("bytes", "bits")),
    }
)
"""Of MetricDatum, Amazon CloudWatch API reference."""

MAX_BYTES = 256 * 1024  # of a log event, once; a megabyte by now
MAX_AGE, MAX_AHEAD = 14 * 86_400_000, 2 * 3_600_000
"""Milliseconds around the event's own time; elsewhere CloudWatch takes no value."""

Values = dict[tuple[str, tuple[str, ...]], list[float]]


def is_metrics(line: str) -> bool:
    """Whether a line of a log means to be one of metrics."""
    return '"_aws"' in line


def metrics_in(line: str) -> Values:
    """The values of one line, by metric and dimensions' values."""
    assert len(line.encode()) <= MAX_BYTES
    root = json.loads(line, parse_constant=_no_number)
    metadata = root["_aws"]
    assert metadata.keys() == {"Timestamp", "CloudWatchMetrics"}
    timestamp = metadata["Timestamp"]
    assert type(timestamp) is int
    assert -MAX_AGE <= timestamp - time.time() * 1000 <= MAX_AHEAD, "no milliseconds of now"
    assert metadata["CloudWatchMetrics"]
    values: Values = {}
    for directive in metadata["CloudWatchMetrics"]:
        values |= _values(directive, root)
    return values


def _values(directive: dict[str, Any], root: dict[str, Any]) -> Values:
    assert directive.keys() == {"Namespace", "Dimensions", "Metrics"}
    namespace = directive["Namespace"]
    assert re.fullmatch(r"(?!AWS/)[ -~]{1,255}", namespace)
    assert directive["Dimensions"]
    assert 1 <= len(directive["Metrics"]) <= 100
    found: Values = {}
    for names in directive["Dimensions"]:
        assert len(set(names)) == len(names) <= 30
        for name in names:
            value = root[name]
            assert isinstance(value, str), name
            assert re.fullmatch(r"[ -~]{1,1024}", value), name
            assert re.fullmatch(r"(?!:)[ -~]{1,250}", name)
        for metric in directive["Metrics"]:
            found[metric["Name"], tuple(root[name] for name in names)] = _of(metric, root)
    assert len({metric["Name"] for metric in directive["Metrics"]}) == len(directive["Metrics"])
    return found


def _of(metric: dict[str, Any], root: dict[str, Any]) -> list[float]:
    assert {"Name"} <= metric.keys() <= {"Name", "Unit", "StorageResolution"}
    assert re.fullmatch(r"[ -~]{1,255}", metric["Name"])
    assert metric.get("Unit", "None") in UNITS
    assert metric.get("StorageResolution", 60) in (1, 60)
    value = root[metric["Name"]]
    values = value if isinstance(value, list) else [value]
    assert 1 <= len(values) <= 100
    for number in values:
        assert type(number) in (int, float)
        assert math.isfinite(number)
        assert abs(number) <= 2.0**360
    return values


def _no_number(constant: str) -> float:
    raise AssertionError(f"{constant} is no JSON")
