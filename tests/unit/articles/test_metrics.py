"""Lines of metrics, held against the specification of CloudWatch's embedded metric format."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from articles.metrics import Metric, Metrics
from tests.emf import UNITS, is_metrics, metrics_in

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def written(*values: tuple[Metric, float, dict[str, str]]) -> list[str]:
    lines: list[str] = []
    metrics = Metrics("image_worker", "gazette-dev", write=lines.append)
    with metrics.of_invocation():
        for metric, value, dimensions in values:
            metrics.add(metric, value, **dimensions)
        assert lines == []
    return lines


def test_every_metric_makes_a_line_that_the_specification_allows() -> None:
    (line,) = written(*[(metric, 3, {}) for metric in Metric])
    assert is_metrics(line)
    assert metrics_in(line) == {(metric.value[0], ("gazette-dev", "image_worker")): [3] for metric in Metric}


def test_each_set_of_dimensions_has_a_line_of_its_own() -> None:
    first, second, third = written(
        (Metric.PICTURES, 1, {"Outcome": "ready"}),
        (Metric.PICTURES, 1, {"Outcome": "failed"}),
        (Metric.PICTURES, 1, {"Outcome": "ready"}),
        (Metric.RETRIES, 2, {}),
    )
    assert metrics_in(first) == {("Pictures", ("gazette-dev", "image_worker", "ready")): [2]}
    assert metrics_in(second) == {("Pictures", ("gazette-dev", "image_worker", "failed")): [1]}
    assert metrics_in(third) == {("Retries", ("gazette-dev", "image_worker")): [2]}


def test_counts_are_added_up_and_times_are_kept_apart_so_that_there_are_percentiles() -> None:
    (line,) = written((Metric.TIME_TO_READY, 300, {}), (Metric.RETRIES, 1, {}), (Metric.TIME_TO_READY, 100.5, {}))
    assert json.loads(line)["TimeToReady"] == [300, 100.5]
    assert {"Name": "TimeToReady", "Unit": "Milliseconds"} in json.loads(line)["_aws"]["CloudWatchMetrics"][0][
        "Metrics"
    ]


def test_more_than_a_hundred_values_go_on_in_another_line() -> None:
    lines = written(*[(Metric.TIME_TO_READY, n, {}) for n in range(230)], (Metric.SWEEPS, 1, {}))
    values = [metrics_in(line)["TimeToReady", ("gazette-dev", "image_worker")] for line in lines]
    assert [len(found) for found in values] == [100, 100, 30]
    assert [n for found in values for n in found] == list(range(230))
    assert ["Sweeps" in json.loads(line) for line in lines] == [True, False, False]


def test_what_was_never_counted_makes_no_line_and_an_error_loses_none() -> None:
    assert written() == []
    lines: list[str] = []
    metrics = Metrics("sweeper", "gazette-dev", write=lines.append)

    def invocation() -> None:
        with metrics.of_invocation():
            metrics.add(Metric.SWEEPS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        invocation()
    with metrics.of_invocation():
        pass
    assert len(lines) == 1


def test_threads_lose_no_value() -> None:
    lines: list[str] = []
    metrics = Metrics("image_worker", "gazette-dev", write=lines.append)
    with metrics.of_invocation(), ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: metrics.add(Metric.PICTURES, Outcome="ready"), range(4000)))
    assert metrics_in(lines[0]) == {("Pictures", ("gazette-dev", "image_worker", "ready")): [4000]}


def test_the_line_goes_to_where_the_logs_go(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics("sweeper", "gazette-dev")
    metrics.add(Metric.SWEEPS)
    metrics.flush()
    assert metrics_in(capsys.readouterr().out.removesuffix("\n"))


def test_the_documentation_names_every_metric_with_its_unit() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    assert set(rows) == {metric.value for metric in Metric}


BROKEN: list[dict[str, Any]] = [
    {"_aws": {"Timestamp": 1_700_000_000}},
    {"Timestamp": 1_700_000_000},  # seconds
    {"Sweeps": "1"},
    {"Sweeps": []},
    {"Sweeps": [1] * 101},
    {"Sweeps": float("nan")},
    {"Sweeps": True},
    {"Service": 1},
    {"Service": ""},
    {"Unit": "Times"},
    {"Unit": "count"},
    {"Namespace": "AWS/Lambda"},
    {"Dimensions": []},
    {"Dimensions": [["Service", "Nowhere"]]},
    {"Dimensions": [[f"D{n}" for n in range(31)]], **{f"D{n}": "x" for n in range(31)}},
    {"Metrics": []},
    {"Metrics": [{"Name": f"M{n}"} for n in range(101)], **{f"M{n}": 1 for n in range(101)}},
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: str(broken)[:40])
def test_the_check_itself_finds_what_the_specification_forbids(broken: dict[str, Any]) -> None:
    (line,) = written((Metric.SWEEPS, 1, {}))
    document = json.loads(line)
    directive = document["_aws"]["CloudWatchMetrics"][0]
    for name, value in broken.items():
        if name == "Unit":
            directive["Metrics"][0]["Unit"] = value
        elif name in directive:
            directive[name] = value
        elif name == "Timestamp":
            document["_aws"][name] = value
        else:
            document[name] = value
    with pytest.raises((AssertionError, KeyError)):
        metrics_in(json.dumps(document))


def test_the_units_are_those_of_cloudwatch() -> None:
    assert len(UNITS) == 27
    assert {"Kilobytes", "Terabits/Second", "Bytes/Second", "Count/Second", "None"} <= UNITS
