"""Handler modules, which read their environment when they are imported."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@contextmanager
def loaded(module: str) -> Iterator[Handler]:
    """A module's handler, imported as a new execution environment does; the process's logging is put back after."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    sys.modules.pop(module, None)
    try:
        yield importlib.import_module(module).handler
    finally:
        sys.modules.pop(module, None)
        root.handlers[:] = handlers
        root.setLevel(level)
