"""From what was measured to dollars and milliseconds: plain arithmetic, no measurement and no text in here.

Lambda gives a function CPU in proportion to its memory, a whole one at 1,769 MB (Lambda developer guide, "Configure
Lambda function memory"), and bills the time from its start to its answer, rounded up to a millisecond. So CPU time is
divided by the share, and waiting for other services is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from bench.prices import dollars

MEMORY_SIZES = (128, 256, 512, 1024, 1769, 2048, 3008)
FULL_CPU_MB = 1769
MOST_CPUS = 1.7
"""At 3,008 MB."""

READ_WAIT_MS, WRITE_WAIT_MS = 5.0, 10.0
"""Of one request to DynamoDB ("single-digit millisecond", says its page; a transaction takes two phases)."""
S3_WAIT_MS, SNS_WAIT_MS, SQS_WAIT_MS = 30.0, 20.0, 10.0
REKOGNITION_WAIT_MS = 500.0
"""These seven are assumed, not measured: nothing here can ask AWS. Only Lambda's part of the cost follows them."""

QUERIES_AT_ONCE = 8
"""articles.table._PARALLEL_QUERIES."""

PLATFORM_LOG_BYTES, ACCESS_LOG_BYTES = 400, 500
"""START, END and REPORT of an invocation; a line of the access log. Assumed, too."""

REQUEST_LOG_BYTES, PICTURE_LOG_BYTES = 400, 2_000
"""Our own lines about a request, and about a picture with its metrics, as the local stack's logs have them."""

SQS_REQUESTS_A_PICTURE = 3
"""S3's send, Lambda's receive and delete of a message that comes alone."""

TRACED = 0.05
"""X-Ray's default sampling, beyond the first request of each second."""

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Run:
    """One invocation: CPU milliseconds as measured (threads together), those spent waiting, and how many threads at
    most make use of CPUs at the same time."""

    cpu_ms: float
    wait_ms: float
    threads: int = 1

    def milliseconds(self, memory_mb: int) -> float:
        share = min(memory_mb / FULL_CPU_MB, MOST_CPUS, self.threads)
        return self.cpu_ms / share + self.wait_ms

    def dollars(self, memory_mb: int, architecture: str = "x86_64") -> float:
        seconds = ceil(self.milliseconds(memory_mb)) / 1000
        return dollars(f"lambda.gb_second.{architecture}", seconds * memory_mb / 1024) + dollars("lambda.request")


def wait_ms(calls: Mapping[str, int], *, at_once: int = 1) -> float:
    """Of an invocation that makes these calls. `at_once`: Queries that overlap where there are more than two."""
    waits = {
        "dynamodb.TransactWriteItems": 2 * READ_WAIT_MS,
        "dynamodb.PutItem": WRITE_WAIT_MS,
        "dynamodb.UpdateItem": WRITE_WAIT_MS,
        "dynamodb.DeleteItem": WRITE_WAIT_MS,
    }
    services = {"dynamodb": READ_WAIT_MS, "s3": S3_WAIT_MS, "sns": SNS_WAIT_MS, "sqs": SQS_WAIT_MS}
    total = 0.0
    for call, count in calls.items():
        service, operation = call.split(".")
        if service == "rekognition":
            continue
        rounds = ceil(count / at_once) if operation == "Query" and count > 2 else count
        total += rounds * waits.get(call, services[service])
    return total


def picture_wait_ms(calls: Mapping[str, int], *, overlapping: bool) -> float:
    """Of one picture. `overlapping`: Rekognition's two calls, and the renditions' writes, go out at the same time."""
    looks = sum(count for call, count in calls.items() if call.startswith("rekognition."))
    one_by_one = dict(calls)
    if overlapping:
        looks = min(looks, 1)
        one_by_one["s3.PutObject"] = min(1, calls.get("s3.PutObject", 0))
    return wait_ms(one_by_one) + looks * REKOGNITION_WAIT_MS


def calls_dollars(cost: Mapping[str, Any]) -> dict[str, float]:
    """What one use of an operation costs at the services it calls, by service."""
    calls: Mapping[str, int] = cost["calls"]
    found = {"DynamoDB": dollars("dynamodb.read", cost["read"]) + dollars("dynamodb.write", cost["write"])}
    prices = {
        "s3.PutObject": "s3.put",
        "s3.ListObjectsV2": "s3.put",
        "s3.GetObject": "s3.get",
        "s3.HeadObject": "s3.get",
    }
    for call, count in calls.items():
        service = call.partition(".")[0]
        match service:
            case "sqs":
                found["SQS"] = found.get("SQS", 0.0) + dollars("sqs.request", count)
            case "sns":
                found["SNS"] = found.get("SNS", 0.0) + dollars("sns.publish", count)
            case "rekognition":
                found["Rekognition"] = found.get("Rekognition", 0.0) + dollars("rekognition.image", count)
            case "s3" if call != "s3.DeleteObject":  # free of charge
                found["S3"] = found.get("S3", 0.0) + dollars(prices[call], count)
    return found


def request_dollars(
    cost: Mapping[str, Any], run: Run, memory_mb: int, authorizer: float, log_bytes: int = 0
) -> dict[str, float]:
    """One request to the API, by service. `authorizer`: what its invocation costs, 0 where none runs; `log_bytes`: what
    the function logs by itself."""
    invocations = 2 if authorizer else 1
    logged = (ACCESS_LOG_BYTES + PLATFORM_LOG_BYTES * invocations + log_bytes) / 1e9
    return {
        "API Gateway": dollars("apigateway.rest.request"),
        "Lambda": run.dollars(memory_mb) + authorizer,
        **calls_dollars(cost),
        "logs": dollars("cloudwatch.logs", logged),
    }


def picture_dollars(cost: Mapping[str, Any], run: Run, memory_mb: int, log_bytes: int = 0) -> dict[str, float]:
    """One picture from its upload to its result, by service; registering it is a request of its own."""
    found = calls_dollars(cost)
    found["S3"] = found.get("S3", 0.0) + dollars("s3.put")  # the client's upload
    found["SQS"] = found.get("SQS", 0.0) + dollars("sqs.request", SQS_REQUESTS_A_PICTURE)
    found["Lambda"] = run.dollars(memory_mb)
    found["logs"] = dollars("cloudwatch.logs", (PLATFORM_LOG_BYTES + log_bytes) / 1e9)
    return found


def best_size(run: Run, peak_mb: float, least: int = 0) -> int:
    """The memory at which cost times latency is least, of those from `least` on that the peak fits."""
    fitting = [size for size in MEMORY_SIZES if size >= least and fits(peak_mb, size)]
    return min(fitting, key=lambda size: run.dollars(size) * run.milliseconds(size))


def fits(peak_mb: float, memory_mb: int) -> bool:
    """Whether that peak (10⁶ bytes) leaves a tenth of the memory (2²⁰ bytes each) free."""
    return peak_mb * 1e6 <= 0.9 * memory_mb * 2**20
