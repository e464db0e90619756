"""How much memory pictures may take: together by a budget that they share, at all by a limit of the process.

The budget works with estimates (picture.measure) and keeps pictures waiting. The limit is for what the estimates did
not foresee: a decoder then gets no memory and says so, where Lambda would have killed the process with all that it has
in hand. Figures were measured on x86-64 Linux, as RLIMIT_DATA counts: private memory that is writable.
"""

import logging
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Condition

from image_worker.deadline import OutOfTimeError, time_to_work

log = logging.getLogger(__name__)

MIB = 1 << 20

SYSTEM = 64 * MIB
"""Of the function's memory for what is none of this process's private data: code and libraries (some 20 MiB), Lambda's
own runtime, the kernel's buffers for sockets."""

PROCESS = 160 * MIB
"""Modules and clients (51 MiB), what malloc keeps for later after pictures were decoded (45 MiB as docker/
image_worker.Dockerfile sets it, some hundred more without), and room for what no estimate covers."""

A_PICTURE = 72 * MIB
"""Of each picture in hand, beside its file and its decoding: clean pixels (2048² of 4 bytes), a JPEG of up to 5 MiB
with the two requests that carry it in Base64, and the stacks of three threads, which count with all of their 8 MiB."""


@dataclass(eq=False, slots=True)
class Reservation:
    """`shared`: whether at any time of it others had reserved something, too."""

    size: int
    shared: bool


def for_decoding(memory_mb: int, at_once: int, max_upload_bytes: int) -> int:
    """Bytes that are left for decoding in a function of `memory_mb` MiB with that many pictures in hand; at least 0."""
    return max(0, memory_mb * MIB - SYSTEM - PROCESS - at_once * (max_upload_bytes + A_PICTURE))


def limit_process(memory_mb: int) -> None:
    """Lets allocations fail (MemoryError) before a function of `memory_mb` MiB is out of memory.

    Linux counts malloc's memory that way, wherever it takes it from. Elsewhere, on a developer's machine, there is no
    such limit: a line in the log says so.
    """
    if sys.platform != "linux":
        log.info("this system cannot limit a process's memory")
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = max(0, memory_mb * MIB - SYSTEM)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


class MemoryBudget:
    """A number of bytes that threads share. First come, first served: small requests do not overtake a large one."""

    def __init__(self, total: int, at_once: int | None = None) -> None:
        """`total` in bytes. What is larger waits until it is alone, so with 0 everything goes one by one.

        `at_once`: how many may have some at the same time, at most. More decoders than processors are no faster.
        """
        self._total = total
        self._at_once = at_once
        self._changed = Condition()
        self._held: list[Reservation] = []
        self._waiting: deque[Reservation] = deque()

    @contextmanager
    def reserve(self, size: int) -> Iterator[Reservation]:
        """Waits until that many bytes are free, or, where that is more than there are, until nobody else has any.

        Nothing may be reserved inside: two that wait for each other would never end. Raises OutOfTimeError where the
        function has no time left to wait.
        """
        reservation = Reservation(size, shared=False)
        self._take(reservation)
        try:
            yield reservation
        finally:
            with self._changed:
                self._held.remove(reservation)
                self._changed.notify_all()

    def alone(self) -> AbstractContextManager[Reservation]:
        """Waits until nobody else has reserved anything, and lets nobody else inside."""
        return self.reserve(self._total + 1)

    def _take(self, reservation: Reservation) -> None:
        with self._changed:
            self._waiting.append(reservation)
            try:
                if not self._changed.wait_for(lambda: self._has_room_for(reservation), timeout=time_to_work()):
                    raise OutOfTimeError
                if self._held:
                    for each in (reservation, *self._held):
                        each.shared = True
                self._held.append(reservation)
            finally:
                self._waiting.remove(reservation)
                self._changed.notify_all()  # the next in the queue may have room as well

    def _has_room_for(self, reservation: Reservation) -> bool:
        if self._at_once is not None and len(self._held) >= self._at_once:
            return False
        taken = sum(held.size for held in self._held)
        return self._waiting[0] is reservation and (not self._held or taken + reservation.size <= self._total)
