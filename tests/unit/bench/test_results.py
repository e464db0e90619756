"""What is kept of a benchmark, and how its aim is judged."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import results


def result(aim: str, ours: float = 1.0, **ratios: float) -> dict[str, Any]:
    return {"ours": ours, "ratios": ratios, "aim": aim}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "FILE", tmp_path / "results.json")
    return tmp_path / "results.json"


def test_a_ratio_is_ours_over_the_peers(file: Path) -> None:
    results.record("warm_time", 30.0, {"usual": 60.0, "bare": 20.0}, unit="µs", aim="≤ 0.7 of usual")
    assert json.loads(file.read_text()) == {
        "warm_time": {
            "ours": 30.0,
            "peers": {"usual": 60.0, "bare": 20.0},
            "unit": "µs",
            "ratios": {"usual": 0.5, "bare": 1.5},
            "aim": "≤ 0.7 of usual",
        }
    }


def test_a_benchmark_replaces_its_own_figures_and_no_others(file: Path) -> None:
    results.record("one", 1.0, {}, unit="s", aim="")
    results.record("two", 1.0, {}, unit="s", aim="")
    results.record("one", 2.0, {}, unit="s", aim="")
    assert {name: found["ours"] for name, found in results.read().items()} == {"one": 2.0, "two": 1.0}
    assert file.exists()


@pytest.mark.parametrize(
    ("judged", "met"),
    [
        (result("≤ 0.7 of usual", usual=0.7, bare=9.0), True),
        (result("≤ 0.7 of usual", usual=0.701), False),
        (result("≤ 0.5 of usual, ≤ 0.7 of bare", usual=0.4, bare=0.8), False),
        (result("≤ 0.5 of usual, ≤ 0.7 of bare", usual=0.4, bare=0.7), True),
        (result("≥ 2", naive=2.0), True),
        (result("≥ 2", naive=1.9), False),
        (result("≤ 0.6", one=0.5, two=0.7), False),
        (result("< 1000", ours=999.0), True),
        (result("< 1000", ours=1000.0), False),
        (result("> 0", ours=0.0), False),
        (result("flat", small=1.1), True),
        (result("flat", small=1.3), False),
        (result("falling", before=0.9), True),
        (result("falling", before=1.0), False),
        (result("falling"), None),
        (result("", naive=3.0), None),
    ],
)
def test_an_aim_is_judged_by_the_ratios_it_names_by_all_or_by_the_figure_itself(
    judged: dict[str, Any], met: bool | None
) -> None:
    assert results.is_met(judged) is met


def test_an_aim_that_nobody_can_judge_is_refused() -> None:
    with pytest.raises(ValueError, match="fast enough"):
        results.is_met(result("fast enough", usual=0.1))
    with pytest.raises(KeyError):
        results.is_met(result("≤ 0.7 of django", usual=0.1))
