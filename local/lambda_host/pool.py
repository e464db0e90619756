"""The execution environments of one function."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from local.lambda_host.configuration import Function, FunctionSource
from local.lambda_host.environment import Environment, FunctionError, Invocation, Runtime

MAX_CHILDREN = 6  # events of one function at the same time; more of them wait. The emulator sends a queue's by five
CONFIGURATION_AGE = 2.0  # seconds for which a function's configuration is taken to be unchanged


class Pool:
    """Hands each event to an idle child, or to a new one while there are fewer than `max_children`."""

    def __init__(self, deployed: FunctionSource, runtime: Runtime, max_children: int = MAX_CHILDREN) -> None:
        """Takes where the configuration comes from, what children are made of, and how many there may be at a time."""
        self._max_children = max_children
        self._deployed = deployed
        self._runtime = runtime
        self._changed = threading.Condition()
        self._idle: list[tuple[str, Environment]] = []
        self._busy = 0
        self._closed = False
        self._function: Function | None = None
        self._read_at = float("-inf")
        self._reading = threading.Lock()

    def invoke(self, name: str, version: str, invocation: Invocation) -> str:
        """Gives the handler's result as JSON text.

        Raises:
            FunctionError: the function failed, or no child became free before the deadline.
        """
        function = self._current(name, version)
        state = self._state(function)
        child = self._take(state, invocation, lambda: self._start(function))
        healthy = False
        try:
            result = child.invoke(invocation)
            healthy = True
        except FunctionError:
            healthy = child.alive
            raise
        finally:
            self._give_back(state, child, healthy=healthy)
        return result

    def warm_up(self, name: str, version: str) -> None:
        """Starts a child ahead of the first event where there is none."""
        function = self._current(name, version)
        state = self._state(function)
        with self._changed:
            if self._closed or self._idle or self._busy:
                return
            self._busy += 1
        child = self._started(lambda: self._start(function))
        self._give_back(state, child, healthy=True)

    def close(self) -> None:
        """Ends the idle children at once, and each busy one when it gives its answer."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, child in idle:
            child.kill()

    def _current(self, name: str, version: str) -> Function:
        with self._reading:  # a burst of events reads the configuration once
            now = time.monotonic()
            known = self._function
            if known and (known.name, known.version) == (name, version) and now - self._read_at < CONFIGURATION_AGE:
                return known
            self._function = self._deployed.function(name, version)
            self._read_at = time.monotonic()
            return self._function

    def _state(self, function: Function) -> str:
        """What a child must have been made from to be of use now."""
        return f"{function.digest}/{self._runtime.code_version()}"

    def _take(self, state: str, invocation: Invocation, start: Callable[[], Environment]) -> Environment:
        retired = []
        try:
            with self._changed:
                while True:
                    while self._idle:
                        made_from, child = self._idle.pop()
                        if made_from == state and child.alive and child.has_credentials_for(invocation.timeout):
                            self._busy += 1
                            return child
                        retired.append(child)
                    if self._busy < self._max_children:
                        self._busy += 1
                        break
                    if not self._changed.wait(max(0.0, invocation.deadline - time.time())):
                        message = f"Rate exceeded: all {self._max_children} environments of the function were busy"
                        raise FunctionError({"errorType": "TooManyRequestsException", "errorMessage": message})
        finally:
            for child in retired:
                child.retire()
        return self._started(start)

    def _started(self, start: Callable[[], Environment]) -> Environment:
        try:
            return start()
        except BaseException:
            with self._changed:
                self._busy -= 1
                self._changed.notify()
            raise

    def _start(self, function: Function) -> Environment:
        credentials = self._deployed.credentials(function)
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{time.monotonic_ns():x}"
        return self._runtime.start(function, credentials, stream)

    def _give_back(self, state: str, child: Environment, *, healthy: bool) -> None:
        with self._changed:
            self._busy -= 1
            keep = healthy and not self._closed
            if keep:
                self._idle.append((state, child))
            self._changed.notify()
        if not keep:
            child.kill()
