"""docs/performance.md, and bench/results.json that it is made of."""

from typing import Any

from bench import misses, report, results
from bench.peers import FOLDER, PEERS
from local.layout import CHECKOUT


def result(**changes: Any) -> dict[str, Any]:
    return {
        "ours": 1234.5,
        "peers": {"usual": 2469.0, "bare": 617.25},
        "unit": "ms",
        "ratios": {"usual": 0.5, "bare": 2.0},
        "aim": "≤ 0.5 of usual",
        **changes,
    }


def test_a_row_says_what_was_measured_and_whether_the_aim_is_met() -> None:
    rows = list(report.rows({"a": result(), "b": result(aim="≤ 0.4 of usual"), "c": result(aim="")}))
    assert rows == [
        "| a | 1,234 ms | usual 2,469<br>bare 617 | 0.50<br>2.00 | ≤ 0.5 of usual | met |\n",
        "| b | 1,234 ms | usual 2,469<br>bare 617 | 0.50<br>2.00 | ≤ 0.4 of usual | **missed** |\n",
        "| c | 1,234 ms | usual 2,469<br>bare 617 | 0.50<br>2.00 |  |  |\n",
    ]


def test_only_what_all_five_peers_have_done_is_drawn() -> None:
    all_five = result(peers=dict.fromkeys(PEERS, 1.0))
    found = {"warm_time": all_five, "warm_other": result(), "worker": all_five}
    assert [title for title, _ in report.panels(found, "warm")] == ["warm time, ms"]


def test_the_page_is_what_the_results_say() -> None:
    assert report.text(results.read(), results.machine()) == report.PAGE.read_text(), "run `python -m bench.report`"


def test_every_plot_that_the_page_shows_is_there() -> None:
    shown = [name for name in report.PLOTS if report.panels(results.read(), name)]
    assert shown
    for name in shown:
        assert "ours" in report.plot_file(name).read_text()


def test_the_results_have_one_form() -> None:
    found = results.read()
    assert found
    for name, entry in found.items():
        assert set(entry) == {"ours", "peers", "unit", "ratios", "aim"}, name
        assert set(entry["ratios"]) == set(entry["peers"]), name
        assert isinstance(entry["ours"], float | int), name
        results.is_met(entry)


def test_every_peer_stands_in_the_lock_and_in_its_own_file() -> None:
    listed = (CHECKOUT / "requirements" / "peers.in").read_text().splitlines()
    assert {line for line in listed if not line.startswith("#")} == {p for one in PEERS.values() for p in one.packages}
    for name, one in PEERS.items():
        assert (FOLDER / f"{one.module}.py").exists(), name


def test_what_is_missed_is_named_with_the_reason_and_nothing_else_is() -> None:
    missed = result(aim="≤ 0.4 of usual")
    found = {"dependencies_on_disk": missed, "image_over_base": result(), "something_new": missed}
    lines = list(misses.missed(found))
    assert [line.partition(":")[0] for line in lines] == ["- `dependencies_on_disk`", "- `something_new`"]
    assert "cryptography" in lines[0]
    assert lines[1].endswith("nobody knows yet.\n")
