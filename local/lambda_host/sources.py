"""Notices that somebody edited the functions' code."""

import os
import time
from pathlib import Path

CHECK_INTERVAL = 0.5  # seconds


class SourceTree:
    """The files under LAMBDA_TASK_ROOT. Names, sizes and times are compared, never contents: it runs on each event."""

    def __init__(self, root: Path) -> None:
        """Takes the import root of the functions."""
        self._root = root
        self._checked = float("-inf")
        self._version = 0

    def version(self) -> int:
        """A number that is another one after an edit; looked up at most every CHECK_INTERVAL seconds."""
        now = time.monotonic()
        if now - self._checked >= CHECK_INTERVAL:
            self._version = self._look()
            self._checked = time.monotonic()
        return self._version

    def _look(self) -> int:
        seen = []
        for directory, folders, files in os.walk(self._root):
            folders[:] = [folder for folder in folders if folder != "__pycache__"]
            for name in files:
                path = os.path.join(directory, name)  # noqa: PTH118 - Path objects would triple the cost of a look
                try:
                    status = os.stat(path)  # noqa: PTH116
                except FileNotFoundError:
                    continue  # an editor's temporary file
                seen.append((path, status.st_mtime_ns, status.st_size))
        return hash(tuple(sorted(seen)))
