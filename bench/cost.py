"""docs/cost.md, from what was measured and from public prices: `python -m bench.cost [--measure [PART …]]`.

The measurements stand in bench/measurements.json; `--measure` takes them anew, or some of their parts (patterns,
operations, pictures), which needs some minutes and a machine that has nothing else to do. Calls and units come out the
same everywhere, CPU time does not.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from bench import cost_model as model
from bench import cost_text as text
from bench import scale_text
from bench.cost_model import (
    MEMORY_SIZES,
    PICTURE_LOG_BYTES,
    REQUEST_LOG_BYTES,
    Run,
    best_size,
    fits,
    picture_dollars,
    picture_wait_ms,
    request_dollars,
)
from bench.cost_text import MILLION
from bench.prices import NOTED, PRICES, REGION, dollars
from local.files import read_json, write_json
from local.layout import CHECKOUT

MEASUREMENTS = Path(__file__).with_name("measurements.json")
DOCUMENT = CHECKOUT / "docs" / "cost.md"

API_MB, AUTHORIZER_MB, WORKER_MB, SWEEPER_MB = 1769, 512, 2048, 512
"""modules/gazette/variables.tf, as the tests compare."""
WORKER_LEAST_MB = 512
"""What its validation asks of the worker."""
NAIVE_API_MB, NAIVE_WORKER_MB = 1769, 2048
"""The same: who writes the naive one has no table like this."""

ALARM_METRICS, DASHBOARDS, WAF_RULES = 40, 1, 4
"""An alarm is billed by the metrics that it looks at; tests/terraform/test_watched.py counts those of a plan."""
SWEEPS_A_MONTH = model.HOURS_A_MONTH * 12
POLLS_A_MONTH = 5 * model.HOURS_A_MONTH * 3600 // 20
"""Lambda polls a queue with five long polls of 20 seconds (Lambda developer guide, "Using Lambda with Amazon SQS")."""

ARTICLES_MEASURED = 400
LARGE_TABLE = 100_000
READS = ("get", "a page")


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        wanted = sys.argv[2:] or list(PARTS)
        measured: dict[str, Any] = read_json(MEASUREMENTS) or {}
        for part in wanted:
            print(f"Measuring {part} …", flush=True)
            measured |= PARTS[part]()
        write_json(MEASUREMENTS, measured)
    DOCUMENT.write_text(document(read_json(MEASUREMENTS)))
    print(f"Wrote {DOCUMENT.relative_to(CHECKOUT)}")


# What is measured with is slow to import, and not needed where nothing is.


def measured_patterns() -> dict[str, Any]:
    from bench import calls, capacity

    found = capacity.as_json(capacity.measured())
    calls.record_all(found)
    return {"patterns": found}


def measured_operations() -> dict[str, Any]:
    from bench import operations

    machine = {"python": platform.python_version(), "cpus": os.cpu_count()}
    return operations.measured() | machine | {"load": round(os.getloadavg()[0], 1)}


def measured_pictures() -> dict[str, Any]:
    from bench import pictures

    return pictures.measured()


def measured_feed() -> dict[str, Any]:
    from bench import feed

    found = feed.measured()
    feed.record_all(found)
    return {"feed": found}


def measured_feed_writes() -> dict[str, Any]:
    from bench import feed_writes

    found = feed_writes.measured()
    feed_writes.record_all(found)
    return {"feed_writes": found}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "patterns": measured_patterns,
    "operations": measured_operations,
    "pictures": measured_pictures,
    "feed": measured_feed,
    "feed_writes": measured_feed_writes,
}


def document(m: Mapping[str, Any]) -> str:
    """The whole document."""
    parts = [
        text.INTRODUCTION.format(noted=NOTED, region=REGION, **{name: m[name] for name in ("python", "cpus", "load")}),
        "## A million requests\n",
        text.REQUESTS.format(articles=ARTICLES_MEASURED),
        table(
            ("operation", "API Gateway", "Lambda", "DynamoDB", "SQS, S3", "logs", "**ours**", "naive", "ratio"),
            requests(m),
        ),
        text.CHEAPER,
        f"### What grows with the table: {LARGE_TABLE:,} articles\n",
        text.GROWS,
        table(("a million of", "ours: DynamoDB", "naive: DynamoDB", "ratio"), growth(m)),
        "## A thousand pictures\n",
        text.PICTURES.format(size=m["upload_bytes"] / 1e6),
        table(("", "Rekognition", "Lambda", "DynamoDB", "S3", "SQS, SNS", "logs", "**sum**"), pictures(m)),
        table(("of the pictures, seen before", "a thousand cost"), reuse(m)),
        table(("messages that come twice", "ours", "naive"), repeated(m)),
        "### Storage and transfer, apart\n",
        text.TRANSFER.format(transfer=PRICES["transfer.out"].dollars),
        table(("", "bytes", "stored: dollars a month per thousand", "shown: dollars per million views"), transfer(m)),
        "## A month in which nobody comes\n",
        table(("what", "how many", "dollars a month"), idle(m)),
        text.IDLE,
        "## Memory of the functions\n",
        text.MEMORY,
        "### api: get an article with two images\n",
        memory(api_run(m, "get an article with two images"), m["starts"]["ours"], API_MB),
        "### api: a page of the feed\n",
        memory(api_run(m, "a page of the feed, 20 articles"), m["starts"]["ours"], API_MB),
        "### image_worker: one picture of 12 megapixels\n",
        memory(picture_run(m, "ours"), start(m["pictures"]["ours"]), WORKER_MB, least=WORKER_LEAST_MB),
        "### image_worker: four such pictures at the same time, dollars per million of them\n",
        memory(batch_run(m), start(m["pictures"]["ours"], 2.0), WORKER_MB, pictures=4, least=WORKER_LEAST_MB),
        sizes_verdict(m),
        "### How much cold starts add\n",
        text.COLD.format(ours=m["starts"]["ours"]["cpu_ms"], naive=m["starts"]["naive"]["cpu_ms"]),
        table(("share of cold starts", "ours", "naive"), cold_starts(m)),
        *scale_text.design(m, table),
        "## Calls and capacity of each access pattern\n",
        text.CAPACITY,
        table(("pattern", "calls", "read units", "write units"), patterns(m)),
        "## Calls and capacity of each operation\n",
        text.OPERATIONS,
        table(
            ("operation", "calls", "read", "write", "CPU ms", "naive: calls", "read", "write", "CPU ms"),
            operations_table(m),
        ),
        *scale_text.pages(m, table),
        *scale_text.writes(m, table),
        "## The naive design\n",
        text.NAIVE,
        "## The prices\n",
        table(("what", "dollars", "a", "page"), prices()),
    ]  # fmt: skip
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


# Rows


def requests(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name in m["operations"]:
        ours, naive = of_request(m, name, "ours"), of_request(m, name, "naive")
        total, other = sum(ours.values()), sum(naive.values())
        yield (
            name,
            *(per_million(ours[part]) for part in ("API Gateway", "Lambda", "DynamoDB")),
            per_million(ours.get("SQS", 0.0) + ours.get("S3", 0.0)),
            per_million(ours["logs"]),
            f"**{per_million(total)}**",
            per_million(other),
            f"{total / other:.2f}",
        )


def of_request(m: Mapping[str, Any], name: str, whose: str) -> dict[str, float]:
    """Dollars of one request by service."""
    memory_mb = API_MB if whose == "ours" else NAIVE_API_MB
    authorizer = 0.0
    if whose == "ours" and name.startswith(READS):
        authorizer = Run(m["authorizer"]["cpu_ms"], 0.0).dollars(AUTHORIZER_MB)
    logged = REQUEST_LOG_BYTES if whose == "ours" else 0
    return request_dollars(m["operations"][name][whose], api_run(m, name, whose), memory_mb, authorizer, logged)


def growth(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    factor = LARGE_TABLE / ARTICLES_MEASURED
    for name, cost in m["operations"].items():
        if "dynamodb.Scan" not in cost["naive"]["calls"]:
            continue
        ours = dollars("dynamodb.read", cost["ours"]["read"])
        naive = dollars("dynamodb.read", cost["naive"]["read"] * factor)
        yield name, per_million(ours), per_million(naive), f"{ours / naive:.5f}"


def pictures(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name in m["pictures"]:
        cost = of_picture(m, name)
        cells = [
            cost.get("Rekognition", 0.0),
            cost["Lambda"],
            cost["DynamoDB"],
            cost["S3"],
            cost["SQS"] + cost.get("SNS", 0.0),
            cost["logs"],
        ]
        yield name, *(f"{cell * 1000:.4f}" for cell in cells), f"**{sum(cost.values()) * 1000:.3f}**"


def of_picture(m: Mapping[str, Any], name: str) -> dict[str, float]:
    """Dollars of one picture by service."""
    memory_mb, logged = (NAIVE_WORKER_MB, 0) if name == "naive" else (WORKER_MB, PICTURE_LOG_BYTES)
    return picture_dollars(m["pictures"][name], picture_run(m, name), memory_mb, logged)


def reuse(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    new, seen = (sum(of_picture(m, name).values()) for name in ("ours", "ours, seen before"))
    for share in (0.0, 0.1, 0.5):
        yield f"{share:.0%}", f"{1000 * (new * (1 - share) + seen * share):.3f}"


def repeated(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    """A second delivery costs the naive worker all of it again; ours one conditional write that fails, and its time."""
    claim = m["patterns"]["claim an image job"]["write"]
    again = dollars("dynamodb.write", claim) + Run(m["operations"]["delete an image"]["ours"]["cpu_ms"], 10).dollars(
        WORKER_MB
    )
    ours, naive = sum(of_picture(m, "ours").values()), of_picture(m, "naive")
    second = sum(naive.values()) - dollars("s3.put")
    for share in (0.0, 0.01, 0.1):
        yield (
            f"{share:.0%}",
            f"{1000 * (ours + share * again):.3f}",
            f"{1000 * (sum(naive.values()) + share * second):.3f}",
        )


def transfer(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    thumbnail, large = m["rendition_bytes"]
    stored = {"ours: large": large, "ours: thumbnail": thumbnail, "naive: the upload itself": m["upload_bytes"]}
    for name, size in stored.items():
        month = dollars("s3.storage", size * 1000 / 1e9)
        views = MILLION * (dollars("transfer.out", size / 1e9) + dollars("s3.get"))
        yield name, f"{size:,}", f"{month:.4f}", f"{views:,.2f}"


def idle(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    sweep = Run(m["authorizer"]["cpu_ms"], model.READ_WAIT_MS).dollars(SWEEPER_MB) + dollars("dynamodb.read", 0.5)
    rows = [
        ("alarms", f"{ALARM_METRICS} metrics", dollars("cloudwatch.alarm", ALARM_METRICS)),
        ("dashboard", f"{DASHBOARDS}", dollars("cloudwatch.dashboard", DASHBOARDS)),
        ("Lambda's polls of the queue", f"{POLLS_A_MONTH:,}", dollars("sqs.request", POLLS_A_MONTH)),
        ("sweeps that find nothing (at least)", f"{SWEEPS_A_MONTH:,}", sweep * SWEEPS_A_MONTH),
        ("KMS: keys managed by AWS", "0 of one's own", 0.0),
    ]
    always = sum(cost for *_, cost in rows)
    yield from ((what, count, f"{cost:.2f}") for what, count, cost in rows)
    yield "**sum**, without WAF", "", f"**{always:.2f}**"
    waf = dollars("waf.acl") + dollars("waf.rule", WAF_RULES)
    yield "WAF (`waf`, in prod by default)", f"1 web ACL, {WAF_RULES} rules", f"{waf:.2f}"
    yield "**sum**, with WAF", "", f"**{always + waf:.2f}**"
    yield "a customer's KMS key (`table_kms_key_arn`)", "1", f"{dollars('kms.key'):.2f}"
    yield "the key that signs CloudFront's URLs", "1 secret", f"{dollars('secretsmanager.secret'):.2f}"
    month = model.HOURS_A_MONTH * 3600
    yield "SnapStart's cache, where a version is published with it", "1 GB", f"{dollars('snapstart.cache', month):.2f}"


def cold_starts(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    name = "get an article with two images"
    for share in (0.0, 0.001, 0.01, 0.1):
        cells = []
        for whose, memory_mb in (("ours", API_MB), ("naive", NAIVE_API_MB)):
            begun = Run(m["starts"][whose]["cpu_ms"], 0.0).dollars(memory_mb) - dollars("lambda.request")
            if whose == "ours":
                begun += Run(m["authorizer"]["start_cpu_ms"], 0.0).dollars(AUTHORIZER_MB) - dollars("lambda.request")
            cells.append(per_million(sum(of_request(m, name, whose).values()) + share * begun))
        yield f"{share:.1%}", *cells


def patterns(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name, cost in m["patterns"].items():
        yield name, calls_text(cost["calls"]), units(cost["read"]), units(cost["write"])


def operations_table(m: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for name, both in m["operations"].items():
        cells = []
        for whose in ("ours", "naive"):
            cost = both[whose]
            calls = {call.removeprefix("dynamodb."): count for call, count in cost["calls"].items()}
            cells += [calls_text(calls), units(cost["read"]), units(cost["write"]), f"{cost['cpu_ms']:.1f}"]
        yield name, *cells


def prices() -> Iterable[Sequence[str]]:
    for name, price in PRICES.items():
        yield f"`{name}`", f"{price.dollars:.10f}".rstrip("0").rstrip("."), price.unit, price.page


# Runs


def api_run(m: Mapping[str, Any], name: str, whose: str = "ours") -> Run:
    cost = m["operations"][name][whose]
    return Run(cost["cpu_ms"], model.wait_ms(cost["calls"], at_once=model.QUERIES_AT_ONCE if whose == "ours" else 1))


def picture_run(m: Mapping[str, Any], name: str) -> Run:
    cost = m["pictures"][name]
    return Run(cost["cpu_ms"], picture_wait_ms(cost["calls"], overlapping=name != "naive"))


def batch_run(m: Mapping[str, Any]) -> Run:
    one = picture_run(m, "ours")
    return Run(one.cpu_ms * 4, one.wait_ms, threads=4)


def start(cost: Mapping[str, Any], larger: float = 1.0) -> dict[str, float]:
    return {"cpu_ms": cost["start_cpu_ms"], "peak_mb": cost["peak_mb"] * larger}


def memory(run: Run, started: Mapping[str, float], default: int, *, pictures: int = 1, least: int = 0) -> str:
    best = best_size(run, started["peak_mb"], least)
    rows = []
    for size in MEMORY_SIZES:
        marks = [
            text for text, is_so in (("default", size == default), ("least cost × latency", size == best)) if is_so
        ]
        milliseconds = run.milliseconds(size)
        if size >= least and fits(started["peak_mb"], size):
            million = MILLION * run.dollars(size) / pictures
            cells = [
                f"{milliseconds:,.0f}",
                f"{ceil(milliseconds):,}",
                f"{million:.2f}",
                f"{million * milliseconds / 1000:.3f}",
                f"{Run(started['cpu_ms'], 0).milliseconds(size):,.0f}",
            ]
        else:
            cells = ["–"] * 5
            resident = f"too small: {started['peak_mb']:.0f} MB were resident"
            marks.append(resident if size >= least else "refused by the module")
        rows.append((f"{size:,}", *cells, ", ".join(marks)))
    header = ("MB", "latency, ms", "billed, ms", "dollars per million", "dollars × seconds", "cold start adds, ms", "")
    return table(header, rows)


def sizes_verdict(m: Mapping[str, Any]) -> str:
    api = best_size(api_run(m, "get an article with two images"), m["starts"]["ours"]["peak_mb"])
    feed = best_size(api_run(m, "a page of the feed, 20 articles"), m["starts"]["ours"]["peak_mb"])
    worker = best_size(picture_run(m, "ours"), m["pictures"]["ours"]["peak_mb"], WORKER_LEAST_MB)
    batch = best_size(batch_run(m), m["pictures"]["ours"]["peak_mb"] * 2, WORKER_LEAST_MB)
    arm = PRICES["lambda.gb_second.arm64"].dollars / PRICES["lambda.gb_second.x86_64"].dollars
    return text.VERDICT.format(
        api=api, feed=feed, worker=worker, batch=batch, api_default=API_MB, worker_default=WORKER_MB, arm=1 - arm
    )


# Text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:" if len(header) > 2 else "---"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def per_million(amount: float) -> str:
    return f"{amount * MILLION:,.2f}"


def units(amount: float) -> str:
    return f"{amount:g}"


def calls_text(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {call}" for call, count in calls.items()) or "none"


if __name__ == "__main__":
    main()
