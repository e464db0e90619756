"""botocore's events, of every client and resource that is made inside a context, whoever makes it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import botocore.handlers


@contextmanager
def listening(*hooks: tuple[str, Callable[..., Any]]) -> Iterator[None]:
    """Sessions made inside tell these hooks, each under an event's name, what all of their clients do, for good."""
    before = botocore.handlers.BUILTIN_HANDLERS
    more: list[Any] = list(hooks)
    botocore.handlers.BUILTIN_HANDLERS = [*before, *more]
    try:
        yield
    finally:
        botocore.handlers.BUILTIN_HANDLERS = before
