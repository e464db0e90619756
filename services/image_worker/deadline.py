"""How long the function may still run."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol


class LambdaContext(Protocol):
    """What Lambda gives a handler beside its event: the part of it that is used here."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class Deadline:
    def __init__(self, context: LambdaContext, now: Callable[[], datetime]) -> None:
        self._context = context
        self._now = now

    def seconds_left(self) -> float:
        return self._context.get_remaining_time_in_millis() / 1000

    def lease_until(self, margin: timedelta = timedelta(seconds=5)) -> datetime:
        """A moment at which this process has certainly been stopped: Lambda ends it at the deadline, give or take the
        clocks' difference. Whoever holds a lease until then can write nothing after it."""
        return self._now() + timedelta(seconds=self.seconds_left()) + margin
