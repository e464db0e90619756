"""Where the emulator judges permissions otherwise than AWS, and the suite therefore asks its simulator or helps itself.

Each says what AWS does and is expected to fail; one that passes fails the run: the gap is closed, so what works around
it (tests/e2e/aws_probes.py, tests/e2e/twin.py, docs/security.md) can go.
"""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.aws_probes import DENIALS, RoleClients
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}


class Scratch:
    """A role that may do what `allow` says, and nothing else."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self._iam = stack.clients.iam
        self._name = f"gazette-gap-{secrets.token_hex(3)}"
        role = self._iam.create_role(RoleName=self._name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]
        self.clients = RoleClients(stack.clients, role["Arn"])

    def allow(self, action: str, resource: str, condition: dict[str, Any] | None = None) -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        if condition:
            statement["Condition"] = condition  # type: ignore[assignment]
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._iam.put_role_policy(RoleName=self._name, PolicyName="gap", PolicyDocument=document)

    def remove(self) -> None:
        self._iam.delete_role_policy(RoleName=self._name, PolicyName="gap")
        self._iam.delete_role(RoleName=self._name)


@pytest.fixture
def scratch(stack: RunningStack) -> Iterator[Scratch]:
    made = Scratch(stack)
    made.allow("sqs:ListQueues", "*")
    yield made
    made.remove()


@pytest.fixture
def here(stack: RunningStack) -> str:
    """us-east-1:000000000000"""
    return ":".join(stack.outputs["image_events_topic_arn"].split(":")[3:5])


@pytest.mark.xfail(reason="dynamodb:LeadingKeys is ignored", raises=pytest.fail.Exception, strict=True)
def test_a_condition_on_the_partition_key_holds(scratch: Scratch, here: str) -> None:
    table = scratch.stack.outputs["table_name"]
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ours"]}}
    scratch.allow("dynamodb:GetItem", f"arn:aws:dynamodb:{here}:table/{table}", own)

    with pytest.raises(ClientError):
        scratch.clients["dynamodb"].get_item(TableName=table, Key={"PK": {"S": "theirs"}, "SK": {"S": "x"}})


@pytest.mark.xfail(
    reason="SendMessageBatch wants an action of its own, which AWS does not have", raises=AssertionError, strict=True
)
def test_who_may_send_may_send_a_batch(scratch: Scratch, here: str) -> None:
    url = scratch.stack.outputs["dead_letter_queue_url"]
    scratch.allow("sqs:SendMessage", f"arn:aws:sqs:{here}:{url.rpartition('/')[2]}")

    try:
        scratch.clients["sqs"].send_message_batch(QueueUrl=url, Entries=[])
    except ClientError as error:
        assert error.response["Error"]["Code"] not in DENIALS  # noqa: PT017 - an empty batch is invalid, no more


@pytest.mark.xfail(reason="a log group's ARN that ends in :* covers nothing", raises=ClientError, strict=True)
def test_a_log_groups_arn_ends_in_a_star(scratch: Scratch, here: str) -> None:
    group = f"/aws/lambda/{scratch.stack.outputs['api_function']}"
    scratch.allow("logs:CreateLogStream", f"arn:aws:logs:{here}:log-group:{group}:*")

    scratch.clients["logs"].create_log_stream(logGroupName=group, logStreamName=secrets.token_hex(4))


@pytest.mark.xfail(reason="cloudwatch:namespace is not known", raises=ClientError, strict=True)
def test_a_condition_on_the_metrics_namespace_can_be_met(scratch: Scratch) -> None:
    scratch.allow("cloudwatch:PutMetricData", "*", {"StringEquals": {"cloudwatch:namespace": "Gazette"}})

    scratch.clients["cloudwatch"].put_metric_data(Namespace="Gazette", MetricData=[{"MetricName": "x", "Value": 1}])


@pytest.mark.xfail(
    reason="a missing object is 404 also to those who may not list the bucket", raises=AssertionError, strict=True
)
def test_what_is_missing_is_a_secret_from_who_may_not_list(scratch: Scratch) -> None:
    bucket = scratch.stack.outputs["uploads_bucket"]
    scratch.allow("s3:GetObject", f"arn:aws:s3:::{bucket}/uploads/*")

    with pytest.raises(ClientError) as refusal:
        scratch.clients["s3"].get_object(Bucket=bucket, Key="uploads/missing/missing")

    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.xfail(reason="a service that it does not serve asks for no permission", raises=AssertionError, strict=True)
@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("rekognition", "detect_labels", {"Image": {"Bytes": b"x"}}),
        ("xray", "put_trace_segments", {"TraceSegmentDocuments": ["{}"]}),
    ],
)
def test_nobody_calls_a_service_without_permission(
    scratch: Scratch, service: str, method: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as refusal:
        getattr(scratch.clients[service], method)(**arguments)

    assert refusal.value.response["Error"]["Code"] in DENIALS


@pytest.mark.xfail(reason="the simulator ignores the context that it is given", raises=AssertionError, strict=True)
def test_the_simulator_knows_a_lists_prefix(scratch: Scratch) -> None:
    bucket = f"arn:aws:s3:::{scratch.stack.outputs['media_bucket']}"
    scratch.allow("s3:ListBucket", bucket, {"StringLike": {"s3:prefix": ["media/*"]}})

    answer = scratch.stack.clients.iam.simulate_principal_policy(
        PolicySourceArn=scratch.clients.role_arn,
        ActionNames=["s3:ListBucket"],
        ResourceArns=[bucket],
        ContextEntries=[{"ContextKeyName": "s3:prefix", "ContextKeyValues": ["media/a"], "ContextKeyType": "string"}],
    )

    assert answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
