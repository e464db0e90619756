"""bench/results.json: what was measured last. Each benchmark replaces its own part, the others' stays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.files import read_json, write_json

FILE = Path(__file__).parent / "results.json"


def record(benchmark: str, ours: float, peers: Mapping[str, float], *, unit: str, aim: str) -> None:
    """Keeps one benchmark's figures. A ratio is ours over the peer's; `aim` says what it should be, as "≥ 2"."""
    results: dict[str, Any] = read_json(FILE) or {}
    results[benchmark] = {
        "ours": round(ours, 3),
        "peers": {name: round(value, 3) for name, value in peers.items()},
        "unit": unit,
        "ratios": {name: round(ours / value, 3) for name, value in peers.items()},
        "aim": aim,
    }
    write_json(FILE, dict(sorted(results.items())))
