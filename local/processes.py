"""Starts processes that outlive the command that started them, and stops those and no others.

A record per process (its id and its start time, as the system tells it) is kept in a file. A process id alone is not
enough: after a restart of the machine the same number belongs to somebody else.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.errors import LocalError
from local.files import read_json, write_json

POLL = 0.03  # seconds between two looks at a process
GRACE = 8.0  # seconds that a process has to end by itself before it is killed


@dataclass(frozen=True)
class Process:
    """A started process: `started` is the system's own note of when, `fingerprint` what it was started from."""

    name: str
    pid: int
    started: str
    port: int
    fingerprint: str

    @property
    def instance(self) -> str:
        """Names this one life of the process."""
        return f"{self.pid}@{self.started}"


def start_time(pid: int) -> str | None:
    """When the process began, in the system's own words; None where it has ended."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name in parentheses may hold anything; the fields are counted from behind it.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        state, began = fields[0], fields[19]
        return None if state in "ZX" else f"{began}/{_boot_id()}"
    # macOS and the BSDs have no /proc
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()


def _boot_id() -> str:
    """Start times count from the machine's boot: they name one moment only together with it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


class ProcessTable:
    """The processes of one stack."""

    def __init__(self, records: Path) -> None:
        """Takes the directory that holds one JSON record a process."""
        self._records = records

    def _record(self, name: str) -> Path:
        return self._records / f"{name}.json"

    def last(self, name: str) -> Process | None:
        """The process as it was last started, whether or not it still runs."""
        content = read_json(self._record(name))
        try:
            return Process(**content) if isinstance(content, dict) else None
        except TypeError:
            return None  # written by another version of this program

    def running(self, name: str) -> Process | None:
        """The process where it is alive, else None."""
        process = self.last(name)
        return process if process and start_time(process.pid) == process.started else None

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        port: int,
        fingerprint: str,
        log: Path,
        directory: Path,
    ) -> Process:
        """Starts a detached process with exactly this environment; its output replaces the content of `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=directory,
                start_new_session=True,  # Ctrl-C in the terminal is not for them
            )
        began = start_time(child.pid)
        # From here on the record is what counts; the handle would complain about a child that is still running.
        child.returncode = 0
        if began is None:
            raise LocalError(f"{name} ended as soon as it was started.", log)
        process = Process(name=name, pid=child.pid, started=began, port=port, fingerprint=fingerprint)
        write_json(self._record(name), asdict(process))
        return process

    def wait_until_ready(self, process: Process, ready: Callable[[], bool], *, seconds: float, log: Path) -> None:
        """Returns once `ready()` is true.

        Raises:
            LocalError: the process ended, or was not ready in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            answers = ready()
            if self.running(process.name) is None:  # then it is somebody else who answers
                raise LocalError(f"{process.name} ended while it was starting.", log)
            if answers:
                return
            if time.monotonic() > deadline:
                raise LocalError(f"{process.name} did not answer on port {process.port} in {seconds:.0f} s.", log)
            time.sleep(POLL)

    def stop(self, name: str) -> bool:
        """Ends the process, and what it started, and waits for it. Gives whether there was anything to stop."""
        process = self.running(name)
        if process is None:
            self._record(name).unlink(missing_ok=True)
            return False
        for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
            # It leads a session of its own: the group is it and its children.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            if self._ended(process, patience):
                self._record(name).unlink(missing_ok=True)
                return True
        raise LocalError(f"{name} (process {process.pid}) cannot be stopped.")

    @staticmethod
    def _ended(process: Process, patience: float) -> bool:
        deadline = time.monotonic() + patience
        while start_time(process.pid) == process.started:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)  # where it is a child of ours, leave no zombie
        return True
