"""bench/results.json: what was measured last. Each benchmark replaces its own part, the others' stays."""

import operator
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.files import read_json, write_json

FILE = Path(__file__).parent / "results.json"
MACHINE = FILE.with_name("machine.json")
FLAT = 1.2
"""What is called flat may differ by a fifth: times do that by themselves on a busy machine."""

_COMPARISONS = {"≤": operator.le, "≥": operator.ge, "<": operator.lt, ">": operator.gt}
_AIM = re.compile(r"(≤|≥|<|>) ([\d.]+)(?: of (\w+))?")


def record(benchmark: str, ours: float, peers: Mapping[str, float], *, unit: str, aim: str) -> None:
    """Keeps one benchmark's figures. A ratio is ours over the peer's; `aim` says what it should be: "≥ 2" of all peers,
    "≤ 0.5 of usual, ≤ 0.7 of bare" of some, "flat" or "falling". Without peers it is about the figure itself."""
    results: dict[str, Any] = read_json(FILE) or {}
    results[benchmark] = {
        "ours": round(ours, 3),
        "peers": {name: round(value, 3) for name, value in peers.items()},
        "unit": unit,
        "ratios": {name: round(ours / value, 3) for name, value in peers.items()},
        "aim": aim,
    }
    write_json(FILE, dict(sorted(results.items())))


def is_met(result: Mapping[str, Any]) -> bool | None:
    """Whether a benchmark reaches its aim; None where it has none, or nothing to compare with.

    Raises ValueError for an aim that is none, KeyError for one that names a peer which was not measured.
    """
    aim, ratios = result["aim"], result["ratios"]
    if aim in ("", "flat", "falling"):
        if not aim or not ratios:
            return None
        return all(ratio <= FLAT if aim == "flat" else ratio < 1 for ratio in ratios.values())
    verdicts = []
    for part in aim.split(", "):
        found = _AIM.fullmatch(part)
        if not found:
            raise ValueError(f"{part!r} is no aim")
        compare, limit, peer = _COMPARISONS[found[1]], float(found[2]), found[3]
        judged = [ratios[peer]] if peer else list(ratios.values()) or [result["ours"]]
        verdicts += [compare(figure, limit) for figure in judged]
    return all(verdicts)


def read() -> dict[str, Any]:
    """All of them."""
    found: dict[str, Any] = read_json(FILE) or {}
    return found


def machine() -> str:
    """What they were measured on, as `note_machine` wrote it."""
    noted: dict[str, str] = read_json(MACHINE) or {}
    return noted.get("measured", "")


def note_machine(python: str) -> None:
    """Keeps what class of machine this is."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*: (.*)$", facts, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = f"{os.cpu_count()} × {model[1] if model else platform.machine()}"
    day = datetime.now(UTC).date().isoformat()
    text = f"Measured on {day}: {processor}, {memory:.0f} GiB, {platform.system()}; Python {python}."
    write_json(MACHINE, {"measured": text})
