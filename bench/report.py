"""Writes docs/performance.md, and its plots, from bench/results.json: `python -m bench.report`."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench import misses, results
from bench.peers import PEERS
from local.errors import LocalError
from local.layout import CHECKOUT
from local.tools import programs

PAGE = CHECKOUT / "docs" / "performance.md"
PLOTS = {
    "cold-start": ("Cold start", "cold_start_"),
    "warm": ("A warm call", "warm_"),
    "memory-and-size": ("Memory and size", "peak_memory", "dependencies_on_disk", "image_over_base"),
}
"""File, title, and what the names of the benchmarks in it begin with."""

_INTRODUCTION = """# What is fast, and beside what

`make bench` measures, and writes this page and bench/results.json; nothing in the table is typed. Every benchmark runs
the peers and us on the same work in one run, in turns, so that a busy moment of the machine hits all alike. A ratio is
ours over the peer's: below 1 we take less.

{measured}

The peers stand in bench/peers, a few lines each, and answer the same request with the same article: `usual` is Flask
through serverless-wsgi with boto3's resource, `apig_wsgi` Flask through apig-wsgi, `fastapi_mangum` FastAPI through
Mangum, `powertools` the resolver of AWS Lambda Powertools (these three with boto3's resource, too), `bare` a handler
without a framework and with boto3's client: the floor. None of them validates ids, asks who may see a draft, makes
ETags, answers problems or logs, which ours does in all figures.

- The request: one article of 4,000 characters with two images. Plain: they have neither labels nor URLs, so that the
  frameworks show. `_full`: each has eight labels and two signed URLs, as after the worker.
- A cold start is the time, or the instructions, from the start of the process to its first answer, through AWS's
  runtime client (bench/start.py). Each stack is a directory filled as its image is, the peers' as pip leaves it. With
  `_nothing_patched` ours is so, too; without, it is what docker/api.Dockerfile makes of it. DynamoDB is a server of
  canned answers over plain HTTP: there is no TLS in it.
- A warm call is framework and own code: DynamoDB is stubbed where the SDK's client, or ours, is called
  (bench/warm_calls.py).
- Instructions are valgrind's count, and repeat within 1 %; times do not.
- Memory is what was resident at most, in megabytes of 10⁶ bytes; sizes are those of files, unpacked, with bytecode.
  `image_over_base` is all that an image adds to its base: dependencies and code.
"""


def main() -> int:
    found = results.read()
    PAGE.write_text(text(found, results.machine()))
    try:
        python = programs("plots") / "python"
    except LocalError as error:
        print(f"The plots stay as they are: {error}", file=sys.stderr)
        return 1
    given = json.dumps({str(plot_file(name)): [title, *panels(found, name)] for name, (title, *_) in PLOTS.items()})
    subprocess.run([str(python), str(Path(__file__).with_name("plots.py"))], input=given, text=True, check=True)
    print(f"✓ {PAGE.relative_to(CHECKOUT)}")
    return 0


def text(found: Mapping[str, Any], measured: str) -> str:
    """The page."""
    parts = [_INTRODUCTION.format(measured=measured)]
    for name, (title, *_) in PLOTS.items():
        if panels(found, name):
            parts.append(f"![{title}, ours and the peers'](images/{plot_file(name).name})\n")
    parts.append(
        "| benchmark | ours | peers | ratio | aim | |\n| --- | ---: | --- | --- | --- | --- |\n" + "".join(rows(found))
    )
    if lines := list(misses.missed(found)):
        parts.append("## What is missed, and why\n\n" + "".join(lines))
    return "\n".join(parts)


def rows(found: Mapping[str, Any]) -> Iterator[str]:
    for name, result in found.items():
        peers = "<br>".join(f"{peer} {figure(value)}" for peer, value in result["peers"].items())
        ratios = "<br>".join(f"{ratio:.2f}" for ratio in result["ratios"].values())
        verdict = {True: "met", False: "**missed**", None: ""}[results.is_met(result)]
        ours = f"{figure(result['ours'])} {result['unit']}"
        yield f"| {name} | {ours} | {peers} | {ratios} | {result['aim']} | {verdict} |\n"


def figure(value: float) -> str:
    """Three digits at least, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def panels(found: Mapping[str, Any], plot: str) -> list[tuple[str, dict[str, float]]]:
    """Each panel's title, and its bars: ours and the five peers."""
    _, *prefixes = PLOTS[plot]
    return [
        (f"{name.replace('_', ' ')}, {result['unit']}", {"ours": result["ours"], **result["peers"]})
        for name, result in found.items()
        if name.startswith(tuple(prefixes)) and set(result["peers"]) == set(PEERS)
    ]


def plot_file(name: str) -> Path:
    return PAGE.parent / "images" / f"performance-{name}.svg"


if __name__ == "__main__":
    sys.exit(main())
