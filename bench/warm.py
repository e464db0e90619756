"""A warm call beside its peers', framework and own code only: `python -m bench.warm [ROUNDS | instructions]`.

DynamoDB is stubbed, as bench/warm_calls.py says. In time: processes of all stacks stand by and are called in turn, the
median of the rounds. In instructions: valgrind's count of 51 calls less its count of one, over 50.
"""

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench import one_article
from bench.one_article import VARIANTS
from bench.peers import PEERS
from bench.results import record
from bench.stacks import Stack, ours, peer, python, version
from bench.start import VALGRIND, environment, executed, shown

ROUNDS = 25
CALLS = 100
COUNTED = 50
DRIVER = Path(__file__).with_name("warm_calls.py")
AIM = "≤ 0.45 of fastapi_mangum, ≤ 0.7 of usual"


class Standing:
    """A stack's process that waits to be told to call its handler. `articles`: what it has answered, by variant."""

    def __init__(self, stack: Stack, request: Path) -> None:
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            command(stack, request),
            cwd=stack.root,
            env=environment(stack) | one_article.VARIABLES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.articles = {variant: self._article() for variant in VARIANTS}

    def __enter__(self) -> "Standing":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def seconds(self, variant: str, calls: int) -> float:
        """What that many calls take."""
        assert self._process.stdin
        self._process.stdin.write(f"{variant} {calls}\n")
        self._process.stdin.flush()
        return float(self._line())

    def _article(self) -> Any:
        answer = json.loads(self._line())
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, self.log
        return line

    @property
    def log(self) -> str:
        self._log.seek(0)
        return self._log.read()


def command(stack: Stack, request: Path) -> list[str]:
    return [str(python()), str(DRIVER), stack.handler, str(request)]


@contextmanager
def requested() -> Iterator[Path]:
    """The file with the event, and DynamoDB's answer for each variant."""
    answers = {variant or "_": json.dumps(one_article.answer(variant)) for variant in VARIANTS}
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "request.json")
        file.write_text(json.dumps({"event": one_article.EVENT, "answers": answers}))
        yield file


def timed(wanted: Mapping[str, Stack], request: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds a call, by variant and stack."""
    medians = {}
    with ExitStack() as context:
        standing = {name: context.enter_context(Standing(stack, request)) for name, stack in wanted.items()}
        for variant in VARIANTS:
            seconds = defaultdict(list)
            for number in range(rounds + 1):
                for name in random.sample(list(standing), len(standing)):
                    took = standing[name].seconds(variant or "_", CALLS)
                    if number:
                        seconds[name].append(took / CALLS * 1e6)
            medians[variant] = {name: statistics.median(seconds[name]) for name in wanted}
    return medians


def counted(wanted: Mapping[str, Stack], request: Path) -> dict[str, dict[str, float]]:
    """Thousands of instructions a call, by variant and stack."""

    def count(stack: Stack) -> list[float]:
        done = subprocess.run(
            [*VALGRIND, *command(stack, request), str(COUNTED)],
            cwd=stack.root,
            env=environment(stack) | one_article.VARIABLES,
            capture_output=True,
            text=True,
            check=True,
        )
        # Two children a variant, one after the other, then their parent.
        found = executed(done.stderr)
        assert len(found) == 2 * len(VARIANTS) + 1, done.stderr
        return [(found[2 * n + 1] - found[2 * n]) / COUNTED / 1e3 for n in range(len(VARIANTS))]

    with ThreadPoolExecutor(2) as pool:
        counts = dict(zip(wanted, pool.map(count, wanted.values()), strict=True))
    return {variant: {name: counts[name][n] for name in wanted} for n, variant in enumerate(VARIANTS)}


def main() -> None:
    only = sys.argv[1:] == ["instructions"]
    rounds = int(sys.argv[1]) if sys.argv[1:] and not only else ROUNDS
    wanted = {name: peer(name) for name in PEERS} | {"ours": ours("ours")}
    results = {}
    with requested() as request:
        if not only:
            print(f"Python {version()}; time: {rounds} rounds of {CALLS} calls, interleaved, medians\n")
            results["warm_time"] = ("µs", timed(wanted, request, rounds))
        if shutil.which(VALGRIND[0]):
            results["warm_instructions"] = ("10³ instructions", counted(wanted, request))
        else:
            print("valgrind is not installed: no instructions are counted\n")
    for benchmark, (unit, figures) in results.items():
        for variant, words in VARIANTS.items():
            values = figures[variant]
            shown(f"warm call, {unit}, {words}", values)
            if only:
                continue
            peers = {name: value for name, value in values.items() if name != "ours"}
            record(f"{benchmark}{variant}", values["ours"], peers, unit=unit, aim=AIM)


if __name__ == "__main__":
    main()
