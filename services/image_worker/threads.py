"""Threads that know what their starter knows: the ids for the logs, the deadline."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Event
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A number of threads. Whoever begins something waits for it: Lambda freezes the
    process after its answer, and what still ran would go on at the next one's expense, long after its claim."""

    def __init__(self, at_once: int, name: str) -> None:
        """All threads are begun here. Where memory is short none could be later on: the pool would then refuse what it
        has put into its queue already, to be done some other time and unattended."""
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix=name)
        all_begun = Event()
        try:
            for _ in range(at_once):
                self._pool.submit(all_begun.wait)
        finally:
            all_begun.set()

    def begin(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Does it in one of them, once one is free, with a copy of the caller's context variables."""
        context = copy_context()
        return self._pool.submit(lambda: context.run(do, *args, **kwargs))

    def close(self) -> None:
        """Waits for all that was begun, but for what has not got a thread yet: that is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)
