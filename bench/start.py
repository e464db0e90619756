"""The API's cold start beside its peers': `python -m bench.start [ROUNDS | instructions [STACK …]]`.

From the start of the process to its first answer, one article with two images, through AWS's runtime client and a
Runtime API of ours; DynamoDB's answer is canned and comes over plain HTTP, so no TLS is in it, which costs all alike.
Two figures: time, the median of interleaved rounds, and instructions, as valgrind counts them: they repeat within 1 %.
Peak memory is what was resident at most, after the first answer and twenty more.
"""

import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import one_article
from bench.canned import served
from bench.one_article import VARIANTS
from bench.results import record
from bench.stacks import OURS, Stack, python, runtime, stacks, version
from local.lambda_host.environment import Invocation
from local.lambda_host.runtime_api import RuntimeApi

ROUNDS = 11
MORE = 20
TIMEOUT = 600.0
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
STATES = {"unpatched": ("_nothing_patched", 0.70, 0.93), "ours": ("", 0.50, 0.70)}
"""What each state of ours is called in the results, and how much of the usual stack's and the floor's it may take."""


class _Api(RuntimeApi):
    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        super().__init__()
        self._server.handle_error = lambda *_: None  # of connections: processes are killed while they wait

    def next(self) -> Invocation | None:
        self.asked.release()
        return super().next()


class Started:
    """A handler whose process has been started, as Lambda does it."""

    def __init__(self, stack: Stack, variables: Mapping[str, str], around: Sequence[str] = ()) -> None:
        """`around`: a command that is given the process's own."""
        self._api = _Api()
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self._process = subprocess.Popen(
            [*around, str(python()), "-m", "awslambdaric", stack.handler],
            cwd=stack.root,
            env=environment(stack) | {"AWS_LAMBDA_RUNTIME_API": self._api.address} | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def __enter__(self) -> "Started":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._api.close()
        self._log.close()

    def invoke(self) -> Any:
        """The article that it answers with."""
        arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
        invocation = Invocation(one_article.EVENT, "bench", time.time() + TIMEOUT, TIMEOUT, arn)
        answer = json.loads(self._api.invoke(invocation))
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])

    @property
    def peak_mb(self) -> float:
        """The most memory that was resident, in MB (10⁶ bytes): what Lambda reports as used."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found, status
        return int(found[1]) * 1024 / 1e6

    def ended(self) -> str:
        """Ends it when it asks for a second event, and gives all that it has printed."""
        for _ in range(2):
            self._api.asked.acquire()
        self._process.terminate()
        self._process.wait()
        self._log.seek(0)
        return self._log.read()


def environment(stack: Stack) -> dict[str, str]:
    """What Lambda and the image set. Hashes are the same in every process, so that all do the same steps."""
    return {
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "LAMBDA_TASK_ROOT": str(stack.root),
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(runtime()),
        "_HANDLER": stack.handler,
        **stack.environment,
    }


def executed(log: str) -> list[int]:
    """The instructions of each process that valgrind watched, in the order of their ends."""
    return [int(number.replace(",", "")) for number in re.findall(r"I\s+refs:\s+([\d,]+)", log)]


def instructions(stack: Stack, variables: Mapping[str, str]) -> float:
    """Millions, of one start."""
    with Started(stack, variables, VALGRIND) as started:
        started.invoke()
        log = started.ended()
    found = executed(log)
    assert len(found) == 1, log
    return found[0] / 1e6


@contextmanager
def variables(variant: str) -> Iterator[dict[str, str]]:
    """The environment of all of them, with a DynamoDB in it."""
    answers = {one_article.QUERY: {"": json.dumps(one_article.answer(variant))}}
    with tempfile.TemporaryDirectory() as scratch, served(answers, Path(scratch)) as address:
        yield one_article.VARIABLES | {"AWS_ENDPOINT_URL_DYNAMODB": address}


def count(wanted: Mapping[str, Stack], variant: str) -> dict[str, float]:
    """Instructions of each, two at a time: they are the same however busy the machine is."""
    with variables(variant) as given, ThreadPoolExecutor(2) as pool:
        return dict(zip(wanted, pool.map(lambda stack: instructions(stack, given), wanted.values()), strict=True))


def timed(wanted: Mapping[str, Stack], rounds: int, variant: str) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds to the first answer, and peak memory in MB."""
    seconds, memory = defaultdict(list), defaultdict(list)
    with variables(variant) as given:
        for number in range(rounds + 1):
            for name in random.sample(list(wanted), len(wanted)):
                began = time.perf_counter()
                with Started(wanted[name], given) as started:
                    started.invoke()
                    took = time.perf_counter() - began
                    if number == 0:  # brings its files into the page cache
                        continue
                    seconds[name].append(took)
                    for _ in range(MORE):
                        started.invoke()
                    memory[name].append(started.peak_mb)
    return (
        {name: statistics.median(seconds[name]) for name in wanted},
        {name: statistics.median(memory[name]) for name in wanted},
    )


def shown(title: str, figures: Mapping[str, float]) -> None:
    print(f"{title:<44}{'':>10}{'to usual':>10}{'to bare':>9}")
    for name, value in figures.items():
        print(f"  {name:<42}{value:10.1f}{value / figures['usual']:10.3f}{value / figures['bare']:9.3f}")
    print(flush=True)


def keep(benchmark: str, figures: Mapping[str, float], unit: str, variant: str) -> None:
    """Records ours in both states."""
    peers = {name: value for name, value in figures.items() if name not in OURS}
    for state, (suffix, usual, bare) in STATES.items():
        aim = f"≤ {usual:.2f} of usual, ≤ {bare:.2f} of bare"
        record(f"{benchmark}{variant}{suffix}", figures[state], peers, unit=unit, aim=aim)


def main() -> None:
    wanted = stacks()
    if sys.argv[1:2] == ["instructions"]:
        names = {"usual", "bare", *(sys.argv[2:] or wanted)}
        chosen = {name: stack for name, stack in wanted.items() if name in names}
        for variant, words in VARIANTS.items():
            shown(f"cold start, 10⁶ instructions, {words}", count(chosen, variant))
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"Python {version()}; time and memory: {rounds} rounds, interleaved, medians\n")
    for benchmark, sizes in (
        ("dependencies_on_disk", {name: stack.dependency_bytes / 1e6 for name, stack in wanted.items()}),
        ("image_over_base", {name: stack.bytes / 1e6 for name, stack in wanted.items()}),
    ):
        shown(f"{benchmark.replace('_', ' ')}, MB", sizes)
        peers = {name: value for name, value in sizes.items() if name not in OURS}
        record(benchmark, sizes["ours"], peers, unit="MB", aim="≤ 0.4 of usual")
    for variant, words in VARIANTS.items():
        seconds, memory = timed(wanted, rounds, variant)
        milliseconds = {name: value * 1000 for name, value in seconds.items()}
        shown(f"cold start, ms, {words}", milliseconds)
        keep("cold_start_time", milliseconds, "ms", variant)
        shown(f"peak memory, MB, {words}", memory)
        peers = {name: value for name, value in memory.items() if name not in OURS}
        record(f"peak_memory{variant}", memory["ours"], peers, unit="MB", aim="≤ 0.8 of usual")
        if shutil.which(VALGRIND[0]):
            counted = count(wanted, variant)
            shown(f"cold start, 10⁶ instructions, {words}", counted)
            keep("cold_start_instructions", counted, "10⁶ instructions", variant)
        else:
            print("valgrind is not installed: no instructions are counted\n")


if __name__ == "__main__":
    main()
