"""How long the function may still run, and that nothing is begun which could outlast it.

Lambda stops a function at its timeout wherever it stands: the claim stays until its lease runs out, and all messages of
the batch come again, finished ones too. So each attempt at a call of AWS is asked beforehand whether it can end in time
(`guard`, which clients.py puts into every client), and some seconds are kept for giving claims back and for reporting.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError

LAST_SECOND = 1.0
"""Seconds kept for the answer to Lambda itself."""


class LambdaContext(Protocol):
    """What Lambda gives a handler beside its event: the part of it that is used here."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class OutOfTimeError(BotoCoreError):
    """Something was not begun, because it could have outlasted the function. Another invocation has the time.

    To callers it is what it mostly is: a call of AWS that got no answer.
    """

    fmt = "There is no time left to begin it."


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

    @contextmanager
    def kept(self, closing: float = 0.0) -> Iterator[None]:
        """Inside, also in the threads that threads.py begins there, `guard` looks at this deadline.

        `closing`: seconds before the end that are kept for what stands inside `closing()`.
        """
        token = _limit.set(_Limit(self, LAST_SECOND + closing))
        try:
            yield
        finally:
            _limit.reset(token)


@dataclass(frozen=True, slots=True)
class _Limit:
    deadline: Deadline
    margin: float


_limit: ContextVar[_Limit | None] = ContextVar("limit", default=None)


@contextmanager
def closing() -> Iterator[None]:
    """Inside stands what has to be done even though time is up: giving a claim back, reporting a message."""
    limit = _limit.get()
    token = _limit.set(limit and replace(limit, margin=LAST_SECOND))
    try:
        yield
    finally:
        _limit.reset(token)


def time_to_work() -> float | None:
    """Seconds, at least 0, that may still go into work here; None where no deadline is kept."""
    limit = _limit.get()
    return None if limit is None else max(0.0, limit.deadline.seconds_left() - limit.margin)


def guard(longest_attempt: float) -> Callable[..., None]:
    """A handler for botocore's event before-send, which comes before each attempt at a call: retries too.

    It raises OutOfTimeError where an attempt of so many seconds could outlast the function. botocore takes that for no
    failed connection: it does not try again, and lets the very exception through.
    """

    def check(**_: Any) -> None:
        left = time_to_work()
        if left is not None and left < longest_attempt:
            raise OutOfTimeError

    return check
