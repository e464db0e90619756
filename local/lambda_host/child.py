"""One execution environment, seen from the host."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import lambda_runtime

# What a process needs on any machine. Everything else that the developer's shell exports stays out.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Invocation:
    """An event with what Lambda tells about it. `deadline` is in seconds since the epoch."""

    event: Any
    request_id: str
    deadline: float
    timeout: float
    function_arn: str
    trace_id: str = ""


class FunctionError(Exception):
    """The function did not answer: `error` is what Lambda's caller gets, as a JSON object."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Takes errorType, errorMessage and perhaps a stackTrace."""
        super().__init__(f"{error.get('errorType')}: {error.get('errorMessage')}")
        self.error = error


class Child:
    """A running child process with its channel. Used by one thread at a time."""

    def __init__(self, environment: Mapping[str, str], log: Path, task_root: Path, expires_at: datetime) -> None:
        """Starts the process. It imports its handler while the caller goes on; `invoke` waits for that."""
        self.expires_at = expires_at
        self._log = log
        self._ready = False
        ours, theirs = socket.socketpair()
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", lambda_runtime.__file__, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**kept, **environment},
                    cwd=task_root,
                    pass_fds=[theirs.fileno()],
                )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._channel = ours

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def has_credentials_for(self, seconds: float) -> bool:
        """Whether its credentials last that long, with five minutes to spare, as Lambda keeps them."""
        return (self.expires_at - datetime.now(UTC)).total_seconds() > seconds + 300

    def invoke(self, invocation: Invocation) -> str:
        """Gives the handler's result as JSON text.

        Raises:
            FunctionError: the handler raised, ran out of time, or its process died. After the last two the process is
                gone, see `alive`.
        """
        try:
            if not self._ready:
                self._wait_until_ready(invocation.deadline)
            self._channel.settimeout(max(0.001, invocation.deadline - time.time()))
            lambda_runtime.send(
                self._channel,
                {
                    "event": invocation.event,
                    "request_id": invocation.request_id,
                    "deadline_ms": int(invocation.deadline * 1000),
                    "function_arn": invocation.function_arn,
                    "trace_id": invocation.trace_id,
                },
            )
            return str(self._wait(invocation.deadline)["payload"])
        except TimeoutError:
            if self._ready:  # one that is still importing is left to finish: the next event finds it warm
                self.kill()
            message = f"{invocation.request_id} Task timed out after {invocation.timeout:.2f} seconds"
            raise self._logged("Sandbox.Timedout", message) from None
        except (BrokenPipeError, ConnectionResetError, _EndedError):
            raise self._exited(invocation.request_id) from None

    def _wait_until_ready(self, deadline: float) -> None:
        try:
            self._wait(deadline)
        except FunctionError:
            self.kill()  # its handler cannot be imported: there is nothing more to expect of it
            raise
        self._ready = True

    def _wait(self, deadline: float) -> dict[str, Any]:
        self._channel.settimeout(max(0.001, deadline - time.time()))
        reply = lambda_runtime.receive(self._channel)
        if reply is None:
            raise _EndedError
        if reply["status"] == "error":
            raise FunctionError(reply["error"])
        return reply

    def _exited(self, request_id: str) -> FunctionError:
        self.kill()
        code = self._process.returncode
        how = f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return self._logged("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}")

    def _logged(self, kind: str, message: str) -> FunctionError:
        with self._log.open("a") as output:
            output.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {message}\n")
        return FunctionError({"errorType": kind, "errorMessage": message})

    def retire(self) -> None:
        """Asks an idle child to end: its channel closes, and it has nothing left to read."""
        self._channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
            return
        self.kill()

    def kill(self) -> None:
        """Ends it now."""
        self._channel.close()
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                # One that died by itself is about to be waited for: its own exit status says more than our signal.
                self._process.wait(timeout=0.05)
        self._process.kill()
        self._process.wait()


class _EndedError(Exception):
    """The other side closed the channel."""
