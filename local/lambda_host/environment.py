"""An execution environment as the pool sees it, whatever it is made of."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from local.lambda_host.configuration import Credentials, Function
from local.lambda_host.output import Output


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


class Environment(ABC):
    """Handles one event at a time; used by one thread at a time."""

    def __init__(self, output: Output, expires_at: datetime) -> None:
        """Takes where its output goes, and when its credentials end."""
        self._output = output
        self._expires_at = expires_at

    def has_credentials_for(self, seconds: float) -> bool:
        """Whether its credentials last that long, with five minutes to spare, as Lambda keeps them."""
        return (self._expires_at - datetime.now(UTC)).total_seconds() > seconds + 300

    @property
    @abstractmethod
    def alive(self) -> bool:
        """Whether it can take another event."""

    @abstractmethod
    def invoke(self, invocation: Invocation) -> str:
        """Gives the handler's result as JSON text.

        Raises:
            FunctionError: the handler raised, ran out of time, or its process died. After the last two the environment
                is gone, see `alive`.
        """

    @abstractmethod
    def retire(self) -> None:
        """Ends it while it is idle."""

    @abstractmethod
    def kill(self) -> None:
        """Ends it now."""

    def _timed_out(self, invocation: Invocation) -> FunctionError:
        message = f"{invocation.request_id} Task timed out after {invocation.timeout:.2f} seconds"
        return self._logged("Sandbox.Timedout", message)

    def _exited(self, invocation: Invocation, how: str) -> FunctionError:
        message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: {how}"
        return self._logged("Runtime.ExitError", message)

    def _logged(self, kind: str, message: str) -> FunctionError:
        self._output.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {message}")
        return FunctionError({"errorType": kind, "errorMessage": message})


class Runtime(Protocol):
    """What environments are made of: processes, or containers."""

    def code_version(self) -> object:
        """Something that differs once the code that a new environment would run does."""

    def start(self, function: Function, credentials: Credentials, log_stream: str) -> Environment:
        """A new environment. It may still be starting; its first event waits for that."""
