"""What one picture takes of the worker, ours and a naive one: calls, capacity, CPU time, memory, bytes left behind."""

import importlib
import json
import os
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from msgspec.structs import replace

from articles.table import Table
from bench import capacity, photographs
from bench.meter import Meter
from bench.operations import BODY, LABELS, TAGS
from bench.worker import BATCH, HANDLERS, REKOGNITION_MS, run, started
from local.clients import Clients
from tests.dynamodb import create_table
from tests.handlers import loaded
from tests.unit.image_worker import events
from tests.worker_cloud import MEDIA_BUCKET, worker_cloud

if TYPE_CHECKING:
    from tests.unit.image_worker.fakes import FakeRekognition

WIDTH, HEIGHT = 4000, 3000
REGION, TABLE = "eu-central-1", "gazette"
OURS, SEEN_BEFORE, NAIVE = "ours", "ours, seen before", "naive"
SEEN = [
    {
        "Name": label.name,
        "Confidence": label.confidence,
        "Parents": [{"Name": parent} for parent in label.parents],
        "Instances": [
            {
                "BoundingBox": {"Left": b.left, "Top": b.top, "Width": b.width, "Height": b.height},
                "Confidence": b.confidence,
            }
            for b in label.boxes
        ],
    }
    for label in LABELS
]


def measured(rounds: int = 3) -> dict[str, Any]:
    """{ours, naive, or ours where the picture was seen before: {calls, read, write, cpu_ms, peak_mb, start_cpu_ms}},
    and the bytes of the upload and of each rendition."""
    file = photographs.jpeg(WIDTH, HEIGHT)
    found = metered()
    figures, renditions = in_processes(file, rounds)
    for name, more in figures.items():
        found[name] |= more
    return {"pictures": found, "upload_bytes": len(file), "rendition_bytes": renditions}


def metered() -> dict[str, dict[str, Any]]:
    """Calls and units, around moto, with eight labels in the picture; of a published article with 4,000 characters."""
    found: dict[str, dict[str, Any]] = {}
    small = photographs.jpeg(640, 480)
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": TABLE,
    }
    with patch.dict(os.environ, environment), mock_aws():
        dynamodb = capacity.client(region=REGION)
        create_table(dynamodb, TABLE)
        meter = Meter(dynamodb)
        with meter.installed():
            image_pipeline = importlib.import_module("tests.integration.image_pipeline")  # makes its session
            pipeline = image_pipeline.Pipeline(Table(dynamodb, TABLE))
            pipeline.rekognition.labels = SEEN
            article = pipeline.article()
            pipeline.articles.save(article, replace(article, body=BODY, tags=TAGS, version=article.version + 1))
            for name in (OURS, SEEN_BEFORE):
                image, message = pipeline.uploaded(article, small)
                found[name] = used(meter, pipeline.rekognition, partial(pipeline.deliver, message))
                assert pipeline.read(image).status == "ready", pipeline.read(image)
            _, message = pipeline.uploaded(article, small)
            with patch.object(boto3, "DEFAULT_SESSION", None), loaded("bench.naive_worker") as handle:
                sys.modules["bench.naive_worker"].rekognition = pipeline.rekognition  # type: ignore[attr-defined]
                event = events.sqs_event(message)
                found[NAIVE] = used(meter, pipeline.rekognition, partial(handle, event, None))
    return found


def used(meter: Meter, rekognition: "FakeRekognition", act: Callable[[], object]) -> dict[str, Any]:
    """What this takes."""
    meter.taken()
    rekognition.shown.clear()
    act()
    taken = meter.taken()
    calls = taken.calls + Counter(f"rekognition.{operation}" for operation, _ in rekognition.shown)
    return {"calls": dict(sorted(calls.items())), "read": taken.read, "write": taken.write}


def in_processes(file: bytes, rounds: int) -> tuple[dict[str, dict[str, Any]], list[int]]:
    """CPU milliseconds a picture and peak memory (10⁶ bytes) of one at a time, in processes as Lambda runs them; and
    how large the renditions are."""
    times: dict[str, list[float]] = defaultdict(list)
    peaks, starts = {}, {}
    with worker_cloud() as cloud, ExitStack() as stack:
        cloud.rekognition.answer_always([label.name for label in LABELS], [], delay_ms=REKOGNITION_MS)
        functions = {name: stack.enter_context(started(name, cloud)) for name in HANDLERS}
        for name, function in functions.items():
            starts[name] = function.cpu_seconds
            run(function, cloud, photographs.jpeg(400, 300), 1)
            run(function, cloud, file, 1)
            peaks[name] = function.peak_mb
        media = Clients(cloud.endpoint_url).s3.list_objects_v2(Bucket=MEDIA_BUCKET)["Contents"]
        renditions = sorted(entry["Size"] for entry in media)[-2:]  # those of the small picture are smaller
        for _ in range(rounds):
            for name, function in functions.items():
                before = function.cpu_seconds
                run(function, cloud, file, BATCH)
                times[name].append((function.cpu_seconds - before) / BATCH)
            again = photographs.another(file)
            with patch("bench.photographs.another", return_value=again):
                run(functions[OURS], cloud, again, 1)
                before = functions[OURS].cpu_seconds
                run(functions[OURS], cloud, again, 1)
                times[SEEN_BEFORE].append(functions[OURS].cpu_seconds - before)
    figures: dict[str, dict[str, Any]] = {}
    for name, spent in times.items():
        process = name.partition(",")[0]
        figures[name] = {
            "cpu_ms": round(statistics.median(spent) * 1000, 1),
            "peak_mb": round(peaks[process], 1),
            "start_cpu_ms": round(starts[process] * 1000, 1),
        }
    return figures, renditions


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))
