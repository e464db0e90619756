"""Everything that keeps data, whichever module makes it: it refuses plain HTTP, and one switch encrypts all of it.

The plan of a whole stage with everything switched on, made by `terraform test` on a mocked provider: no cloud is
reached, and every ARN is known. A bucket, queue or topic that somebody adds is in it, too, and fails here until it has
a policy.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.terraform.conftest import Terraform

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"

DISTRIBUTION = "arn:aws:cloudfront::111122223333:distribution/E1"

PAGE = "arn:aws:cloudfront::111122223333:distribution/E2"

STAGE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "customer_key" {
  type    = bool
  default = false
}

module "gazette" {
  source = "../modules/gazette"

  name         = "gazette-test"
  stage        = "v1"
  images       = { api = "r/api@sha256:0", image_worker = "r/worker@sha256:0" }
  customer_key = var.customer_key

  waf                 = {}
  page                = { api_under_same_origin = false }
  image_event_emails  = { "desk@example.org" = {} }
  image_event_webhook = { url = "https://example.org/hook" }
  media_cdn = {
    signing_key = "a"
    keys = {
      a = {
        public_key_pem         = "-----BEGIN PUBLIC KEY-----"
        private_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-test-media-AbCdEf"
      }
    }
  }
}
"""

# What is not named here or in ARNS is unknown in a plan.
MOCKS = {
    "aws_cloudwatch_event_rule": {"arn": "arn:aws:events:eu-west-1:111122223333:rule/mock"},
    "aws_cloudwatch_log_group": {"arn": "arn:aws:logs:eu-west-1:111122223333:log-group:mock"},
    "aws_cloudfront_distribution": {"arn": DISTRIBUTION},
    "aws_cognito_user_pool": {"id": "eu-west-1_abc", "arn": "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/p"},
    "aws_iam_role": {"arn": "arn:aws:iam::111122223333:role/mock"},
    "aws_kms_key": {"arn": KEY},
    "aws_lambda_function": {
        "arn": "arn:aws:lambda:eu-west-1:111122223333:function:mock",
        "invoke_arn": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/mock/invocations",
    },
    "aws_api_gateway_rest_api": {"execution_arn": "arn:aws:execute-api:eu-west-1:111122223333:api"},
    "aws_api_gateway_stage": {"arn": "arn:aws:apigateway:eu-west-1::/restapis/api/stages/v1"},
    "aws_wafv2_web_acl": {"arn": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/mock/1"},
}
DATA = {
    "aws_caller_identity": {"account_id": "111122223333"},
    "aws_region": {"name": "eu-west-1"},
    "aws_partition": {"partition": "aws"},
}
WEB_PAGE = "module.gazette.module.web_page[0]"
PIPELINE = "module.gazette.module.image_pipeline"
ARNS = {
    f"{PIPELINE}.aws_s3_bucket.uploads": "arn:aws:s3:::uploads",
    f"{PIPELINE}.aws_s3_bucket.media": "arn:aws:s3:::media",
    f"{WEB_PAGE}.aws_s3_bucket.page": "arn:aws:s3:::page",
    f"{WEB_PAGE}.aws_cloudfront_distribution.page": PAGE,
    f"{PIPELINE}.aws_sqs_queue.image_jobs": "arn:aws:sqs:eu-west-1:111122223333:jobs",
    f"{PIPELINE}.aws_sqs_queue.dead_letters": "arn:aws:sqs:eu-west-1:111122223333:dead",
    f"{PIPELINE}.aws_sqs_queue.undelivered": "arn:aws:sqs:eu-west-1:111122223333:undelivered",
    f"{PIPELINE}.aws_sns_topic.image_events": "arn:aws:sns:eu-west-1:111122223333:events",
    "module.gazette.module.observability.aws_sns_topic.operations": "arn:aws:sns:eu-west-1:111122223333:operations",
}

Plan = list[dict[str, Any]]


def _mocked() -> Iterator[str]:
    yield 'mock_provider "aws" {\n  override_during = plan'
    for block, mocks in (("mock_data", DATA), ("mock_resource", MOCKS)):
        for name, defaults in mocks.items():
            yield f'  {block} "{name}" {{\n    defaults = {json.dumps(defaults)}\n  }}'
    yield "}"
    for target, arn in ARNS.items():
        values = json.dumps({"arn": arn, "id": arn})
        yield f"override_resource {{\n  target = {target}\n  override_during = plan\n  values = {values}\n}}"


RUNS = {
    "keys_of_aws": "",
    "a_key_of_its_own": "customer_key = true",
}


@pytest.fixture(scope="module")
def planned(terraform: Terraform) -> Callable[[str], Plan]:
    """By the name of the run: all resources of the plan, as `terraform show -json` has them, and their `values`."""
    root = terraform.checkout / "terraform" / "whole"
    (root / "tests").mkdir(parents=True)
    (root / "main.tf").write_text(STAGE)
    runs = [
        f'run "{name}" {{\n  command = plan\n  variables {{\n    {values}\n  }}\n}}' for name, values in RUNS.items()
    ]
    (root / "tests" / "whole.tftest.hcl").write_text("\n\n".join([*_mocked(), *runs]))
    tested = terraform.run_initialised("whole", "test", "-json", "-verbose")
    plans: dict[str, Plan] = {}
    for line in tested.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("type") == "test_plan":
            changes = [change for change in message["test_plan"]["resource_changes"] if change["mode"] == "managed"]
            plans[message["@testrun"]] = [{**change, "values": change["change"]["after"]} for change in changes]
    complaints = [line for line in tested.stdout.splitlines() if '"diagnostic"' in line]
    assert tested.returncode == 0, "\n".join(complaints) or tested.stdout
    assert set(plans) == set(RUNS)
    return plans.__getitem__


def _of(plan: Plan, kind: str) -> Plan:
    found = [resource for resource in plan if resource["type"] == kind]
    assert found, f"no {kind} in the plan: has it got another name?"
    return found


def _refuses_plain_http(plan: Plan, policies: str, action: str, arns: set[str]) -> bool:
    """Whether a policy denies that action on all of these to everybody, where it does not come by TLS."""
    for policy in _of(plan, policies):
        for statement in json.loads(policy["values"]["policy"])["Statement"]:
            resources = statement["Resource"]
            if (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement["Action"] == action
                and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                and arns <= ({resources} if isinstance(resources, str) else set(resources))
            ):
                return True
    return False


@pytest.mark.parametrize(
    ("kind", "policies", "action", "number"),
    [
        ("aws_s3_bucket", "aws_s3_bucket_policy", "s3:*", 3),
        ("aws_sqs_queue", "aws_sqs_queue_policy", "sqs:*", 3),
        ("aws_sns_topic", "aws_sns_topic_policy", "sns:Publish", 2),
    ],
)
def test_everything_that_keeps_data_refuses_plain_http(
    planned: Callable[[str], Plan], kind: str, policies: str, action: str, number: int
) -> None:
    plan = planned("keys_of_aws")
    resources = _of(plan, kind)

    assert len(resources) >= number
    arns = {resource["address"]: resource["values"].get("arn") for resource in resources}
    assert None not in arns.values(), f"each needs an ARN of its own in ARNS: {arns}"
    assert len(set(arns.values())) == len(arns)
    for address, arn in arns.items():
        covered = {arn, f"{arn}/*"} if kind == "aws_s3_bucket" else {arn}
        assert _refuses_plain_http(plan, policies, action, covered), f"{address} can be used without TLS"


def _keys(plan: Plan) -> dict[str, str | None]:
    """What each resource that keeps data, or the logs of it, is encrypted with; None for a key of AWS."""
    keys: dict[str, str | None] = {}
    for resource in plan:
        values, address = resource["values"], resource["address"]
        match resource["type"]:
            case "aws_dynamodb_table":
                [encryption] = values["server_side_encryption"]
                assert encryption["enabled"]
                keys[address] = encryption.get("kms_key_arn")
            case "aws_s3_bucket_server_side_encryption_configuration":
                [rule] = values["rule"]
                [by_default] = rule["apply_server_side_encryption_by_default"]
                keys[address] = by_default.get("kms_master_key_id")
                assert by_default["sse_algorithm"] == ("aws:kms" if keys[address] else "AES256")
            case "aws_sqs_queue":
                keys[address] = values.get("kms_master_key_id")
                assert keys[address] or values.get("sqs_managed_sse_enabled"), address
            case "aws_sns_topic":
                keys[address] = values.get("kms_master_key_id")
            case "aws_cloudwatch_log_group":
                keys[address] = values.get("kms_key_id")
    return keys


def test_one_switch_encrypts_everything_with_a_customer_key(planned: Callable[[str], Plan]) -> None:
    plan = planned("a_key_of_its_own")
    keys = _keys(plan)

    assert len(keys) >= 1 + 3 + 3 + 2 + 5, keys
    assert [address for address, key in keys.items() if key != KEY] == []
    [key] = _of(plan, "aws_kms_key")
    for distribution in (DISTRIBUTION, PAGE):
        assert distribution in key["values"]["policy"], "CloudFront cannot read what it serves"


def test_every_bucket_has_an_encryption_of_its_own(planned: Callable[[str], Plan]) -> None:
    plan = planned("keys_of_aws")
    kind = "aws_s3_bucket_server_side_encryption_configuration"

    assert {resource["values"]["bucket"] for resource in _of(plan, kind)} == {
        resource["values"]["id"] for resource in _of(plan, "aws_s3_bucket")
    }


def test_keys_of_aws_serve_by_default(planned: Callable[[str], Plan]) -> None:
    # CloudWatch may not use the key of alias/aws/sns: the alarms' topic has none without a customer's.
    assert set(_keys(planned("keys_of_aws")).values()) == {None, "alias/aws/sns"}
