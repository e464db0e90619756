"""Our image worker beside a naive one, on large photographs: `python -m bench.worker [ROUNDS]`. Linux only.

Both get the same SQS events, four messages each, in a process of their own, around the same emulator; Rekognition's
stand-in answers after a fixed time and looks at nothing. Each round hands one batch to either of them, in random order,
so that a busy moment of the machine hits both alike; every file is another one. Printed are medians:

    pictures/s   through one process, a batch of four after the other
    CPU          the process's own, a picture
    peak         the most memory resident in a process that was handed one message at a time, or batches of four
    start        from the process's beginning until its handler is imported

Before that, how long they take to start. Ours also writes two renditions, claims and finishes the image, deletes the
upload and tells the topic. It finds malloc and botocore's descriptions as in its image, the naive one as they come.
"""

import atexit
import functools
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import botocore

from bench import photographs
from bench.function import Function
from bench.results import record
from local.layout import CHECKOUT
from tests.unit.image_worker.events import sqs_event
from tests.worker_cloud import WorkerCloud, worker_cloud

ROUNDS = 7
BATCH = 4
REKOGNITION_MS = 150.0
LABELS = ["Person", "Face", "Clothing", "Tree", "Building", "Sky", "Car", "Wheel"]
HANDLERS = {"ours": "image_worker.handler.handler", "naive": "bench.naive_worker.handler"}
STARTS = 5
IMAGE = CHECKOUT / "docker" / "image_worker.Dockerfile"


def main() -> None:
    """Measures, prints a table, and keeps the figures in bench/results.json."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with worker_cloud() as cloud:
        cloud.rekognition.answer_always(LABELS, [], delay_ms=REKOGNITION_MS)
        starts(cloud)
        compare(cloud, "12-megapixel JPEG", photographs.jpeg(4000, 3000), rounds)
        compare(cloud, "48-megapixel HEIC", photographs.heic(8064, 6048), max(3, rounds // 2))


def starts(cloud: WorkerCloud) -> None:
    """Both workers, from nothing to an imported handler."""
    seconds = defaultdict(list)
    for _ in range(STARTS):
        for name in random.sample(list(HANDLERS), len(HANDLERS)):
            began = time.perf_counter()
            with started(name, cloud):
                seconds[name].append(time.perf_counter() - began)
    took = {name: statistics.median(times) * 1000 for name, times in seconds.items()}
    print(
        f"start: ours {took['ours']:.0f} ms, naive {took['naive']:.0f} ms, ratio {took['ours'] / took['naive']:.2f}\n"
    )
    record("worker_start", took["ours"], {"naive": took["naive"]}, unit="ms", aim="")


def compare(cloud: WorkerCloud, title: str, file: bytes, rounds: int) -> None:
    """Both workers on one picture."""
    seconds, cpu = defaultdict(list), {}
    alone, batch = {}, {}
    for name in HANDLERS:
        with started(name, cloud) as function:
            for _ in range(3):
                run(function, cloud, file, 1)
            alone[name] = function.peak_mb
    with ExitStack() as stack:
        functions = {name: stack.enter_context(started(name, cloud)) for name in HANDLERS}
        for function in functions.values():
            run(function, cloud, photographs.jpeg(400, 300), BATCH)  # connections are made, late imports done
        before = {name: function.cpu_seconds for name, function in functions.items()}
        for _ in range(rounds):
            for name in random.sample(list(functions), len(functions)):
                seconds[name].append(run(functions[name], cloud, file, BATCH))
        for name, function in functions.items():
            cpu[name] = (function.cpu_seconds - before[name]) / rounds / BATCH
            batch[name] = function.peak_mb
    rate = {name: BATCH / statistics.median(times) for name, times in seconds.items()}
    print(f"{title}, {len(file) / 1e6:.1f} MB; {rounds} rounds, interleaved; medians")
    print(f"{'':<8}{'pictures/s':>12}{'CPU ms':>9}{'peak MB, one':>14}{f'peak MB, {BATCH}':>12}")
    for name in HANDLERS:
        print(f"{name:<8}{rate[name]:12.2f}{cpu[name] * 1000:9.0f}{alone[name]:14.0f}{batch[name]:12.0f}")
    figures = (rate, cpu, alone, batch)
    ratios = [figure["ours"] / figure["naive"] for figure in figures]
    print(f"{'ratio':<8}{ratios[0]:12.2f}{ratios[1]:9.2f}{ratios[2]:14.2f}{ratios[3]:12.2f}\n", flush=True)
    for what, figure, unit, aim in (
        ("pictures a second", rate, "1/s", "≥ 2"),
        ("peak memory, one at a time", alone, "MB", "≤ 0.6"),
        (f"peak memory, batches of {BATCH}", batch, "MB", "≤ 0.6"),
    ):
        record(f"worker: {title}, {what}", figure["ours"], {"naive": figure["naive"]}, unit=unit, aim=aim)


def started(name: str, cloud: WorkerCloud) -> Function:
    """One of the two, imported."""
    return Function(HANDLERS[name], cloud.environment | (image_environment() if name == "ours" else {}))


@functools.cache
def image_environment() -> dict[str, str]:
    """What makes a process here find what it would in the worker's image, whose Dockerfile says so."""
    dockerfile = IMAGE.read_text()
    [services] = re.findall(r'ARG AWS_SERVICES="(.*)"', dockerfile)
    root = Path(tempfile.mkdtemp(prefix="gazette-bench-"))
    atexit.register(shutil.rmtree, root)
    data = root / "botocore" / "data"
    whole = Path(botocore.__file__).parent / "data"
    for service in services.split():
        shutil.copytree(whole / service, data / service)
    for file in whole.glob("*.json"):
        shutil.copy(file, data)
    subprocess.run([sys.executable, CHECKOUT / "docker" / "descriptions.py", root, *services.split()], check=True)
    return dict(re.findall(r"(MALLOC_\w+)=(\d+)", dockerfile)) | {"AWS_DATA_PATH": str(data)}


def run(function: Function, cloud: WorkerCloud, file: bytes, messages: int) -> float:
    """Seconds that a batch of new pictures takes; raises AssertionError where one of them does not end as ready."""
    uploads = [cloud.uploaded(photographs.another(file)) for _ in range(messages)]
    event = sqs_event(*(upload.message for upload in uploads))
    began = time.perf_counter()
    function.invoke(event)
    took = time.perf_counter() - began
    states = [cloud.item(upload)["status"] for upload in uploads]
    assert states == ["ready"] * messages, f"{states}\n{function.log}"
    return took


if __name__ == "__main__":
    main()
