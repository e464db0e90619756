"""What SnapStart saves of a start of the API: `python -m bench.snapstart [ROUNDS]`.

    init      from the start of the process to the first answer, as without SnapStart
    restored  from the restore to the first answer: the hooks, credentials, a new connection, the call

A copy of the primed process stands for the restored one. How long Lambda takes to restore the virtual machine itself
can't be measured here: it is in neither figure, and is what remains of a cold start beside the second. What a copy pays
for memory that it shares until it writes, Lambda's pays in another way.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import one_article
from bench.results import record
from bench.stacks import ours, python, runtime
from tests.snapshot.cloud import Cloud, running

ROUNDS = 15
COPIES = 5
AIM = "≤ 0.10 of init"
SUBJECT = Path(__file__).with_name("snapstart_subject.py")
VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
KEYS = {"AWS_ACCESS_KEY_ID": "AKBENCH", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}


def environment(cloud: Cloud, root: str, *, snapstart: bool) -> dict[str, str]:
    """Lambda's own. Credentials stand in it; with SnapStart, an address that gives them."""
    given = cloud.environment() | {
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join((root, str(runtime()))),
    }
    if snapstart:
        return given
    return {name: value for name, value in given.items() if "CONTAINER" not in name} | KEYS


def run(root: str, given: Mapping[str, str], mode: Sequence[str], around: Sequence[str] = ()) -> tuple[str, str]:
    """What it writes, and what is said about it."""
    kind, *rest = mode
    command = [*around, str(python()), str(SUBJECT), kind, json.dumps(one_article.EVENT), *rest]
    process = subprocess.run(command, cwd=root, env=dict(given), capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout, process.stderr


def milliseconds(written: str) -> list[float]:
    """The numbers among the function's own lines."""
    return [float(number) for number in re.findall(r"^[\d.]+$", written, re.MULTILINE)]


def collected(text: str) -> list[float]:
    """Millions of instructions of each process that has ended, in that order."""
    return [int(number) / 1e6 for number in re.findall(r"Collected : (\d+)", text)]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    root = str(ours("ours").root)
    answer = one_article.answer("_full")
    times: dict[str, list[float]] = {"init": [], "restored": []}
    with running() as cloud:
        cloud.answer = lambda _: (200, answer)  # type: ignore[method-assign]
        plain, snapstart = (environment(cloud, root, snapstart=snapstart) for snapstart in (False, True))
        run(root, plain, ["init", str(time.monotonic())])  # brings the files into the page cache
        for _ in range(rounds):
            written, _ = run(root, plain, ["init", str(time.monotonic())])
            times["init"] += milliseconds(written)
            written, _ = run(root, snapstart, ["restore", str(COPIES)])
            times["restored"] += milliseconds(written)
        _, said = run(root, plain, ["init", str(time.monotonic())], VALGRIND)
        init = collected(said)[-1]
        _, said = run(root, snapstart, ["count"], VALGRIND)
        idle, copied, _ = collected(said)
    figures = {
        "time": (statistics.median(times["restored"]), statistics.median(times["init"]), "ms"),
        "instructions": (copied - idle, init, "10⁶ instructions"),
    }
    print(f"{rounds} rounds, interleaved, {COPIES} copies each; medians\n")
    print(f"{'to the first answer':<22}{'init':>10}{'restored':>10}{'ratio':>8}")
    for name, (restored, whole, unit) in figures.items():
        print(f"{unit:<22}{whole:10.1f}{restored:10.1f}{restored / whole:8.3f}")
        record(f"snapstart_{name}", restored, {"init": whole}, unit=unit, aim=AIM)


if __name__ == "__main__":
    main()
