"""Execution environments that somebody else starts: the function services of docker/compose.yaml.

For each function a file <key>.env is left, which a shell can read. Whoever starts a container of the function waits for
that file, takes the environment from it, and so finds the Runtime API that serves this one environment.
"""

import shlex
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from local.lambda_host.configuration import Credentials, Function
from local.lambda_host.environment import Environment, FunctionError, Invocation
from local.lambda_host.output import Log, Output
from local.lambda_host.runtime_api import RuntimeApi, RuntimeEndedError


class Attached(Environment):
    """One container that is started over and over: ended here, it comes back with the environment of its successor."""

    def __init__(self, environment: Mapping[str, str], file: Path, output: Output, expires_at: datetime) -> None:
        """Leaves the file."""
        super().__init__(output, expires_at)
        self._api = RuntimeApi()
        inside = {**environment, "AWS_LAMBDA_RUNTIME_API": self._api.address}
        lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in inside.items())
        written = file.with_suffix(".new")
        written.write_text(lines)
        written.chmod(0o644)  # the functions run as another user
        written.replace(file)

    @property
    def alive(self) -> bool:
        """See Environment.alive."""
        return not self._api.ended

    def invoke(self, invocation: Invocation) -> str:
        """See Environment.invoke."""
        try:
            return self._api.invoke(invocation)
        except FunctionError:
            if not self._api.ready:
                self.kill()
            raise
        except TimeoutError:
            if self._api.ready:
                self.kill()
            raise self._timed_out(invocation) from None
        except RuntimeEndedError:
            self.kill()
            raise self._exited(invocation, "its container ended") from None

    def retire(self) -> None:
        """See Environment.retire."""
        self.kill()

    def kill(self) -> None:
        """See Environment.kill."""
        self._api.close()


class AttachedContainers:
    """RUNTIME=attached: one container a function."""

    def __init__(self, file: Path, log: Log) -> None:
        """Takes the function's file, and where to say what is said about its events; its output is its container's."""
        self._file = file
        self._log = log

    def code_version(self) -> object:
        """Always the same: whoever starts the container decides what is in it."""
        return None

    def start(self, function: Function, credentials: Credentials, log_stream: str) -> Attached:
        """What the container attaches to when it starts next."""
        environment = function.environment(credentials, log_stream)
        output = self._log.output(function.log_group, log_stream)
        return Attached(environment, self._file, output, credentials.expires_at)
