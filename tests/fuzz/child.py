"""The process that a target is fuzzed in: `python -m tests.fuzz.child TARGET DIRECTORY CORPUS SECONDS ENGINE`.

It ends with 0 when its time is over. Anything else, a signal too, is a finding; the input is in DIRECTORY/record. What
it finds worth trying again, it puts into CORPUS.
"""

import logging
import random
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.record import Record
from tests.fuzz.target import Target, target

HANGS = 30
"""Seconds after which one input counts as never ending. Slow ones are told by the targets themselves, in time of the
processor."""

INSTRUMENTED = ["api", "articles", "image_worker", "PIL", "pi_heif", "itsdangerous", "jwt", "json", "urllib"]
"""Packages whose branches guide the fuzzer. Compiled ones cannot: they are reached by changes of the seeds."""


def with_atheris(name: str, directory: Path, corpus: Path, seconds: int) -> None:
    """Changes inputs, and keeps those that reach other branches."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        fuzzed = target(name)
    seeds, words = directory / "seeds", directory / "words"
    seeds.mkdir()
    for label, data in {**fuzzed.seeds(), **fuzzed.kept()}.items():
        (seeds / label).write_bytes(data)
    escaped = ["".join(f"\\x{byte:02x}" for byte in word) for word in fuzzed.words]
    words.write_text("".join(f'"{word}"\n' for word in escaped))

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        changed = atheris.Mutate(data, most)
        return fuzzed.repaired(changed) if seed % 4 else changed

    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        # The peak that it looks at is the one of whoever started this process; bounds.py bounds what is allocated.
        "-rss_limit_mb=0",
        f"-timeout={HANGS}",
        f"-max_len={fuzzed.longest}",
        f"-dict={words}",
        f"-artifact_prefix={directory}/",
        "-report_slow_units=1000000",
        str(corpus),
        str(seeds),
    ]
    atheris.Setup(arguments, _recording(fuzzed, directory), custom_mutator=mutate)
    atheris.Fuzz()


def with_hypothesis(name: str, directory: Path, _: Path, seconds: int) -> None:
    """The same properties without coverage: the seeds with bytes changed, put in, taken out and repeated."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    fuzzed = target(name)
    check = _recording(fuzzed, directory)
    inputs = [*fuzzed.seeds().values(), *fuzzed.kept().values()]
    places, pieces = st.integers(0, fuzzed.longest), st.binary(max_size=8) | st.sampled_from(fuzzed.words)
    edits = st.lists(st.tuples(places, pieces, st.integers(0, 8)), max_size=6)

    @settings(
        max_examples=200, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=HealthCheck
    )
    @given(st.sampled_from(inputs) | st.binary(max_size=100), edits, st.booleans())
    def tried(data: bytes, changes: list[tuple[int, bytes, int]], repair: bool) -> None:
        for place, piece, without in changes:
            at = place % (len(data) + 1)
            data = data[:at] + piece + data[at + without :]
        data = data[: fuzzed.longest]
        check(fuzzed.repaired(data) if repair else data)

    for data in inputs:
        check(data)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tried()


def _recording(fuzzed: Target, directory: Path) -> Callable[[bytes], None]:
    record = Record(directory / "record")

    def check(data: bytes) -> None:
        record.begin(data)
        fuzzed.check(data)

    return check


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # what Pillow says of broken files
    logging.disable()
    random.seed()
    engine = {"atheris": with_atheris, "hypothesis": with_hypothesis}[sys.argv[5]]
    engine(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
