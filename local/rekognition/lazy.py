"""A value built once, on first use, whichever thread comes first."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """Models and clients take longer to import than the server takes to start, so nothing imports them at the top."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: list[T] = []

    @property
    def ready(self) -> bool:
        return bool(self._built)

    def get(self) -> T:
        """The value; raises whatever building it raises, and tries again at the next call."""
        with self._lock:
            if not self._built:
                self._built.append(self._build())
            return self._built[0]
