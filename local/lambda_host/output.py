"""What the functions print: into a file that a developer reads, and to CloudWatch Logs as Lambda does.

The Lambda service delivers a function's lines with the function's role. Here the account's root does, in the service's
place: the emulator's IAM takes log group ARNs that end in `:*`, which are right on AWS, for others than they are.
"""

import math
import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

INTERVAL = 0.5
"""Seconds between two deliveries: no invocation waits for one, and the emulator has better things to do."""
MAX_EVENTS = 1_000
"""Of one PutLogEvents, which takes 10,000, and a mebibyte in all."""
MAX_BYTES = 1_000_000 - 26 * MAX_EVENTS  # each counts 26 more
MAX_EVENT_BYTES = 256 * 1024 - 26
CHUNK = 1 << 16

Deliver = Callable[[str, str, list[str]], None]
"""Takes log group, log stream, lines."""


def start_line(request_id: str, version: str) -> str:
    """As Lambda writes it before an event."""
    return f"START RequestId: {request_id} Version: {version}"


def end_lines(request_id: str, milliseconds: float, memory_mb: int) -> tuple[str, str]:
    """As Lambda writes them after it. Max Memory Used is left out: a container's is not known from outside."""
    report = (
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(milliseconds)} ms",
        f"Memory Size: {memory_mb} MB",
    )
    return f"END RequestId: {request_id}", "\t".join(report)


@dataclass
class LogDelivery:
    """Brings lines to their log streams, in the order in which they came, by a thread of its own."""

    client: "CloudWatchLogsClient"
    _waiting: list[tuple[str, str, int, str]] = field(default_factory=list)
    _some: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: set[tuple[str, str]] = field(default_factory=set)

    def start(self) -> None:
        """Delivers until the program ends."""
        threading.Thread(target=self._run, daemon=True).start()

    def __call__(self, group: str, stream: str, lines: list[str]) -> None:
        """Takes lines; returns at once."""
        now = int(time.time() * 1000)
        with self._lock:
            self._waiting += [(group, stream, now, line) for line in lines]
        self._some.set()

    def _run(self) -> None:
        while True:
            self._some.wait()
            time.sleep(INTERVAL)
            self._some.clear()
            self.deliver()

    def deliver(self) -> None:
        """Brings what waits. What cannot be delivered is lost, as logs are: the file has it."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        streams: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for group, stream, timestamp, line in waiting:
            message = line.encode()[:MAX_EVENT_BYTES].decode(errors="ignore")
            streams.setdefault((group, stream), []).append({"timestamp": timestamp, "message": message})
        for place, events in streams.items():
            try:
                self._put(*place, events)
            except (BotoCoreError, ClientError):
                traceback.print_exc()

    def _put(self, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        if (group, stream) not in self._made:
            with suppress(self.client.exceptions.ResourceAlreadyExistsException):
                self.client.create_log_stream(logGroupName=group, logStreamName=stream)
            self._made.add((group, stream))
        batch: list[Any] = []
        size = 0
        for event in events:
            length = len(event["message"].encode())
            if batch and (len(batch) == MAX_EVENTS or size + length > MAX_BYTES):
                self.client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
                batch, size = [], 0
            batch.append(event)
            size += length
        self.client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


class Output:
    """Of one execution environment: whole lines, into its function's file and to its log stream."""

    def __init__(self, file: Path, group: str = "", stream: str = "", deliver: Deliver | None = None) -> None:
        """Takes the file, which others write, too, and where the lines are delivered, if anywhere."""
        self._file = file
        self._place = (group, stream)
        self._deliver = deliver
        self._changed = threading.Condition()
        self._reported = ""
        self._ended = False
        self._thread: threading.Thread | None = None

    def write(self, *lines: str) -> None:
        """Adds lines."""
        self._add("".join(f"{line}\n" for line in lines).encode())

    def follow(self, pipe: IO[bytes]) -> None:
        """Reads a process's output to its end, beside everything else."""
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def wait_for_report(self, request_id: str) -> None:
        """Returns when that invocation's last line is in the file: it is on its way before the answer is."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._reported == request_id, timeout=0.5)

    def wait_for_end(self) -> None:
        """Returns when an ended process's last line is in the file, unless a process of its own has the pipe still."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout=0.5)

    def _read(self, pipe: IO[bytes]) -> None:
        rest = b""
        try:
            with pipe:
                while chunk := os.read(pipe.fileno(), CHUNK):
                    lines, newline, rest = (rest + chunk).rpartition(b"\n")
                    if newline:
                        self._add(lines + newline)
            if rest:
                self._add(rest + b"\n")
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _add(self, lines: bytes) -> None:
        with self._file.open("ab", buffering=0) as file:
            file.write(lines)
        texts = lines.decode(errors="replace").splitlines()
        if self._deliver:
            self._deliver(*self._place, [text for text in texts if text])
        for text in texts:
            if text.startswith("REPORT RequestId: "):
                with self._changed:
                    self._reported = text[18:].partition("\t")[0]
                    self._changed.notify_all()


@dataclass(frozen=True)
class Log:
    """A function's: makes the outputs of its environments."""

    file: Path
    deliver: Deliver | None = None

    def output(self, group: str, stream: str) -> Output:
        """For one environment, which is one log stream."""
        return Output(self.file, group, stream, self.deliver)
