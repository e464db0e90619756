"""The policies that Terraform writes outside of the functions' roles, and the names it gives: nothing reaches from one
stage into another by its name, and no action is a pattern. The functions' own: tests/e2e/test_permissions.py."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from local.ports import HOST, free_port
from tests.parliament import findings
from tests.terraform.conftest import CONFIGURATION, Terraform

pytestmark = pytest.mark.terraform

REGION = "eu-west-1"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/gazette/{{}}@sha256:{64 * '0'}"
BOUNDARY = "arn:aws:iam::123456789012:policy/bounds-everything"

# What each kind of resource is called, where its ARN holds that name.
NAMES = {
    "aws_api_gateway_rest_api": "name",
    "aws_api_gateway_usage_plan": "name",
    "aws_budgets_budget": "name",
    "aws_cloudfront_origin_access_control": "name",
    "aws_cloudfront_response_headers_policy": "name",
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_codedeploy_app": "name",
    "aws_cognito_user_pool": "name",
    "aws_cognito_user_pool_domain": "domain",
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
    "aws_wafv2_web_acl": "name",
}

# Named inside of one of the above, or not at all.
PARTS = re.compile(
    r"aws_api_gateway_(account|authorizer|deployment|gateway_response|integration|integration_response|method|"
    r"method_response|method_settings|model|request_validator|resource|stage)|"
    r"aws_cloudfront_distribution|aws_cloudwatch_event_target|aws_codedeploy_deployment_group|"
    r"aws_cognito_user_(group|pool_client)|aws_iam_role_policy(_attachment)?|"
    r"aws_lambda_(alias|event_source_mapping|permission)|aws_s3_(bucket_\w+|object)|"
    r"aws_sns_topic_(policy|subscription)|aws_sqs_queue_\w+|aws_wafv2_web_acl_(association|logging_configuration)|"
    r"terraform_data"
)

# In these statements AWS knows no resource, or none with a name.
ANYWHERE = {
    "KeysAndOriginsOfDistributions": "CloudFront knows no resource for these",
    "ReadConfiguration": "reads what things are set to, never what they hold; many of its actions know no resource",
    "ReadSignInPages": "cognito-idp:DescribeUserPoolDomain knows no resource",
    "StartOwnFunctions": "a mapping has no ARN before it is made; its condition names the stage's functions",
    "StopReleases": "codedeploy:StopDeployment knows no resource",
    "WhatKnowsNoResource": "each of its actions has no resource, or one whose ARN is an id that AWS gives",
}

# Findings of parliament, by the beginning of their detail, that are wrong or chosen: each with the reason.
EXCUSED = {
    ("RESOURCE_STAR", "['cloudfront:Get"): "ReadConfiguration, see ANYWHERE: what a plan of any stage reads",
    (
        "RESOURCE_MISMATCH",
        "[{'action': 'wafv2:AssociateWebACL'",
    ): "the web ACL is in OwnResources, here is the API's stage",
    (
        "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
        "Possible resource policy privilege escalation on arn:aws:s3:::gazette-",
    ): (
        "Terraform writes the buckets' policies and lifecycle rules: who delivers a stage could open its buckets, "
        "which is why delivering waits for the environment's reviewers"
    ),
}


@pytest.fixture(scope="module")
def emulated(terraform: Terraform) -> Iterator[Terraform]:
    """Terraform with an AWS that is asked whose account this is, and no more."""
    port = free_port()
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    server.start()
    yield replace(
        terraform,
        environment={
            **terraform.environment,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "NO_PROXY": HOST,
        },
    )
    server.stop()


@pytest.fixture(scope="module")
def delivery(emulated: Terraform) -> dict[str, Any]:
    """The policies of the delivery's roles, by role."""
    resources = _planned(
        emulated, "delivery", region=REGION, repository="example/gazette", state_bucket="gazette-terraform-state"
    )
    return {
        f"{resource['name']} {resource.get('index', '')}".strip(): json.loads(resource["values"]["policy"])
        for resource in resources
        if resource["type"] in ("aws_iam_role_policy", "aws_iam_policy")
    }


@pytest.fixture(scope="module")
def dev(emulated: Terraform) -> list[Any]:
    """What dev is made of, with a boundary and the account's role for API Gateway."""
    images = json.dumps({name: IMAGE.format(name) for name in ("api", "image_worker")})
    return _planned(
        emulated,
        "environments/dev",
        region=REGION,
        images=images,
        cors_allow_origin="https://gazette.example",
        permissions_boundary_arn=BOUNDARY,
        manage_account_logging_role="true",
    )


def _planned(terraform: Terraform, root: str, **variables: str) -> list[Any]:
    """All resources of a plan from nothing."""
    directory = terraform.checkout / "terraform" / root
    override = directory / "state_override.tf"
    override.write_text('terraform {\n  backend "local" {}\n}\n')
    try:
        with terraform.init_lock:
            initialised = terraform.run(root, "init", "-input=false", "-no-color", "-reconfigure")
        assert initialised.returncode == 0, initialised.stdout
        settings = [f"-var={name}={value}" for name, value in variables.items()]
        planned = terraform.run(root, "plan", "-input=false", "-no-color", "-out=policies.plan", *settings)
        assert planned.returncode == 0, planned.stdout
        shown = subprocess.run(
            [terraform.binary, "show", "-json", "policies.plan"],
            cwd=directory,
            env=terraform.environment,
            capture_output=True,
            check=True,
        )
    finally:
        override.unlink()
    return list(_resources(json.loads(shown.stdout)["planned_values"]["root_module"]))


def _resources(module: Any) -> Iterator[Any]:
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from _resources(child)


def test_everything_in_dev_has_devs_name(dev: list[Any]) -> None:
    named = [resource for resource in dev if resource["type"] in NAMES]
    unknown = {resource["type"] for resource in dev if resource["type"] not in NAMES} - {
        resource["type"] for resource in dev if PARTS.fullmatch(resource["type"])
    }

    assert not unknown, "say in NAMES or PARTS where these have their names"
    assert len(named) > 20
    for resource in named:
        name = resource["values"][NAMES[resource["type"]]]
        assert re.match(r"(/aws/(lambda|apigateway)/|aws-waf-logs-)?gazette-dev\b", name), resource["address"]
    assert not [resource["address"] for resource in dev if "gazette-prod" in json.dumps(resource.get("values", {}))]


def test_every_role_in_dev_has_the_boundary(dev: list[Any]) -> None:
    roles = {
        resource["values"]["name"]: resource["values"]["permissions_boundary"]
        for resource in dev
        if resource["type"] == "aws_iam_role"
    }

    assert len(roles) >= 5
    assert "gazette-dev-api-gateway-logs" in roles
    assert set(roles.values()) == {BOUNDARY}


def test_the_deliverys_actions_are_named_one_by_one(delivery: dict[str, Any]) -> None:
    assert set(delivery) == {
        "plan", "deploy dev", "deploy prod", "release dev", "release prod", "cloudfront dev", "page dev",
    }  # fmt: skip
    patterns = [
        (role, action)
        for role, policy in delivery.items()
        for statement in policy["Statement"]
        for action in statement["Action"]
        if "*" in action
    ]

    assert not patterns


def test_the_delivery_reaches_everything_only_where_nothing_has_a_name(delivery: dict[str, Any]) -> None:
    anywhere = {
        statement["Sid"]
        for policy in delivery.values()
        for statement in policy["Statement"]
        if "*" in statement["Resource"]
    }

    assert anywhere == ANYWHERE.keys()


@pytest.mark.parametrize(("stage", "other"), [("dev", "prod"), ("prod", "dev")])
def test_a_stages_delivery_names_nothing_of_another_stage(delivery: dict[str, Any], stage: str, other: str) -> None:
    policy = json.dumps([policy for role, policy in delivery.items() if role.endswith(f" {stage}")])

    assert f"gazette-{stage}-" in policy
    assert f"gazette-{other}" not in policy


@pytest.mark.parametrize(
    "action",
    [
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "lambda:InvokeFunction",
        "s3:DeleteObject",
        "sqs:ReceiveMessage",
    ],
)
def test_the_delivery_does_not_touch_what_tables_queues_and_buckets_hold(delivery: dict[str, Any], action: str) -> None:
    for policy in delivery.values():
        for statement in policy["Statement"]:
            # The page's files are the repository's, for everybody to read: they are delivered as functions are.
            reached = json.dumps([one for one in statement["Resource"] if not re.search(r":gazette-\w+-page-\d", one)])
            assert action not in statement["Action"] or "gazette-dev" not in reached, statement["Sid"]


def test_parliament_finds_nothing_in_the_deliverys_policies(delivery: dict[str, Any]) -> None:
    found = findings(delivery.values())
    used = {
        excuse for excuse in EXCUSED for issue, detail in found if issue == excuse[0] and detail.startswith(excuse[1])
    }

    assert [
        (issue, detail)
        for issue, detail in found
        if not any(issue == excuse[0] and detail.startswith(excuse[1]) for excuse in EXCUSED)
    ] == []
    assert used == EXCUSED.keys(), "an excuse that nothing needs any more"


def test_no_action_in_the_source_is_a_pattern_but_in_denials() -> None:
    for path in sorted(CONFIGURATION.rglob("*.tf")):
        # One statement at a time, as far as it matters: from one Effect to the next.
        for statement in re.split(r"\bEffect\s*=", path.read_text("utf-8"))[1:]:
            if statement.lstrip().startswith('"Deny"'):
                continue
            actions = re.findall(r'"[a-z0-9-]+:[A-Za-z]*\*[A-Za-z*]*"', statement)
            assert not actions, f"{path.relative_to(CONFIGURATION)}: {actions}"
