"""Execution environments that are containers of the built images, locked in as Lambda does it."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from local.lambda_host.configuration import Credentials, Function
from local.lambda_host.environment import Environment, FunctionError, Invocation
from local.lambda_host.output import Log, Output, end_lines, start_line
from local.lambda_host.runtime_api import RuntimeApi, RuntimeEndedError

LABEL = "gazette.stack"
"""On each container: which stack it belongs to."""

_CLIENT_VARIABLES = (
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
)
_LOCKED_IN = (
    "--read-only",
    "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size=512m",  # Lambda's own default
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    # The emulator is on this machine's loopback interface, and in there it has the same address.
    "--network=host",
)


class Container(Environment):
    """One container with a Runtime API of its own."""

    def __init__(
        self, function: Function, environment: Mapping[str, str], stack: str, output: Output, expires_at: datetime
    ) -> None:
        """Starts it; it imports its handler while the caller goes on."""
        super().__init__(output, expires_at)
        self._function = function
        self._api = RuntimeApi()
        self._name = f"{function.name}-{uuid4().hex[:8]}"
        inside = {**environment, "AWS_LAMBDA_RUNTIME_API": self._api.address}
        kept = {name: os.environ[name] for name in _CLIENT_VARIABLES if name in os.environ}
        command = [
            "docker", "run", "--rm", f"--name={self._name}", f"--label={LABEL}={stack}", "--pull=never",
            *_LOCKED_IN, f"--memory={function.memory_mb}m",
            *(f"--env={name}" for name in inside),  # values from our environment: a command line is for all to see
            function.image, function.handler,
        ]  # fmt: skip
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**inside, **kept},
            )
        except BaseException:
            self._api.close()
            raise
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        output.follow(self._process.stdout)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self._process.wait()
        self._api.end()

    @property
    def alive(self) -> bool:
        """See Environment.alive."""
        return not self._api.ended

    def invoke(self, invocation: Invocation) -> str:
        """See Environment.invoke."""
        was_ready = self._api.ready
        began = time.perf_counter()
        self._output.write(start_line(invocation.request_id, self._function.version))
        try:
            return self._api.invoke(invocation)
        except FunctionError:
            if not self._api.ready:
                self.kill()  # its handler cannot be imported: there is nothing more to expect of it
            raise
        except TimeoutError:
            if was_ready or self._api.ready:
                self.kill()
            raise self._timed_out(invocation) from None
        except RuntimeEndedError:
            self.kill()
            code = self._process.returncode
            raise self._exited(invocation, "signal: SIGKILL" if code == 137 else f"exit status {code}") from None
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            self._output.write(*end_lines(invocation.request_id, milliseconds, self._function.memory_mb))

    def retire(self) -> None:
        """See Environment.retire."""
        self.kill()

    def kill(self) -> None:
        """See Environment.kill."""
        if self._process.poll() is None:
            remove(self._name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
        self._process.kill()
        self._process.wait()
        self._api.close()


class Containers:
    """RUNTIME=docker: the images that Terraform deployed."""

    def __init__(self, stack: str, log: Log) -> None:
        """Takes the stack's name, for the containers' labels, and where their output goes."""
        self._stack = stack
        self._log = log

    def code_version(self) -> object:
        """Always the same: the code is in the image, and that is part of the function's configuration."""
        return None

    def start(self, function: Function, credentials: Credentials, log_stream: str) -> Container:
        """A container of the function's image."""
        environment = function.environment(credentials, log_stream)
        output = self._log.output(function.log_group, log_stream)
        return Container(function, environment, self._stack, output, credentials.expires_at)


def remove(*names: str) -> None:
    """Ends containers at once."""
    subprocess.run(["docker", "rm", "--force", *names], capture_output=True, check=False)


def remove_all(stack: str) -> None:
    """Ends every container of a stack: those of a host that was killed, too."""
    with contextlib.suppress(FileNotFoundError, subprocess.TimeoutExpired):
        listed = subprocess.run(
            ["docker", "ps", "--all", "--quiet", f"--filter=label={LABEL}={stack}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,  # an engine elsewhere may not answer
        )
        if listed.stdout.split():
            remove(*listed.stdout.split())
