"""The alarms' second plan is empty. The local cloud cannot show that: it forgets what an alarm was made of."""

from dataclasses import replace

import pytest
from moto.server import ThreadedMotoServer

from image_worker.process import BUDGET_USED_UP
from local.ports import HOST, free_port
from tests.terraform.conftest import Terraform

pytestmark = pytest.mark.terraform

ROOT = """
resource "aws_cloudwatch_log_group" "worker" {
  name = "/aws/lambda/gazette-dev-image-worker"
}

module "observability" {
  source = "../modules/observability"

  name                   = "gazette-dev"
  api_name               = "gazette-dev"
  api_stage              = "dev"
  image_jobs_queue_name  = "gazette-dev-image-jobs"
  dead_letter_queue_name = "gazette-dev-image-jobs-dead-letters"
  worker_log_group_name  = aws_cloudwatch_log_group.worker.name
  function_names         = { api = "gazette-dev-api", image_worker = "gazette-dev-image-worker" }
}
"""


def test_the_filter_looks_for_what_the_worker_logs(terraform: Terraform) -> None:
    module = (terraform.checkout / "terraform/modules/observability/alarms.tf").read_text()
    assert f'"{{ $.message = \\"{BUDGET_USED_UP}\\" }}"' in module


def test_a_second_plan_of_the_alarms_is_empty(terraform: Terraform) -> None:
    (terraform.checkout / "terraform" / "alarms").mkdir()
    (terraform.checkout / "terraform" / "alarms" / "main.tf").write_text(ROOT)
    port = free_port()
    server = ThreadedMotoServer(ip_address=HOST, port=port)
    server.start()
    try:
        emulated = replace(
            terraform,
            environment={
                **terraform.environment,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
                "NO_PROXY": HOST,
            },
        )
        applied = emulated.run_initialised("alarms", "apply", "-auto-approve", "-input=false", "-no-color")
        planned = emulated.run("alarms", "plan", "-detailed-exitcode", "-input=false", "-no-color")
    finally:
        server.stop()

    assert "Resources: 11 added, 0 changed, 0 destroyed." in applied.stdout, applied.stdout
    assert planned.returncode == 0, planned.stdout
