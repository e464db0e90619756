"""What our images cost beside a bare handler in the same base: `python -m bench.cold_start [ROUNDS]`.

Each round starts one container of each kind after the other, in another order every time, so that a busy moment of the
machine hits all of them alike. Two figures a kind, medians of all rounds:

    cold   from `docker run` to the first answer through AWS's emulator: the engine, the runtime, our imports
    warm   one more call, the fastest of ten

The engine's and the emulator's own time is in the bare handler's figures, so the ratio understates what ours costs
more, and the difference does not.
"""

import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from local.images import engine, functions
from tests.docker.containers import API, NOWHERE, WORKER, docker, event, running

ROUNDS = 10
BARE = "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"


def main() -> None:
    """Measures, and prints a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        functions.deployed(folder / "log")
        folder.chmod(0o755)
        (folder / "bare.py").write_text(BARE)
        base = base_of(functions.name_of("api"))
        # No AWS is called: /health answers by itself, and a batch without records has nothing to do.
        health, nothing = event("get_health"), {"Records": []}
        kinds: dict[str, tuple[str, str, dict[str, str], Any, tuple[str, ...]]] = {
            "bare handler": (base, "bare.handler", {}, {}, (f"--volume={folder / 'bare.py'}:/var/task/bare.py:ro",)),
            "api": (functions.name_of("api"), "", NOWHERE | API, health, ()),
            "image_worker": (functions.name_of("image_worker"), "", NOWHERE | WORKER, nothing, ()),
        }
        cold, warm = defaultdict(list), defaultdict(list)
        for _ in range(rounds):
            for kind in random.sample(list(kinds), len(kinds)):
                image, command, environment, sent, options = kinds[kind]
                began = time.perf_counter()
                with running(image, command, environment, *options) as container:
                    answer = container.invoke(sent)
                    cold[kind].append(time.perf_counter() - began)
                    assert "errorType" not in answer, answer
                    warm[kind].append(min(timed(container, sent) for _ in range(10)))
    sizes = {kind: size(image) for kind, (image, *_) in kinds.items()}
    bare = "bare handler"
    print(f"{rounds} rounds, interleaved; medians\n")
    print(f"{'':<14}{'MB':>8}{'over base':>11}{'cold ms':>10}{'ratio':>7}{'warm ms':>10}{'ratio':>7}")
    for kind in kinds:
        first, next_ = statistics.median(cold[kind]), statistics.median(warm[kind])
        print(
            f"{kind:<14}{sizes[kind]:8.1f}{sizes[kind] - sizes[bare]:11.1f}"
            f"{first * 1000:10.0f}{first / statistics.median(cold[bare]):7.2f}"
            f"{next_ * 1000:10.2f}{next_ / statistics.median(warm[bare]):7.2f}"
        )


def base_of(image: str) -> str:
    """The base that an image was built on: the one of this repository, or AWS's."""
    layers = layers_of(image)
    for candidate in ("gazette-lambda-base:3.13", functions.AWS_BASE):
        if engine.image_exists(candidate) and layers[: len(layers_of(candidate))] == layers_of(candidate):
            return candidate
    raise SystemExit(f"{image} stands on no base that is known here")


def layers_of(image: str) -> list[str]:
    """The digests of an image's layers, from the bottom."""
    return docker("image", "inspect", "--format", '{{join .RootFS.Layers " "}}', image).stdout.split()


def size(image: str) -> float:
    """Megabytes, unpacked."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image).stdout) / 1e6


def timed(container: Any, sent: Any) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    container.invoke(sent)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
