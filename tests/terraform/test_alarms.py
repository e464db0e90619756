"""The alarms and the dashboard applied to moto's AWS: all of them arrive, and a second plan is empty. The local cloud
cannot show that: it forgets what an alarm was made of."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local.ports import HOST, free_port
from tests.terraform.conftest import Terraform

pytestmark = pytest.mark.terraform

REGION = "us-east-1"
ROOT = """
module "observability" {
  source = "../modules/observability"

  name      = "gazette-dev"
  api_name  = "gazette-dev"
  api_stage = "dev"
  functions = {
    api          = { name = "gazette-dev-api", timeout_seconds = 15 }
    image_worker = { name = "gazette-dev-image-worker", timeout_seconds = 60 }
  }
  queues = {
    image-jobs   = { name = "gazette-dev-image-jobs", kind = "work" }
    dead-letters = { name = "gazette-dev-image-jobs-dead-letters", kind = "letters", function = "image_worker" }
  }
  table                = { name = "gazette-dev-articles", indexes = ["feed"] }
  sweep_period_seconds = 300
}
"""


@dataclass
class Applied:
    alarms: dict[str, Any]
    dashboard: Any
    second_plan: str
    second_status: int


@pytest.fixture(scope="module")
def applied(terraform: Terraform) -> Iterator[Applied]:
    (terraform.checkout / "terraform" / "alarms").mkdir()
    (terraform.checkout / "terraform" / "alarms" / "main.tf").write_text(ROOT)
    port = free_port()
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    settings = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}", "NO_PROXY": HOST,
    }  # fmt: skip
    server.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            emulated = replace(terraform, environment={**terraform.environment, **settings})
            done = emulated.run_initialised("alarms", "apply", "-auto-approve", "-input=false", "-no-color")
            assert done.returncode == 0, done.stdout
            planned = emulated.run("alarms", "plan", "-detailed-exitcode", "-input=false", "-no-color")
            client = boto3.client("cloudwatch", region_name=REGION)
            alarms = client.describe_alarms(MaxRecords=100)["MetricAlarms"]
            dashboard = client.get_dashboard(DashboardName="gazette-dev")["DashboardBody"]
        yield Applied(
            {alarm["AlarmName"]: alarm for alarm in alarms}, json.loads(dashboard), planned.stdout, planned.returncode
        )
    finally:
        server.stop()


def test_a_second_plan_of_the_alarms_is_empty(applied: Applied) -> None:
    assert applied.second_status == 0, applied.second_plan


def test_an_alarm_of_one_metric_and_one_of_several_arrive_as_they_are_meant(applied: Applied) -> None:
    errors = applied.alarms["gazette-dev-image-worker-errors"]
    assert (errors["Namespace"], errors["MetricName"], errors["Statistic"]) == ("AWS/Lambda", "Errors", "Sum")
    assert errors["Dimensions"] == [{"Name": "FunctionName", "Value": "gazette-dev-image-worker"}]
    latency = applied.alarms["gazette-dev-api-latency"]
    assert (latency["ExtendedStatistic"], latency["EvaluationPeriods"], latency["DatapointsToAlarm"]) == ("p99", 5, 3)
    queries = {query["Id"]: query for query in applied.alarms["gazette-dev-concurrency"]["Metrics"]}
    assert queries["watched"]["Expression"] == "100 * claimed / SERVICE_QUOTA(measured)"
    assert {key for key, query in queries.items() if query.get("ReturnData")} == {"watched"}
    assert queries["claimed"]["MetricStat"]["Metric"]["MetricName"] == "ClaimedAccountConcurrency"


def test_the_dashboard_shows_the_state_of_every_alarm(applied: Applied) -> None:
    [status] = [widget for widget in applied.dashboard["widgets"] if widget["type"] == "alarm"]
    assert sorted(status["properties"]["alarms"]) == sorted(alarm["AlarmArn"] for alarm in applied.alarms.values())
