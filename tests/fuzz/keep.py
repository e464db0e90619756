"""`PYTHONPATH=services:. python -m tests.fuzz.keep TARGET`: adds to the corpus what `make fuzz` found worth it.

That is, as few and as small inputs as go every way that some input goes, from one line to the next. Lines of Python, so
it needs no fuzzer and says the same everywhere.
"""

import logging
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.fuzz.run import FINDINGS
from tests.fuzz.target import CORPUS, target

OF_INTEREST = ("/services/", "/PIL/", "/itsdangerous/")

Way = tuple[str, int, int]


def ways(check: Callable[[bytes], None], data: bytes) -> set[Way]:
    """From which line of which file to which one an input goes."""
    gone: set[Way] = set()

    def enter(frame: FrameType, _: str, __: Any) -> Any:
        path, last = frame.f_code.co_filename, 0
        if not any(part in path for part in OF_INTEREST):
            return None

        def step(inner: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "line":
                gone.add((path, last, inner.f_lineno))
                last = inner.f_lineno
            return step

        return step

    sys.settrace(enter)
    try:
        check(data)
    finally:
        sys.settrace(None)
    return gone


def main(name: str) -> None:
    fuzzed = target(name)
    known: set[Way] = set()
    for data in [*fuzzed.seeds().values(), *fuzzed.kept().values()]:
        known |= ways(fuzzed.check, data)
    kept = 0
    for path in sorted((FINDINGS / name / "corpus").iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        new = ways(fuzzed.check, path.read_bytes()) - known
        if new:
            known |= new
            kept += 1
            (CORPUS / name).mkdir(parents=True, exist_ok=True)
            (CORPUS / name / path.name[:16]).write_bytes(path.read_bytes())
    print(f"{kept} more are kept")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()
    main(sys.argv[1])
