"""The web ACL applies, and its second plan is empty. The local cloud has no WAF."""

from dataclasses import replace

import pytest
from moto.server import ThreadedMotoServer

from local.ports import HOST, free_port
from tests.terraform.conftest import Terraform

pytestmark = pytest.mark.terraform

# moto keeps no logging configurations.
ROOT = """
resource "aws_api_gateway_rest_api" "this" {
  name = "gazette-dev"
}

resource "aws_api_gateway_resource" "health" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = "health"
}

resource "aws_api_gateway_method" "health" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = aws_api_gateway_resource.health.id
  http_method   = "GET"
  authorization = "NONE"
}

resource "aws_api_gateway_integration" "health" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_resource.health.id
  http_method = aws_api_gateway_method.health.http_method
  type        = "MOCK"

  lifecycle {
    ignore_changes = [integration_http_method]
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  depends_on  = [aws_api_gateway_integration.health]
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id   = aws_api_gateway_rest_api.this.id
  deployment_id = aws_api_gateway_deployment.this.id
  stage_name    = "dev"
}

module "waf" {
  source = "../modules/waf"

  name               = "gazette-dev"
  stage_arn          = aws_api_gateway_stage.this.arn
  refuse_anonymizers = true
  logs               = false
}
"""


def test_a_second_plan_of_the_web_acl_is_empty(terraform: Terraform) -> None:
    (terraform.checkout / "terraform" / "waf").mkdir()
    (terraform.checkout / "terraform" / "waf" / "main.tf").write_text(ROOT)
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
        applied = emulated.run_initialised("waf", "apply", "-auto-approve", "-input=false", "-no-color")
        planned = emulated.run("waf", "plan", "-detailed-exitcode", "-input=false", "-no-color")
    finally:
        server.stop()

    assert "Resources: 8 added, 0 changed, 0 destroyed." in applied.stdout, applied.stdout
    assert planned.returncode == 0, planned.stdout
