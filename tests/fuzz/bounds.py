"""What an input may take of its process: time and memory."""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

_STATM = Path("/proc/self/statm")
_CAN_LIMIT = sys.platform == "linux"
_PAGE = resource.getpagesize()

ROOM = 32 * 1024 * 1024
"""Bytes beside the limit: the heap's own rounding up, stacks of a decoder's threads, what is imported on first use."""

T = TypeVar("T")


@contextmanager
def within_seconds(seconds: float) -> Iterator[None]:
    """Of the processor, so that a busy machine is no finding."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    assert took <= seconds, f"it took {took:.1f} s of the processor"


def within_bytes(most: int, work: Callable[[], T]) -> T:
    """What `work` gives. It gets a MemoryError where it takes more than `most` and ROOM beside what is there already.

    As the worker's own limit does (image_worker.memory), which is of data: what is reserved counts like what is used.
    """
    if not _CAN_LIMIT:
        return work()
    data = int(_STATM.read_text().split()[5]) * _PAGE
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (data + most + ROOM, before[1]))
    try:
        return work()
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
