"""Starts subject.py, and tells what its copies did."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.snapshot import subject
from tests.snapshot.cloud import Cloud

CHECKOUT = Path(__file__).parents[2]


@dataclass
class Run:
    cloud: Cloud
    parent: dict[str, Any]
    """What the process was like that the snapshot was taken of."""
    copies: list[dict[str, Any]]
    before: int
    """Requests that came before there was a copy."""
    own: list[str]
    """The snapshot's access keys."""

    def of(self, name: str) -> list[Any]:
        return [copy[name] for copy in self.copies]


def restored(
    cloud: Cloud,
    *,
    copies: int = 3,
    module: str = "api.handler",
    leave_out: str = "",
    stop_clock: bool = False,
    pause: float = 0.0,
    tokens: Sequence[str] = (),
    environment: dict[str, str] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Run:
    """Initialises, uses, primes and copies the function; `meanwhile` is called after the snapshot, in the `pause`."""
    wish = {
        "module": module,
        "copies": copies,
        "leave_out": leave_out,
        "stop_clock": stop_clock,
        "pause": pause,
        "tokens": list(tokens),
    }
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "HOME") if name in os.environ}
    paths = {"PYTHONPATH": os.pathsep.join((str(CHECKOUT / "services"), str(CHECKOUT)))}
    theirs, ours = os.pipe()
    with (
        tempfile.TemporaryFile("w+") as log,
        os.fdopen(theirs, encoding="utf-8") as channel,
        subprocess.Popen(
            [sys.executable, subject.__file__, str(ours), json.dumps(wish)],
            env=kept | paths | cloud.environment() | (environment or {}),
            pass_fds=[ours],
            stdout=log,
            stderr=log,
        ) as process,
    ):
        os.close(ours)
        first = channel.readline()
        run = Run(cloud, json.loads(first or "{}"), [], len(cloud.requests), list(cloud.handed_out))
        if meanwhile:
            meanwhile()
        run.copies += map(json.loads, channel)
        process.wait()
        log.seek(0)
        assert process.returncode == 0, log.read()
    assert len(run.copies) == copies
    return run


def unlike(values: Sequence[Any]) -> None:
    """Raises AssertionError where two are the same."""
    assert len(values) > 1
    assert len(set(values)) == len(values), f"{len(values) - len(set(values))} of {len(values)} came twice"


def needs_same_pid(run: Run) -> None:
    if not run.parent["same_pid"]:
        pytest.skip("no process id namespace can be made here: OpenSSL sees that a copy is another process")
