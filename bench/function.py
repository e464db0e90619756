"""A function in a process of its own, run as the local cloud runs one, with an eye on its time and its memory."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import lambda_runtime
from local.layout import CHECKOUT, SERVICES

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
    "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
}
TIMEOUT = 60.0


class Function:
    def __init__(self, handler: str, environment: Mapping[str, str]) -> None:
        """Starts it and returns when its handler, named as `package.module.function`, is imported."""
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        own = {"_HANDLER": handler, "PYTHONPATH": os.pathsep.join((str(SERVICES), str(CHECKOUT)))}
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", lambda_runtime.__file__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=kept | LAMBDA | own | dict(environment),
                pass_fds=[theirs.fileno()],
            )
        self._answer()

    def __enter__(self) -> "Function":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._process.kill()
        self._process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        """All that it has printed."""
        self._log.seek(0)
        return self._log.read()

    def invoke(self, event: Any) -> Any:
        """The handler's answer. Raises AssertionError where it has none."""
        deadline_ms = int((time.time() + TIMEOUT) * 1000)
        request = {"event": event, "request_id": "bench", "deadline_ms": deadline_ms, "function_arn": "bench"}
        lambda_runtime.send(self._channel, request)
        return self._answer().get("payload")

    @property
    def peak_mb(self) -> float:
        """The most memory that was resident, in MB (10⁶ bytes): what Lambda reports as used."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found, status
        return int(found[1]) * 1024 / 1e6

    @property
    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far, also of those that have ended."""
        # Linux's name for another process's clock (clock_getcpuclockid): finer than the ticks in /proc.
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def _answer(self) -> dict[str, Any]:
        answer = lambda_runtime.receive(self._channel)
        assert answer is not None, f"the function's process has ended:\n{self.log}"
        assert answer["status"] != "error", self.log
        return answer
