"""Detached processes: started, recognised, stopped, and never confused with somebody else's."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local import processes
from local.errors import LocalError
from local.processes import Process, ProcessTable, start_time

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
PARENT = "import subprocess, sys; c = subprocess.Popen(['sleep', '60']); print(c.pid, flush=True); c.wait()"


@pytest.fixture
def table(tmp_path: Path) -> Iterator[ProcessTable]:
    """A table whose process `toy` ends with the test."""
    made = ProcessTable(tmp_path / "state")
    yield made
    made.stop("toy")


def start(table: ProcessTable, tmp_path: Path, code: str) -> Process:
    """Starts Python with that code."""
    return table.start(
        "toy",
        [sys.executable, "-c", code],
        environment={"PATH": os.environ["PATH"]},
        port=4711,
        fingerprint="one",
        log=tmp_path / "toy.log",
        directory=tmp_path,
    )


def wait_for_text(path: Path) -> str:
    """What a child wrote, as soon as it wrote something."""
    deadline = time.monotonic() + 10
    while not path.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_text()


def test_a_started_process_is_found_again_by_another_command(table: ProcessTable, tmp_path: Path) -> None:
    process = start(table, tmp_path, SLEEP)

    assert ProcessTable(tmp_path / "state").running("toy") == process


def test_a_process_leads_a_session_of_its_own(table: ProcessTable, tmp_path: Path) -> None:
    process = start(table, tmp_path, SLEEP)

    assert os.getsid(process.pid) == process.pid


def test_stopping_ends_it_and_forgets_it(table: ProcessTable, tmp_path: Path) -> None:
    process = start(table, tmp_path, SLEEP)

    assert table.stop("toy") is True
    assert start_time(process.pid) is None
    assert table.last("toy") is None
    assert table.stop("toy") is False


def test_stopping_ends_what_the_process_started_too(table: ProcessTable, tmp_path: Path) -> None:
    start(table, tmp_path, PARENT)
    grandchild = int(wait_for_text(tmp_path / "toy.log"))

    table.stop("toy")

    deadline = time.monotonic() + 5
    while start_time(grandchild) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert start_time(grandchild) is None


def test_a_process_that_ignores_the_request_is_killed(
    table: ProcessTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)
    process = start(table, tmp_path, STUBBORN)
    wait_for_text(tmp_path / "toy.log")

    assert table.stop("toy") is True
    assert start_time(process.pid) is None


def test_a_recycled_process_id_is_somebody_elses(table: ProcessTable, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as stranger:
        try:
            record = replace(start(table, tmp_path, SLEEP), pid=stranger.pid, started="before the reboot")
            table.stop("toy")
            (tmp_path / "state" / "toy.json").write_text(json.dumps(record.__dict__))

            assert table.running("toy") is None
            assert table.stop("toy") is False
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_dead_process_is_not_running_though_its_record_stands(table: ProcessTable, tmp_path: Path) -> None:
    process = start(table, tmp_path, SLEEP)
    os.kill(process.pid, 9)
    deadline = time.monotonic() + 5
    while table.running("toy") and time.monotonic() < deadline:
        time.sleep(0.02)

    assert table.running("toy") is None
    assert table.last("toy") == process


def test_a_process_that_ends_while_it_starts_is_an_error_that_names_its_log(
    table: ProcessTable, tmp_path: Path
) -> None:
    process = start(table, tmp_path, "import time; time.sleep(0.1); raise SystemExit('no such luck')")

    with pytest.raises(LocalError, match="toy ended while it was starting") as caught:
        table.wait_until_ready(process, lambda: False, seconds=10, log=tmp_path / "toy.log")

    assert caught.value.log == tmp_path / "toy.log"
    assert "no such luck" in (tmp_path / "toy.log").read_text()


def test_somebody_else_who_answers_on_its_port_does_not_make_it_ready(table: ProcessTable, tmp_path: Path) -> None:
    process = start(table, tmp_path, "raise SystemExit('the port is taken')")
    deadline = time.monotonic() + 5
    while table.running("toy") and time.monotonic() < deadline:
        time.sleep(0.02)

    with pytest.raises(LocalError, match="toy ended while it was starting"):
        table.wait_until_ready(process, lambda: True, seconds=10, log=tmp_path / "toy.log")


def test_a_process_that_never_answers_is_an_error_that_names_its_port(table: ProcessTable, tmp_path: Path) -> None:
    process = start(table, tmp_path, SLEEP)

    with pytest.raises(LocalError, match="did not answer on port 4711"):
        table.wait_until_ready(process, lambda: False, seconds=0.1, log=tmp_path / "toy.log")


def test_an_unreadable_record_counts_as_none(table: ProcessTable, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "toy.json").write_text('{"pid": 1}')

    assert table.last("toy") is None


def test_the_environment_is_exactly_the_given_one(
    table: ProcessTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    start(table, tmp_path, "import os, time; print(sorted(os.environ), flush=True); time.sleep(60)")

    assert "AWS_PROFILE" not in wait_for_text(tmp_path / "toy.log")
