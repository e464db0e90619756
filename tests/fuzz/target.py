"""A target is a module of tests.fuzz.targets: what it is fed, and what has to be true of any input."""

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SHARES = {"preflight": 4, "events": 1, "cursors": 1, "bodies": 1, "tokens": 1}
"""The targets, and what each gets of the time where all are fuzzed."""

CORPUS = Path(__file__).parent / "corpus"
"""What is kept beside the seeds: inputs that reach other code, and every one that broke something."""


@dataclass(frozen=True)
class Target:
    name: str
    check: Callable[[bytes], None]
    """Raises whatever is not expected of an input."""
    seeds: Callable[[], dict[str, bytes]]
    """Inputs to begin with, by name; not kept, as they are made in a second."""
    repaired: Callable[[bytes], bytes]
    """The input with its checksums made right."""
    words: list[bytes]
    longest: int
    """Bytes of an input."""

    def kept(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((CORPUS / self.name).glob("*"))}


def seconds_each(seconds: int, names: Iterable[str] = SHARES) -> dict[str, int]:
    """Whole seconds for each target, by its share."""
    shares = {name: SHARES[name] for name in names}
    return {name: max(1, seconds * share // sum(shares.values())) for name, share in shares.items()}


def target(name: str) -> Target:
    module = importlib.import_module(f"tests.fuzz.targets.{name}")
    return Target(
        name,
        module.check,
        module.seeds,
        getattr(module, "repaired", bytes),
        module.WORDS,
        module.LONGEST,
    )
