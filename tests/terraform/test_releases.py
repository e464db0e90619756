"""dev, applied to moto's AWS: a changed image is published and waits, until CodeDeploy moves the alias to it.

Applied is what releasing is about (TARGETS) and all that it needs: moto can't answer some of the rest, such as the
policies of queues.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local.ports import HOST, free_port
from tests.terraform.conftest import Terraform
from tests.terraform.moto_memory import remember

pytestmark = pytest.mark.terraform

REGION = "eu-west-1"
ROOT = "environments/dev"
NAMES = {key: f"gazette-dev-{key.replace('_', '-')}" for key in ("api", "authorizer", "image_worker", "sweeper")}
TARGETS = (
    "module.release", "module.rest_api", "aws_lambda_event_source_mapping.image_jobs",
    "aws_cloudwatch_event_target.sweeper", "aws_lambda_permission.sweep",
)  # fmt: skip
FORGOTTEN = {"aws_sns_topic"}  # moto forgets the version of a topic's signatures
OVERRIDE = """
terraform {
  backend "local" {}
}

provider "aws" {
  s3_use_path_style = true
}

# Not what moto knows of CloudFront.
module "gazette" {
  page = null
}
"""


@dataclass
class Story:
    """What was seen after each step: a first apply, a plan, an apply of another image, a plan, a release, a plan."""

    at_first: dict[str, str]
    second: set[str]
    waiting_output: str
    published: dict[str, set[str]]
    live: dict[str, str]
    snapshots: set[str]
    statements: list[dict[str, Any]]
    callers: list[str]
    groups: dict[str, Any]
    third: set[str]
    released: set[str]
    released_output: str


@pytest.fixture(scope="module")
def story(terraform: Terraform) -> Iterator[Story]:
    port = free_port()
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    override = terraform.checkout / "terraform" / ROOT / "moto_override.tf"
    override.write_text(OVERRIDE)
    settings = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}", "NO_PROXY": HOST,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        remember(patch)
        for name, value in settings.items():
            patch.setenv(name, value)
        server.start()
        try:
            yield tell(replace(terraform, environment={**terraform.environment, **settings}))
        finally:
            server.stop()
            for left in (terraform.checkout / "terraform" / ROOT).glob("terraform.tfstate*"):
                left.unlink()
            override.unlink()


def tell(terraform: Terraform) -> Story:
    with terraform.init_lock:
        initialised = terraform.run(ROOT, "init", "-input=false", "-no-color", "-reconfigure")
    assert initialised.returncode == 0, initialised.stdout
    functions = boto3.client("lambda", region_name=REGION)
    codedeploy = boto3.client("codedeploy", region_name=REGION)
    gateway = boto3.client("apigateway", region_name=REGION)

    apply(terraform, "a")
    at_first = aliases(functions)
    second = changes(terraform, "a")
    apply(terraform, "b")
    published = {
        key: {one["Version"] for one in functions.list_versions_by_function(FunctionName=name)["Versions"]}
        for key, name in NAMES.items()
    }
    live = aliases(functions)
    [api] = gateway.get_rest_apis()["items"]
    callers = [
        one["authorizerUri"] for one in gateway.get_authorizers(restApiId=api["id"])["items"] if "authorizerUri" in one
    ]
    for resource in gateway.get_resources(restApiId=api["id"], limit=500, embed=["methods"])["items"]:
        for method in resource.get("resourceMethods", {}).values():
            callers += [uri] if (uri := method.get("methodIntegration", {}).get("uri")) else []
    third = changes(terraform, "b")
    waiting_output = whole_plan(terraform, "b")
    for name in NAMES.values():
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")  # as CodeDeploy ends
    released = changes(terraform, "b")
    released_output = whole_plan(terraform, "b")
    groups = codedeploy.list_deployment_groups(applicationName="gazette-dev")["deploymentGroups"]
    return Story(
        at_first=at_first,
        second=second,
        waiting_output=waiting_output,
        published=published,
        live=live,
        snapshots={
            key
            for key, name in NAMES.items()
            if functions.get_function_configuration(FunctionName=name)["SnapStart"]["ApplyOn"] == "PublishedVersions"
        },
        statements=[
            statement
            for key in ("api", "authorizer", "sweeper")
            for statement in json.loads(functions.get_policy(FunctionName=NAMES[key])["Policy"])["Statement"]
        ],
        callers=[
            *callers,
            functions.list_event_source_mappings()["EventSourceMappings"][0]["FunctionArn"],
            boto3.client("events", region_name=REGION).list_targets_by_rule(Rule="gazette-dev-sweep")["Targets"][0][
                "Arn"
            ],
        ],
        groups={
            group: codedeploy.get_deployment_group(applicationName="gazette-dev", deploymentGroupName=group)[
                "deploymentGroupInfo"
            ]
            for group in groups
        },
        third=third,
        released=released,
        released_output=released_output,
    )


def aliases(functions: Any) -> dict[str, str]:
    return {key: functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for key, name in NAMES.items()}


def settings(digit: str) -> list[str]:
    images = {
        name: f"123456789012.dkr.ecr.{REGION}.amazonaws.com/gazette/{name}@sha256:{64 * digit}"
        for name in ("api", "image_worker")
    }
    return [
        "-input=false", "-no-color", f"-var=region={REGION}", f"-var=images={json.dumps(images)}",
        "-var=method_throttles={}", *(f"-target=module.gazette.{target}" for target in TARGETS),
    ]  # fmt: skip


def whole_plan(terraform: Terraform, digit: str) -> str:
    """What a plan says of everything: Terraform checks nothing in one that has targets."""
    planned = terraform.run(ROOT, "plan", *(one for one in settings(digit) if not one.startswith("-target")))
    assert planned.returncode == 0, planned.stdout
    return " ".join(planned.stdout.replace("│", " ").split())


def apply(terraform: Terraform, digit: str) -> None:
    applied = terraform.run(ROOT, "apply", "-auto-approve", *settings(digit))
    assert applied.returncode == 0, applied.stdout


def changes(terraform: Terraform, digit: str) -> set[str]:
    """The addresses that a plan would change, and outputs."""
    planned = terraform.run(ROOT, "plan", "-out=releases.plan", *settings(digit))
    assert planned.returncode == 0, planned.stdout
    shown = subprocess.run(
        [terraform.binary, "show", "-json", "releases.plan"],
        cwd=terraform.checkout / "terraform" / ROOT, env=terraform.environment, capture_output=True, check=True,
    )  # fmt: skip
    plan = json.loads(shown.stdout)
    changed = {
        one["address"]
        for one in plan["resource_changes"]
        if one["change"]["actions"] not in (["no-op"], ["read"]) and one["type"] not in FORGOTTEN
    }
    outputs = {name for name, one in plan.get("output_changes", {}).items() if one["actions"] != ["no-op"]}
    return changed | outputs


def test_live_is_made_at_the_first_version_and_a_second_plan_is_empty(story: Story) -> None:
    assert story.at_first == dict.fromkeys(NAMES, "1")
    assert story.second == set()


def test_a_changed_image_is_published_and_live_stays_where_it_is(story: Story) -> None:
    assert story.published == {key: {"$LATEST", "1", "2"} for key in NAMES}
    assert story.live == dict.fromkeys(NAMES, "1")
    assert story.third == set(), "an apply would undo, or repeat, what is CodeDeploy's to do"


def test_the_apis_functions_start_from_snapshots_and_nobody_elses(story: Story) -> None:
    assert story.snapshots == {"api", "authorizer"}


def test_terraform_says_what_waits_and_nothing_any_more_once_it_is_released(story: Story) -> None:
    assert "gazette-dev-image-worker 2 (live is 1)" in story.waiting_output
    assert story.released == set()
    assert "not in service yet" not in story.released_output


def test_only_the_alias_is_called_and_may_be(story: Story) -> None:
    assert len(story.callers) > 10
    assert [caller for caller in story.callers if ":live" not in caller] == []
    assert len(story.statements) == 3
    for statement in story.statements:
        assert statement["Resource"].endswith(":live")
        assert statement["Condition"]["ArnLike"]["AWS:SourceArn"].startswith("arn:aws:")


def test_each_function_has_its_deployment_group_with_alarms_that_exist(story: Story) -> None:
    known = {
        "gazette-dev-api-5xx",
        "gazette-dev-api-latency",
        "gazette-dev-dead-letters",
        *(f"{name}-{what}" for name in NAMES.values() for what in ("errors", "duration")),
    }
    assert set(story.groups) == {key.replace("_", "-") for key in NAMES}
    for group in story.groups.values():
        watched = {alarm["name"] for alarm in group["alarmConfiguration"]["alarms"]}
        assert watched
        assert watched <= known
        assert group["deploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
        assert group["autoRollbackConfiguration"]["enabled"] is True
