"""What a role cannot do whatever its policy says: reach beyond the permissions boundary, or another stage's names."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.policies.applied import FUNCTIONS, Applied, Role
from tests.e2e.aws_probes import DENIALS, PROBES, RoleClients, attempts, covers, targets
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
_EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]


@contextmanager
def _role(stack: RunningStack, statements: list[Any], **more: str) -> Iterator[RoleClients]:
    iam, name = stack.clients.iam, f"gazette-probe-{secrets.token_hex(3)}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST), **more)["Role"]["Arn"]  # type: ignore[arg-type]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=document)
    try:
        yield RoleClients(stack.clients, arn)
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="probe")
        iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def roles(stack: RunningStack) -> list[Role]:
    return Applied(stack.clients, stack.outputs).roles()


@pytest.fixture(scope="module")
def boundary(roles: list[Role]) -> str:
    """One policy bounds all functions. That it leaves room for their work, all other tests on this stack show."""
    [arn] = {role.boundary for role in roles}
    assert arn, "the local stack's roles have no boundary"
    return arn


# What a role that was taken over would go for.
BEYOND = [
    "cognito-idp:ListUsers",
    "dynamodb:DeleteTable",
    "dynamodb:Scan",
    "iam:GetRolePolicy",
    "iam:PutRolePolicy",
    "lambda:GetFunctionConfiguration",
    "lambda:InvokeFunction",
    "s3:DeleteBucket",
    "s3:PutBucketPolicy",
    "sqs:PurgeQueue",
    "sns:Subscribe",
    "sts:AssumeRole",
]


def test_a_role_that_may_do_everything_is_held_back_by_its_boundary(
    stack: RunningStack, roles: list[Role], boundary: str
) -> None:
    with _role(stack, _EVERYTHING, PermissionsBoundary=boundary) as bounded:
        allowed = [
            f"{action} on {target}"
            for action, probe, target in attempts(targets(stack.outputs, roles))
            if action in BEYOND and probe.is_allowed(action, bounded, target)
        ]

    assert set(BEYOND) <= PROBES.keys()
    assert not allowed


def test_the_boundary_takes_nothing_away_from_the_functions(
    stack: RunningStack, roles: list[Role], boundary: str
) -> None:
    with _role(stack, _EVERYTHING, PermissionsBoundary=boundary) as bounded:
        denied = [
            f"{action} on {target}"
            for action, probe, target in attempts(targets(stack.outputs, roles))
            if probe.call and any(covers(statement, action, target) for role in roles for statement in role.statements)
            if not probe.is_allowed(action, bounded, target)
        ]

    assert not denied


@pytest.fixture(scope="module")
def prod(stack: RunningStack) -> Iterator[dict[str, str]]:
    """A table, a queue, a topic and a bucket with prod's names, in the account of this stack."""
    clients, suffix = stack.clients, "_".join(stack.outputs["uploads_bucket"].rsplit("-uploads-", 1)[1:])
    names = {
        "table": "gazette-prod-articles",
        "bucket": f"gazette-prod-uploads-{suffix}",
        "media": f"gazette-prod-media-{suffix}",
        "queue": "gazette-prod-image-jobs",
        "topic": "gazette-prod-image-events",
    }
    clients.dynamodb.create_table(
        TableName=names["table"],
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
    )
    for bucket in (names["bucket"], names["media"]):
        clients.s3.create_bucket(Bucket=bucket)
    url = clients.sqs.create_queue(QueueName=names["queue"])["QueueUrl"]
    topic = clients.sns.create_topic(Name=names["topic"])["TopicArn"]
    yield {**names, "url": url, "arn": topic}
    clients.dynamodb.delete_table(TableName=names["table"])
    for bucket in (names["bucket"], names["media"]):
        clients.s3.delete_bucket(Bucket=bucket)
    clients.sqs.delete_queue(QueueUrl=url)
    clients.sns.delete_topic(TopicArn=topic)


_KEY: Any = {"PK": {"S": "x"}, "SK": {"S": "y"}}
Attempt = Callable[[RoleClients, dict[str, str]], object]
ATTEMPTS: dict[str, Attempt] = {
    "read the table": lambda role, prod: role["dynamodb"].get_item(TableName=prod["table"], Key=_KEY),
    "write the table": lambda role, prod: role["dynamodb"].put_item(TableName=prod["table"], Item=_KEY),
    "query the table": lambda role, prod: role["dynamodb"].query(
        TableName=prod["table"],
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": "x"}},
    ),
    "read an upload": lambda role, prod: role["s3"].get_object(Bucket=prod["bucket"], Key="uploads/a/b"),
    "write an upload": lambda role, prod: role["s3"].put_object(Bucket=prod["bucket"], Key="uploads/a/b", Body=b"x"),
    "list the uploads": lambda role, prod: role["s3"].list_objects_v2(Bucket=prod["bucket"]),
    "write a rendition": lambda role, prod: role["s3"].put_object(Bucket=prod["media"], Key="media/a/b/c", Body=b"x"),
    "send a job": lambda role, prod: role["sqs"].send_message(QueueUrl=prod["url"], MessageBody="{}"),
    "take a job": lambda role, prod: role["sqs"].receive_message(QueueUrl=prod["url"]),
    "publish": lambda role, prod: role["sns"].publish(TopicArn=prod["arn"], Message="{}"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_of_one_stage_reaches_nothing_of_prod(
    stack: RunningStack, roles: list[Role], prod: dict[str, str], function: str, attempt: str
) -> None:
    [role] = [role for role in roles if role.function == function]

    with pytest.raises(ClientError) as refusal:
        ATTEMPTS[attempt](RoleClients(stack.clients, role.arn), prod)

    assert refusal.value.response["Error"]["Code"] in DENIALS


def test_a_boundary_of_one_stage_keeps_its_roles_out_of_prod(
    stack: RunningStack, boundary: str, prod: dict[str, str]
) -> None:
    with _role(stack, _EVERYTHING, PermissionsBoundary=boundary) as bounded:
        for attempt in ATTEMPTS.values():
            with pytest.raises(ClientError) as refusal:
                attempt(bounded, prod)
            assert refusal.value.response["Error"]["Code"] in DENIALS
