"""An execution environment that is a child process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from local import lambda_runtime
from local.lambda_host.configuration import Credentials, Function
from local.lambda_host.environment import Environment, FunctionError, Invocation
from local.lambda_host.output import Log, Output
from local.lambda_host.sources import SourceTree

# What a process needs on any machine. Everything else that the developer's shell exports stays out.
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")


class Child(Environment):
    """A running child process with its channel. Used by one thread at a time."""

    def __init__(self, environment: Mapping[str, str], output: Output, task_root: Path, expires_at: datetime) -> None:
        """Starts the process. It imports its handler while the caller goes on; `invoke` waits for that."""
        super().__init__(output, expires_at)
        self._ready = False
        ours, theirs = socket.socketpair()
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", lambda_runtime.__file__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
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
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        output.follow(self._process.stdout)

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def invoke(self, invocation: Invocation) -> str:
        """See Environment.invoke."""
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
            try:
                return str(self._wait(invocation.deadline)["payload"])
            finally:
                if self.alive:
                    self._output.wait_for_report(invocation.request_id)
        except TimeoutError:
            if self._ready:  # one that is still importing is left to finish: the next event finds it warm
                self.kill()
            raise self._timed_out(invocation) from None
        except (BrokenPipeError, ConnectionResetError, _EndedError):
            self.kill()
            raise self._exited(invocation, self._end()) from None

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

    def _end(self) -> str:
        code = self._process.returncode
        return f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

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
        self._output.wait_for_end()


class _EndedError(Exception):
    """The other side closed the channel."""


class Processes:
    """RUNTIME=process: the working tree's code, in processes of this Python."""

    def __init__(self, sources: SourceTree, task_root: Path, log: Log) -> None:
        """Takes what notices edits, the import root, and where the children's output goes."""
        self._sources = sources
        self._task_root = task_root
        self._log = log

    def code_version(self) -> object:
        """Another number after an edit."""
        return self._sources.version()

    def start(self, function: Function, credentials: Credentials, log_stream: str) -> Child:
        """A process that imports its handler from the task root."""
        own = {
            "LAMBDA_TASK_ROOT": str(self._task_root),
            "PYTHONPATH": str(self._task_root),
            "PYTHONSAFEPATH": "1",  # nothing but LAMBDA_TASK_ROOT and the installed packages can be imported
        }
        environment = function.environment(credentials, log_stream) | own
        output = self._log.output(function.log_group, log_stream)
        return Child(environment, output, self._task_root, credentials.expires_at)
