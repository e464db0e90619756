"""Draws docs/images/dashboard.svg, the dashboard as applied, with data of the local cloud: `python -m bench.dashboard`.

After `make up`. It makes two minutes of traffic, reads what the functions logged of it (their metrics, `answered`,
REPORT), and counts the queues' messages meanwhile. What only AWS measures stays empty. Where CloudWatch has minutes,
here are STEP seconds.
"""

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from bench.photographs import PHOTOGRAPH
from local import outputs
from local.clients import Clients
from local.layout import CHECKOUT, Layout
from local.passwords import Passwords
from local.rekognition.control import RekognitionControl
from local.tools import programs
from local.users import UserPool

STEP, SECONDS = 5, 120
PICTURE = CHECKOUT / "docs" / "images" / "dashboard.svg"
SERVICES = {"api": "api", "authorizer": "authorizer", "image-worker": "image_worker", "sweeper": "sweeper"}

Key = tuple[str, ...]
Samples = dict[Key, list[tuple[float, float]]]


def main() -> int:
    layout = Layout.default()
    applied = outputs.read(layout)
    clients = Clients(applied["endpoint_url"])
    name = applied["api_function"].removesuffix("-api")
    body = json.loads(clients.client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    begun = time.time()
    samples: Samples = defaultdict(list)
    over = threading.Event()
    watch = threading.Thread(target=_queues, args=(clients, applied, name, samples, over))
    watch.start()
    try:
        _traffic(applied, clients)
    finally:
        over.set()
        watch.join()
    for key, value in _logged(layout, name):
        samples[key].append(value)
    drawn = [_widget(widget, samples, begun) for widget in body["widgets"]]
    given = json.dumps({"file": str(PICTURE), "step": STEP, "seconds": time.time() - begun, "widgets": drawn})
    script = Path(__file__).with_name("dashboard_plot.py")
    subprocess.run([str(programs("plots") / "python"), str(script)], input=given, text=True, check=True)
    print(f"✓ {PICTURE.relative_to(CHECKOUT)}")
    return 0


def _traffic(applied: dict[str, Any], clients: Clients) -> None:
    """Articles, reads, and pictures of which some are rejected, some broken and some seen before."""
    rekognition = RekognitionControl(applied["rekognition_endpoint_url"])
    passwords = Passwords.of_stack(Layout.default())
    users = UserPool(clients.cognito, applied["user_pool_id"], applied["user_pool_client_id"], passwords)
    token = users.token("alice")
    session = requests.Session()
    session.trust_env = False
    chance = random.Random(1)  # noqa: S311 - nobody is to be kept from guessing it
    end, number, photograph = time.monotonic() + SECONDS, 0, PHOTOGRAPH.read_bytes()

    def call(method: str, path: str, **arguments: Any) -> Any:
        answer = session.request(
            method, applied["api_url"] + path, headers={"Authorization": f"Bearer {token}"}, timeout=30, **arguments
        )
        return answer.json() if answer.ok and answer.content else {}

    while time.monotonic() < end:
        number += 1
        article = call("POST", "/articles", json={"title": f"Article {number}", "body": "x", "status": "published"})
        content = photograph + (b"" if number % 4 == 0 else str(number).encode())
        content = content[:3000] if number % 9 == 0 else content
        if number % 7 == 0:
            rekognition.moderate_next(["Explicit Nudity"])
        if number % 11 == 0:
            rekognition.throttle_next(times=2)
        asked = {"filename": "a.jpg", "content_type": "image/jpeg", "size": len(content)}
        upload = call("POST", f"/articles/{article['id']}/images", json=asked)["upload"]
        session.post(upload["url"], data=upload["fields"], files={"file": content}, timeout=30)
        for _ in range(chance.randint(2, 12)):
            call("GET", chance.choice(["/articles", f"/articles/{article['id']}", "/articles/none"]))
            time.sleep(chance.random() / 5)
    time.sleep(10)


def _queues(clients: Clients, applied: dict[str, Any], name: str, samples: Samples, over: threading.Event) -> None:
    urls = {f"{name}-image-jobs": "image_jobs_queue_url", f"{name}-image-jobs-dead-letters": "dead_letter_queue_url"}
    attributes = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    while not over.wait(1):
        for queue, output in urls.items():
            found = clients.sqs.get_queue_attributes(QueueUrl=applied[output], AttributeNames=list(attributes))
            for metric, attribute in zip(("Visible", "NotVisible"), attributes, strict=True):
                key = ("AWS/SQS", f"ApproximateNumberOfMessages{metric}", "QueueName", queue)
                samples[key].append((time.time(), float(found["Attributes"][attribute])))


def _logged(layout: Layout, name: str) -> Iterator[tuple[Key, tuple[float, float]]]:
    """Every value that a line of a log stands for, with its metric as a dashboard writes it."""
    for function, log in SERVICES.items():
        of_function = ("FunctionName", f"{name}-{function}")
        when: dict[str, float] = {}
        for line in layout.log(log).read_text("utf-8", errors="replace").splitlines():
            if report := re.match(r"REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms", line):
                if report[1] in when:
                    yield ("AWS/Lambda", "Duration", *of_function), (when[report[1]], float(report[2]))
                    yield ("AWS/Lambda", "Invocations", *of_function), (when[report[1]], 1)
                continue
            if not line.startswith("{"):
                continue
            logged = json.loads(line)
            if "_aws" in logged:
                at = logged["_aws"]["Timestamp"] / 1000
                [directive] = logged["_aws"]["CloudWatchMetrics"]
                dimensions = [part for one in directive["Dimensions"][0] for part in (one, logged[one])]
                for metric in directive["Metrics"]:
                    values = logged[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        yield ("Gazette", metric["Name"], *_sorted(dimensions)), (at, value)
                continue
            at = datetime.fromisoformat(logged["timestamp"]).timestamp()
            when[logged.get("request_id", "")] = at
            if logged["message"] == "answered" and "status" in logged:
                of_api = ("ApiName", name, "Stage", "local")
                yield ("AWS/ApiGateway", "Count", *of_api), (at, 1)
                yield ("AWS/ApiGateway", "Latency", *of_api), (at, logged["duration_ms"])
                yield ("AWS/ApiGateway", "4XXError", *of_api), (at, 400 <= logged["status"] < 500)
                yield ("AWS/ApiGateway", "5XXError", *of_api), (at, logged["status"] >= 500)


def _sorted(dimensions: list[str]) -> list[str]:
    pairs = sorted(zip(dimensions[::2], dimensions[1::2], strict=True))
    return [part for pair in pairs for part in pair]


def _widget(widget: dict[str, Any], samples: Samples, begun: float) -> dict[str, Any]:
    """Where it stands, and what is drawn in it."""
    properties, series = widget["properties"], {}
    by_id: dict[str, dict[int, float]] = {}
    for metric in properties.get("metrics", []):
        *fields, options = metric
        if "expression" in options:
            points = _calculated(options["expression"], by_id)
        else:
            key = (*fields[:2], *_sorted(fields[2:]))
            stat = options.get("stat", properties["stat"])
            points = _binned(samples.get(key, []), stat, begun)
            by_id[options.get("id", "")] = points
        if options.get("visible", True):
            series[options["label"]] = sorted(points.items())
    return {
        "type": widget["type"], **{name: widget[name] for name in ("x", "y", "width", "height")},
        "title": properties.get("title", ""), "text": properties.get("markdown", ""),
        "alarms": [arn.rpartition(":alarm:")[2] for arn in properties.get("alarms", [])],
        "series": series, "stacked": properties.get("stacked", False),
        "lines": {
            line["label"]: line["value"] for line in properties.get("annotations", {}).get("horizontal", [])
        },
    }  # fmt: skip


def _calculated(expression: str, by_id: dict[str, dict[int, float]]) -> dict[int, float]:
    """Of the two shapes that the local data can serve: a share, and a product."""
    if share := re.fullmatch(r"100 \* (\w+) / (\w+)", expression):
        above, below = by_id[share[1]], by_id[share[2]]
        return {step: 100 * above.get(step, 0) / all_ for step, all_ in below.items() if all_}
    if product := re.fullmatch(r"(\w+) \* ([\d.]+)", expression):
        return {step: value * float(product[2]) for step, value in by_id[product[1]].items()}
    return {}


def _binned(values: list[tuple[float, float]], stat: str, begun: float) -> dict[int, float]:
    bins: dict[int, list[float]] = defaultdict(list)
    for at, value in values:
        if at >= begun:
            bins[int((at - begun) // STEP)].append(value)
    if stat == "Sum":
        return {step: sum(found) for step, found in bins.items()}
    share = 1.0 if stat == "Maximum" else float(stat[1:]) / 100
    return {step: sorted(found)[min(len(found) - 1, int(share * len(found)))] for step, found in bins.items()}


if __name__ == "__main__":
    sys.exit(main())
