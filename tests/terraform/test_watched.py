"""Whatever runs in dev or prod is watched: whole plans are searched for functions, queues and tables, wherever in the
configuration somebody adds one, and docs/runbook.md for the sections that alarms name, and the other way round."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from bench.cost import ALARM_METRICS
from bench.prices import dollars
from local.ports import HOST, free_port
from tests.dashboard import check
from tests.terraform.conftest import CHECKOUT, Terraform

pytestmark = pytest.mark.terraform

REGION = "eu-west-1"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/gazette/i@sha256:{64 * '0'}"
VARIABLES = {
    "region": REGION,
    "images": json.dumps({"api": IMAGE, "image_worker": IMAGE}),
    "cors_allow_origin": "https://gazette.example",
    "image_event_webhook": json.dumps({"url": "https://hooks.example.org/gazette"}),  # its queue is to be there
}
OVERRIDE = 'terraform {\n  backend "local" {}\n}\n'

Resources = list[dict[str, Any]]
Metrics = set[tuple[str, str]]

OF_A_FUNCTION = {"Errors", "Throttles", "Duration"}
OF_A_TABLE = {"ReadThrottleEvents", "WriteThrottleEvents"}


@pytest.fixture(scope="module", params=["dev", "prod"])
def plan(terraform: Terraform, request: pytest.FixtureRequest) -> Resources:
    """All resources of a plan from nothing. All that the provider asks AWS then is whose account it is."""
    port = free_port()
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    emulated = replace(
        terraform,
        environment={
            **terraform.environment,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "NO_PROXY": HOST,
        },
    )
    root = f"environments/{request.param}"
    directory = terraform.checkout / "terraform" / root
    override = directory / "watched_override.tf"
    override.write_text(OVERRIDE)
    server.start()
    try:
        with emulated.init_lock:
            initialised = emulated.run(root, "init", "-input=false", "-no-color", "-reconfigure")
        assert initialised.returncode == 0, initialised.stdout
        settings = [f"-var={name}={value}" for name, value in VARIABLES.items()]
        planned = emulated.run(root, "plan", "-input=false", "-no-color", "-out=watched.plan", *settings)
        assert planned.returncode == 0, planned.stdout
        shown = subprocess.run(
            [emulated.binary, "show", "-json", "watched.plan"],
            cwd=directory, env=emulated.environment, capture_output=True, check=True,
        )  # fmt: skip
    finally:
        server.stop()
        override.unlink()
    return list(_resources(json.loads(shown.stdout)["planned_values"]["root_module"]))


def _resources(module: Any) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _all(plan: Resources, kind: str) -> list[dict[str, Any]]:
    return [resource["values"] for resource in plan if resource["type"] == kind]


def _metrics(alarm: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each metric that an alarm looks at, with its dimensions."""
    if alarm["metric_name"]:
        yield alarm["metric_name"], alarm["dimensions"] or {}
    for query in alarm["metric_query"]:
        for metric in query["metric"]:
            yield metric["metric_name"], metric["dimensions"] or {}


def unwatched(plan: Resources) -> Metrics:
    """What runs, with a metric of it that no alarm looks at."""
    watched = {
        (frozenset(dimensions.items()), name)
        for alarm in _all(plan, "aws_cloudwatch_metric_alarm")
        for name, dimensions in _metrics(alarm)
    }

    def missing(wanted: Iterable[str], **dimensions: str) -> Metrics:
        found = {name for name in wanted if (frozenset(dimensions.items()), name) not in watched}
        return {(" ".join(dimensions.values()), name) for name in found}

    letters = _letters(plan)
    lacking: Metrics = set()
    for function in _all(plan, "aws_lambda_function"):
        lacking |= missing(OF_A_FUNCTION, FunctionName=function["function_name"])
    for queue in _all(plan, "aws_sqs_queue"):
        is_letters = queue["name"] in letters
        metric = "ApproximateNumberOfMessagesVisible" if is_letters else "ApproximateAgeOfOldestMessage"
        lacking |= missing([metric], QueueName=queue["name"])
    for table in _all(plan, "aws_dynamodb_table"):
        lacking |= missing(OF_A_TABLE, TableName=table["name"])
        for index in table["global_secondary_index"]:
            lacking |= missing(OF_A_TABLE, TableName=table["name"], GlobalSecondaryIndexName=index["name"])
    for api in _all(plan, "aws_api_gateway_stage"):
        [name] = [one["name"] for one in _all(plan, "aws_api_gateway_rest_api")]
        lacking |= missing(["5XXError", "Latency"], ApiName=name, Stage=api["stage_name"])
    return lacking


def _letters(plan: Resources) -> set[str]:
    """The names of queues that no function takes from: what is in them waits for somebody.

    A plan from nothing knows no ARNs, so a queue that work is taken from is known by its redrive policy, which it has
    because work can fail.
    """
    sources = {resource["address"] for resource in plan if resource["type"] == "aws_sqs_queue_redrive_policy"}
    working = {address.replace("aws_sqs_queue_redrive_policy", "aws_sqs_queue") for address in sources}
    return {
        resource["values"]["name"]
        for resource in plan
        if resource["type"] == "aws_sqs_queue" and resource["address"] not in working
    }


def test_every_function_queue_table_and_index_has_its_alarms(plan: Resources) -> None:
    assert len(_all(plan, "aws_lambda_function")) >= 4
    assert len(_all(plan, "aws_sqs_queue")) == 3
    assert len(_letters(plan)) == 2
    assert unwatched(plan) == set()


def test_each_alarm_of_a_function_queue_table_or_stage_is_missed(plan: Resources) -> None:
    """The test above can fail: without any one of these alarms it does."""
    anybodys = re.compile(r"-(sweeper-silent|concurrency|pictures-\w+|rekognition-throttles|analysis-budget)$")
    alarms = [one for one in plan if one["type"] == "aws_cloudwatch_metric_alarm"]
    ours = [one for one in alarms if not anybodys.search(one["values"]["alarm_name"])]
    assert len(ours) >= 4 * 3 + 3 + 5 + 2
    for alarm in ours:
        assert unwatched([one for one in plan if one is not alarm]), alarm["address"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_lambda_function", {"function_name": "gazette-dev-added"}),
        ("aws_sqs_queue", {"name": "gazette-dev-added"}),
        ("aws_dynamodb_table", {"name": "gazette-dev-added", "global_secondary_index": []}),
    ],
)
def test_what_is_added_without_alarms_is_found(plan: Resources, kind: str, values: dict[str, Any]) -> None:
    added = {"type": kind, "address": f"module.new.{kind}.added", "values": values}
    assert {name for name, _ in unwatched([*plan, added])} == {"gazette-dev-added"}


def test_the_rest_is_watched_too(plan: Resources) -> None:
    metrics = {name for alarm in _all(plan, "aws_cloudwatch_metric_alarm") for name, _ in _metrics(alarm)}
    assert metrics >= {
        "RekognitionThrottles", "Pictures", "BudgetWaits", "Sweeps", "ClaimedAccountConcurrency",
    }  # fmt: skip
    [budget] = _all(plan, "aws_budgets_budget")
    assert (budget["budget_type"], budget["time_unit"]) == ("COST", "DAILY")


def test_every_alarm_names_its_section_of_the_runbook_and_every_section_has_its_alarm(plan: Resources) -> None:
    named = set()
    for alarm in _all(plan, "aws_cloudwatch_metric_alarm"):
        found = re.fullmatch(r"([A-Z].+\.) docs/runbook\.md#([a-z0-9-]+)", alarm["alarm_description"])
        assert found, alarm["alarm_description"]
        named.add(found[2])
    named |= {f"{budget['name'].split('-', 2)[2]}" for budget in _all(plan, "aws_budgets_budget")}

    assert named == set(sections())


def sections() -> list[str]:
    """The anchors of the runbook's sections about alarms."""
    text = (CHECKOUT / "docs" / "runbook.md").read_text("utf-8")
    alarms = re.split(r"^## ", text, flags=re.MULTILINE)
    [part] = [part for part in alarms if part.startswith("Alarms\n")]
    return [
        re.sub(r"[^a-z0-9-]", "", heading.lower().replace(" ", "-"))
        for heading in re.findall(r"^### (.+)$", part, re.MULTILINE)
    ]


def test_docs_cost_counts_the_metrics_that_alarms_are_billed_by(plan: Resources) -> None:
    """Without the webhook, which is nobody's unless they ask for it."""
    looked_at = [
        (name, dimensions)
        for alarm in _all(plan, "aws_cloudwatch_metric_alarm")
        for name, dimensions in _metrics(alarm)
        if not dimensions.get("QueueName", "").endswith("-undelivered")
    ]
    assert len(looked_at) == ALARM_METRICS


def test_the_dashboard_multiplies_by_the_price_that_docs_cost_has(plan: Resources) -> None:
    [dashboard] = _all(plan, "aws_cloudwatch_dashboard")
    [factor] = re.findall(r"calls \* ([\d.]+)", dashboard["dashboard_body"])
    assert float(factor) == dollars("rekognition.image")


def test_the_dashboard_is_one_that_cloudwatch_takes(plan: Resources) -> None:
    [dashboard] = _all(plan, "aws_cloudwatch_dashboard")
    body = json.loads(dashboard["dashboard_body"])
    check(body)
    titles = [
        widget["properties"]["markdown"].removeprefix("## ")
        for widget in body["widgets"]
        if widget["type"] == "text" and widget["height"] == 1
    ]
    assert titles == ["Traffic", "Errors", "Latency", "Queues", "Pictures", "Spend"]


def test_lines_of_the_dashboard_are_thresholds_of_alarms(plan: Resources) -> None:
    [dashboard] = _all(plan, "aws_cloudwatch_dashboard")
    thresholds = {
        alarm["alarm_name"].split("-", 2)[2]: alarm["threshold"] for alarm in _all(plan, "aws_cloudwatch_metric_alarm")
    }
    lines = [
        line
        for widget in json.loads(dashboard["dashboard_body"])["widgets"]
        for line in widget["properties"].get("annotations", {}).get("horizontal", [])
    ]
    assert len(lines) >= 8
    for line in lines:
        matching = {value for name, value in thresholds.items() if f"-{name}".endswith(f"-{line['label']}")}
        assert line["value"] in matching, line
