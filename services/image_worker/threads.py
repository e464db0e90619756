"""Threads that know what their starter knows: the ids for the logs, the deadline."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A bounded number of threads, begun when first needed. Whoever begins something waits for it: Lambda freezes the
    process after its answer, and what still ran would go on at the next one's expense, long after its claim."""

    def __init__(self, at_once: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=name)

    def begin(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Does it in a thread, once one is free, with a copy of the caller's context variables."""
        context = copy_context()
        return self._pool.submit(lambda: context.run(do, *args, **kwargs))

    def close(self) -> None:
        """Waits for all that was begun, but for what has not got a thread yet: that is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
