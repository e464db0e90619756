"""Fuzzes a target in a process of its own, so that a decoder that crashes takes nothing else with it."""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError
from local.layout import CHECKOUT, SERVICES
from local.tools import programs
from tests.fuzz import record

FINDINGS = CHECKOUT / ".local" / "fuzz"
_STARTING = 120
"""Seconds for imports and seeds, and for the last input, on a busy machine."""


@dataclass(frozen=True)
class Outcome:
    target: str
    engine: str
    tried: int
    seconds: float
    finding: Path | None
    """The input that broke something."""
    report: str
    """The last that the process said."""


def engine() -> tuple[str, list[str]]:
    """atheris and where it is installed; hypothesis where there is no atheris for this machine."""
    try:
        home = programs("fuzz").parent
    except LocalError:
        return "hypothesis", []
    return "atheris", [str(path) for path in home.glob("lib/python*/site-packages")]


def fuzz(target: str, seconds: int, *, with_engine: str | None = None, findings: Path = FINDINGS) -> Outcome:
    """Tries inputs for so long, or up to the first finding. Raises LocalError where it cannot even begin."""
    name, paths = engine() if with_engine != "hypothesis" else ("hypothesis", [])
    home = findings / target
    corpus = _corpus(home)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        log = directory / "log"
        began = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(target, directory, corpus, seconds, name),
                cwd=CHECKOUT,
                env=_environment(paths),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                code: int | str = process.wait(seconds + _STARTING)
            except subprocess.TimeoutExpired:
                code = "hangs"
            finally:
                process.kill()
                process.wait()
        took = time.monotonic() - began
        tried, last = record.read(directory / "record")
        report = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
        if code == 0:
            return Outcome(target, name, tried, took, None, report)
        if tried == 0:
            raise LocalError(f"The target {target} cannot be fuzzed.\n{report}")
        finding = home / hashlib.sha256(last).hexdigest()[:16]
        finding.write_bytes(last)
        return Outcome(target, name, tried, took, finding, f"{report}\n(exit code {code})")


def _corpus(home: Path) -> Path:
    corpus = home / "corpus"
    corpus.mkdir(mode=0o700, parents=True, exist_ok=True)
    return corpus


def _command(target: str, directory: Path, corpus: Path, seconds: int, engine_name: str) -> list[str]:
    arguments = [target, str(directory), str(corpus), str(seconds), engine_name]
    return [sys.executable, "-m", "tests.fuzz.child", *arguments]


def _environment(paths: list[str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(SERVICES), str(CHECKOUT), *paths])}
