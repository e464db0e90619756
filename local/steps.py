"""Tells the person at the keyboard what is happening, and how long it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

WIDTH = 44
PLAIN_INTERVAL = 5.0  # seconds between two progress lines where they cannot overwrite each other


class Step:
    """One line of progress; `note` changes what stands beside it."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self.title = title
        self._stream = stream
        self._live = stream.isatty()
        self._began = self._shown = time.monotonic()
        self._noted = ""
        if self._live:
            self._write(f"\r\033[K… {title}")

    def note(self, text: str) -> None:
        """Shows how far the step has come."""
        now = time.monotonic()
        if text == self._noted:
            return
        if self._live:
            self._noted = text
            self._write(f"\r\033[K… {self.title}: {text}")
        elif now - self._shown >= PLAIN_INTERVAL:
            self._shown = now
            self._noted = text
            self._write(f"  {self.title}: {text}\n")

    def finish(self, mark: str) -> None:
        """Replaces the progress by the result and its seconds."""
        start = "\r\033[K" if self._live else ""
        self._write(f"{start}{mark} {self.title:<{WIDTH}} {time.monotonic() - self._began:6.1f} s\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


@contextmanager
def step(title: str, stream: TextIO | None = None) -> Iterator[Step]:
    """Prints `✓ title  seconds` when the block ends, `✗ title  seconds` when it raises."""
    current = Step(title, stream or sys.stdout)
    try:
        yield current
    except BaseException:
        current.finish("✗")
        raise
    current.finish("✓")
