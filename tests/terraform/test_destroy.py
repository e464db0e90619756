"""Ending a stage: dev leaves nothing behind, prod refuses before anything is lost."""

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.clients import REGION
from tests.terraform.conftest import Terraform
from tests.terraform.emulated import Client, cloud, root, run

pytestmark = pytest.mark.terraform

STAGES = ("dev", "prod")
MORE = {
    "dev": ("-var=manage_account_logging_role=true",),
    "prod": ("-var=cors_allow_origin=https://gazette.example",),
}


def _call(service: str, operation: str, key: str, name: str, **arguments: Any) -> Callable[[Any], list[str]]:
    def listed(client: Callable[[str], Any]) -> list[str]:
        try:
            found = getattr(client(service), operation)(**arguments)[key]
        except ClientError as error:
            raise AssertionError(f"{service} {operation}: {error}") from error
        return [one[name] if name else one for one in found]

    return listed


EVERYTHING: dict[str, Callable[[Any], list[str]]] = {
    "APIs": _call("apigateway", "get_rest_apis", "items", "name", limit=500),
    "API keys": _call("apigateway", "get_api_keys", "items", "name"),
    "usage plans": _call("apigateway", "get_usage_plans", "items", "name"),
    "budgets": _call("budgets", "describe_budgets", "Budgets", "BudgetName", AccountId="000000000000"),
    "alarms": _call("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", MaxRecords=100),
    "composite alarms": _call("cloudwatch", "describe_alarms", "CompositeAlarms", "AlarmName"),
    "distributions": lambda client: [
        one["Comment"] for one in client("cloudfront").list_distributions()["DistributionList"].get("Items", [])
    ],
    "origin access controls": lambda client: [
        one["Name"]
        for one in client("cloudfront").list_origin_access_controls()["OriginAccessControlList"].get("Items", [])
    ],
    "response headers policies": lambda client: [
        one["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"]
        for one in client("cloudfront")
        .list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
        .get("Items", [])
    ],
    "dashboards": _call("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "user pools": _call("cognito-idp", "list_user_pools", "UserPools", "Name", MaxResults=60),
    "sign-in pages": lambda client: [
        name
        for name in ("gazette-dev-000000000000", "gazette-prod-000000000000")
        if client("cognito-idp").describe_user_pool_domain(Domain=name)["DomainDescription"].get("UserPoolId")
    ],
    "tables": _call("dynamodb", "list_tables", "TableNames", ""),
    "schedules": _call("events", "list_rules", "Rules", "Name"),
    "roles": _call("iam", "list_roles", "Roles", "RoleName"),
    "policies": _call("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
    "functions": _call("lambda", "list_functions", "Functions", "FunctionName"),
    "event sources": _call("lambda", "list_event_source_mappings", "EventSourceMappings", "FunctionArn"),
    "log groups": _call("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "metric filters": _call("logs", "describe_metric_filters", "metricFilters", "filterName"),
    "log policies": _call("logs", "describe_resource_policies", "resourcePolicies", "policyName"),
    "buckets": _call("s3", "list_buckets", "Buckets", "Name"),
    "secrets": _call("secretsmanager", "list_secrets", "SecretList", "Name"),
    "subscriptions": _call("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "topics": _call("sns", "list_topics", "Topics", "TopicArn"),
    "parameters": _call("ssm", "describe_parameters", "Parameters", "Name"),
    "role of the account's gateways": lambda client: list(
        filter(None, [client("apigateway").get_account().get("cloudwatchRoleArn")])
    ),
    "queues": lambda client: client("sqs").list_queues().get("QueueUrls", []),
    "firewalls": _call("wafv2", "list_web_acls", "WebACLs", "Name", Scope="REGIONAL"),
    "keys": _call("kms", "list_keys", "Keys", "KeyId"),
}
# An emulator that lists nothing would pass as an account with nothing in it: these have to be seen before.
SEEN_BEFORE = {
    "APIs", "alarms", "dashboards", "user pools", "tables", "schedules", "roles", "functions", "event sources",
    "log groups", "buckets", "topics", "queues", "budgets",
}  # fmt: skip
SEEN_BEFORE_IN_DEV = {
    "distributions", "origin access controls", "response headers policies", "role of the account's gateways",
    "sign-in pages",
}  # fmt: skip


@dataclass(frozen=True)
class Account:
    """The emulator's, with what the tests put into it."""

    client: Client

    def has(self, stage: str) -> dict[str, set[str]]:
        """Everything that there is of a stage: what bears its name, and what has no name but an id."""
        other = {"dev": "gazette-prod", "prod": "gazette-dev"}[stage]
        return {
            kind: {name for name in listed(self.client) if other not in name} for kind, listed in EVERYTHING.items()
        }

    def use(self, stage: str) -> None:
        """Puts something into everything that may hold something, as a stage that is used."""
        self.client("dynamodb").put_item(
            TableName=f"gazette-{stage}-articles", Item={"PK": {"S": "ARTICLE#1"}, "SK": {"S": "ARTICLE"}}
        )
        for purpose in ("uploads", "media"):
            bucket = f"gazette-{stage}-{purpose}-000000000000-{REGION}"
            for body in (b"first", b"second"):  # two versions, and then a delete marker
                self.client("s3").put_object(Bucket=bucket, Key="media/1/2/large.jpg", Body=body)
            self.client("s3").delete_object(Bucket=bucket, Key="media/1/2/large.jpg")
            self.client("s3").put_object(Bucket=bucket, Key="media/1/2/thumbnail.jpg", Body=b"it stays")
        if stage == "dev":  # a file that Terraform does not know
            page = f"gazette-dev-page-000000000000-{REGION}"
            self.client("s3").put_object(Bucket=page, Key="left.txt", Body=b"by hand")
        for queue in ("image-jobs", "image-jobs-dead-letters"):
            url = self.client("sqs").get_queue_url(QueueName=f"gazette-{stage}-{queue}")["QueueUrl"]
            self.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
        [pool] = [
            one["Id"]
            for one in self.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
            if one["Name"] == f"gazette-{stage}"
        ]
        self.client("cognito-idp").admin_create_user(UserPoolId=pool, Username="alice", MessageAction="SUPPRESS")
        stream = {"logGroupName": f"/aws/lambda/gazette-{stage}-api", "logStreamName": "2026/11/22/[1]a"}
        self.client("logs").create_log_stream(**stream)
        self.client("logs").put_log_events(**stream, logEvents=[{"timestamp": 1, "message": "a line"}])


@dataclass(frozen=True)
class Story:
    """What was there, and what became of it."""

    untouched: dict[str, set[str]]
    account: Account
    before: dict[str, dict[str, set[str]]]
    prod: subprocess.CompletedProcess[str]
    prod_in_parts: dict[str, subprocess.CompletedProcess[str]]
    dev: subprocess.CompletedProcess[str]
    after: dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def story(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with ExitStack() as running:
        there, client = running.enter_context(cloud(tmp_path_factory.mktemp("cloud"), terraform))
        roots = {stage: running.enter_context(root(there, stage, "ends")) for stage in STAGES}
        yield _tell(there, roots, Account(client))


def _tell(terraform: Terraform, roots: dict[str, str], account: Account) -> Story:
    def run_on(stage: str, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(terraform, roots[stage], command, "-auto-approve", "-parallelism=20", *MORE[stage], *arguments)

    untouched = account.has("dev")
    with ThreadPoolExecutor() as both:  # most of an apply is waiting for queues
        for applied in both.map(lambda stage: run_on(stage, "apply"), roots):
            assert applied.returncode == 0, applied.stdout
    for stage in roots:
        account.use(stage)
    before = {stage: account.has(stage) for stage in roots}
    prod = run_on("prod", "destroy")
    in_parts = {
        target: run_on("prod", "destroy", f"-target={target}")
        for target in ("module.gazette.module.api_function", "module.gazette.module.article_table")
    }
    dev = run_on("dev", "destroy")
    after = {stage: account.has(stage) for stage in roots}
    return Story(untouched, account, before, prod, in_parts, dev, after)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_stage_in_use_is_seen(story: Story, stage: str) -> None:
    seen = {kind for kind, names in story.before[stage].items() if names - story.untouched[kind]}

    assert seen >= SEEN_BEFORE | (SEEN_BEFORE_IN_DEV if stage == "dev" else set())


def test_dev_is_destroyed_with_all_that_was_in_it(story: Story) -> None:
    assert story.dev.returncode == 0, story.dev.stdout
    assert {kind: names for kind, names in story.after["dev"].items() if names - story.untouched[kind]} == {}


def test_prod_is_not_destroyed_and_loses_nothing_in_the_attempt(story: Story) -> None:
    assert story.prod.returncode == 1
    assert "prod_is_not_destroyed" in story.prod.stdout
    assert "prevent_destroy" in story.prod.stdout
    assert "Destroying..." not in story.prod.stdout
    assert story.after["prod"] == story.before["prod"]


def test_a_part_of_prod_is_not_destroyed_either(story: Story) -> None:
    for target, attempt in story.prod_in_parts.items():
        assert attempt.returncode == 1, target
        assert "prevent_destroy" in attempt.stdout, attempt.stdout


def test_behind_that_the_table_protects_itself(story: Story) -> None:
    for what, delete in (
        ("table", lambda: story.account.client("dynamodb").delete_table(TableName="gazette-prod-articles")),
        (
            "bucket",
            lambda: story.account.client("s3").delete_bucket(Bucket=f"gazette-prod-media-000000000000-{REGION}"),
        ),
    ):
        with pytest.raises(ClientError) as refused:
            delete()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 409), what
