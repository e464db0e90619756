"""For each action of AWS, one call that needs it and does no harm where it is allowed.

A call is told from a refused one by its error: whatever is not a denial (not found, invalid, a failed condition) came
past IAM. Some services the emulator does not serve, or judges otherwise than AWS; there, its policy simulator is asked,
which evaluates the role's policies alone.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from articles.keys import INDEX_KEYS
from local.clients import REGION, Clients
from local.policies.applied import FUNCTIONS, Role, Statement

DENIALS = frozenset(
    {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
)

_ONCE = Config(proxies={}, retries={"total_max_attempts": 1})
_KEY: Any = {"PK": {"S": "PROBE#nothing"}, "SK": {"S": "PROBE#nothing"}}
_NEVER: Any = {
    "ConditionExpression": "#pk = :never",
    "ExpressionAttributeNames": {"#pk": "PK"},
    "ExpressionAttributeValues": {":never": {"S": "never"}},
}
_WRONG_DIGEST = "A" * 22 + "=="
_TOO_LONG = "x" * 262_145
_TRUST = '{"Version": "2012-10-17", "Statement": []}'


@dataclass(frozen=True)
class Target:
    """What a call is about: a concrete resource, and of a list of a bucket the prefix it asks for."""

    kind: str
    arn: str
    prefix: str | None = None

    @property
    def name(self) -> str:
        return self.arn.split(":", 5)[5] if self.arn.startswith("arn:") else self.arn

    @property
    def context(self) -> Mapping[str, str]:
        return {} if self.prefix is None else {"s3:prefix": self.prefix}

    def __str__(self) -> str:
        return self.name + (f"?prefix={self.prefix}" if self.prefix is not None else "")


class RoleClients:
    """Clients that hold one role's credentials."""

    def __init__(self, clients: Clients, role_arn: str) -> None:
        given = clients.sts.assume_role(RoleArn=role_arn, RoleSessionName="probe")["Credentials"]
        self.session = boto3.session.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION
        )
        self.credentials = given
        self.root = clients
        self.role_arn = role_arn
        self._made: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self.session.client(  # type: ignore[call-overload]
                service, endpoint_url=self.root.endpoint_url, config=_ONCE
            )
        return self._made[service]

    def simulated(self, action: str, arn: str) -> bool:
        """Whether the role's policies, by the emulator's simulator, allow it."""
        answer = self.root.iam.simulate_principal_policy(
            PolicySourceArn=self.role_arn, ActionNames=[action], ResourceArns=[arn]
        )
        return answer["EvaluationResults"][0]["EvalDecision"] == "allowed"


Call = Callable[[RoleClients, Target], object]


@dataclass(frozen=True)
class Probe:
    """`kinds`: of the targets that AWS checks the action against. Without a call, the simulator is asked."""

    kinds: tuple[str, ...]
    call: Call | None

    def is_allowed(self, action: str, clients: RoleClients, target: Target) -> bool:
        if self.call is None:
            return clients.simulated(action, target.arn)
        try:
            self.call(clients, target)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return code not in DENIALS
        return True


def _table(target: Target) -> str:
    return target.name.split("/")[1]


def _query(clients: RoleClients, target: Target) -> object:
    index = target.name.split("/")[3] if target.kind == "index" else None
    return clients["dynamodb"].query(
        TableName=_table(target),
        KeyConditionExpression="#hash = :hash",
        ExpressionAttributeNames={"#hash": INDEX_KEYS[index][0] if index else "PK"},
        ExpressionAttributeValues={":hash": {"S": "PROBE#nothing"}},
        **({"IndexName": index} if index else {}),
    )


def _scan(clients: RoleClients, target: Target) -> object:
    index = {"IndexName": target.name.split("/")[3]} if target.kind == "index" else {}
    return clients["dynamodb"].scan(TableName=_table(target), Limit=1, **index)


def _table_call(method: str, **arguments: Any) -> Call:
    return lambda clients, target: getattr(clients["dynamodb"], method)(TableName=_table(target), **arguments)


def _check(clients: RoleClients, target: Target) -> object:
    check = {"TableName": _table(target), "Key": _KEY, **_NEVER}
    return clients["dynamodb"].transact_write_items(TransactItems=[{"ConditionCheck": check}])


def _several(method: str, requests: Any) -> Call:
    return lambda clients, target: getattr(clients["dynamodb"], method)(RequestItems={_table(target): requests})


def _object_call(method: str, **arguments: Any) -> Call:
    def call(clients: RoleClients, target: Target) -> object:
        bucket, _, key = target.name.partition("/")
        return getattr(clients["s3"], method)(Bucket=bucket, Key=key, **arguments)

    return call


def _bucket_call(method: str, **arguments: Any) -> Call:
    return lambda clients, target: getattr(clients["s3"], method)(Bucket=target.name, **arguments)


def _list(clients: RoleClients, target: Target) -> object:
    prefix = {} if target.prefix is None else {"Prefix": target.prefix}
    return clients["s3"].list_objects_v2(Bucket=target.name, MaxKeys=1, **prefix)


def _queue_call(method: str, **arguments: Any) -> Call:
    def call(clients: RoleClients, target: Target) -> object:
        url = clients.root.sqs.get_queue_url(QueueName=target.name)["QueueUrl"]
        return getattr(clients["sqs"], method)(QueueUrl=url, **arguments)

    return call


def _topic_call(method: str, **arguments: Any) -> Call:
    return lambda clients, target: getattr(clients["sns"], method)(TopicArn=target.arn, **arguments)


def _function_call(method: str, **arguments: Any) -> Call:
    return lambda clients, target: getattr(clients["lambda"], method)(FunctionName=target.arn, **arguments)


def _role_call(method: str, **arguments: Any) -> Call:
    return lambda clients, target: getattr(clients["iam"], method)(RoleName=target.name.split("/")[-1], **arguments)


def _pool_call(method: str, **arguments: Any) -> Call:
    return lambda clients, target: getattr(clients["cognito-idp"], method)(
        UserPoolId=target.name.split("/")[-1], **arguments
    )


PROBES: dict[str, Probe] = {
    # DynamoDB
    "dynamodb:BatchGetItem": Probe(("table",), _several("batch_get_item", {"Keys": [_KEY]})),
    "dynamodb:BatchWriteItem": Probe(("table",), _several("batch_write_item", [{"DeleteRequest": {"Key": _KEY}}])),
    "dynamodb:ConditionCheckItem": Probe(("table",), _check),
    "dynamodb:DeleteItem": Probe(("table",), _table_call("delete_item", Key=_KEY, **_NEVER)),
    "dynamodb:DeleteTable": Probe(("table",), _table_call("delete_table")),
    "dynamodb:DescribeTable": Probe(("table",), _table_call("describe_table")),
    "dynamodb:GetItem": Probe(("table",), _table_call("get_item", Key=_KEY)),
    "dynamodb:PutItem": Probe(("table",), _table_call("put_item", Item=_KEY, **_NEVER)),
    "dynamodb:Query": Probe(("table", "index"), _query),
    "dynamodb:Scan": Probe(("table", "index"), _scan),
    "dynamodb:UpdateItem": Probe(("table",), _table_call("update_item", Key=_KEY, **_NEVER)),
    "dynamodb:UpdateTable": Probe(("table",), _table_call("update_table", DeletionProtectionEnabled=False)),
    # S3
    "s3:DeleteBucket": Probe(("bucket",), _bucket_call("delete_bucket")),
    "s3:DeleteBucketPolicy": Probe(("bucket",), _bucket_call("delete_bucket_policy")),
    "s3:DeleteObject": Probe(("object",), _object_call("delete_object")),
    "s3:DeleteObjectVersion": Probe(("object",), _object_call("delete_object", VersionId="none")),
    "s3:GetBucketPolicy": Probe(("bucket",), _bucket_call("get_bucket_policy")),
    "s3:GetObject": Probe(("object",), _object_call("get_object")),
    "s3:GetObjectAcl": Probe(("object",), _object_call("get_object_acl")),
    "s3:GetObjectVersion": Probe(("object",), _object_call("get_object", VersionId="none")),
    "s3:ListBucket": Probe(("bucket", "list"), _list),
    "s3:ListBucketVersions": Probe(("bucket",), _bucket_call("list_object_versions", MaxKeys=1)),
    "s3:PutBucketPolicy": Probe(("bucket",), _bucket_call("put_bucket_policy", Policy=_TRUST)),
    "s3:PutObject": Probe(("object",), _object_call("put_object", Body=b"x", ContentMD5=_WRONG_DIGEST)),
    "s3:PutObjectAcl": Probe(("object",), _object_call("put_object_acl", ACL="public-read")),
    # SQS
    "sqs:ChangeMessageVisibility": Probe(
        ("queue",), _queue_call("change_message_visibility", ReceiptHandle="none", VisibilityTimeout=0)
    ),
    "sqs:DeleteMessage": Probe(("queue",), _queue_call("delete_message", ReceiptHandle="none")),
    "sqs:DeleteQueue": Probe(("queue",), _queue_call("delete_queue")),
    "sqs:GetQueueAttributes": Probe(("queue",), _queue_call("get_queue_attributes", AttributeNames=["QueueArn"])),
    "sqs:GetQueueUrl": Probe(("queue",), lambda clients, target: clients["sqs"].get_queue_url(QueueName=target.name)),
    "sqs:PurgeQueue": Probe(("queue",), _queue_call("purge_queue")),
    "sqs:ReceiveMessage": Probe(("queue",), _queue_call("receive_message", MaxNumberOfMessages=0)),
    "sqs:SendMessage": Probe(("queue",), _queue_call("send_message", MessageBody="")),
    "sqs:SetQueueAttributes": Probe(("queue",), _queue_call("set_queue_attributes", Attributes={})),
    # SNS
    "sns:DeleteTopic": Probe(("topic",), _topic_call("delete_topic")),
    "sns:GetTopicAttributes": Probe(("topic",), _topic_call("get_topic_attributes")),
    "sns:Publish": Probe(("topic",), _topic_call("publish", Message=_TOO_LONG)),
    "sns:Subscribe": Probe(("topic",), _topic_call("subscribe", Protocol="sqs", Endpoint="none")),
    # What else the account has
    "cognito-idp:AdminGetUser": Probe(("pool",), _pool_call("admin_get_user", Username="nobody")),
    "cognito-idp:ListUsers": Probe(("pool",), _pool_call("list_users", Limit=1)),
    "iam:GetRolePolicy": Probe(("role",), _role_call("get_role_policy", PolicyName="function")),
    "iam:PutRolePolicy": Probe(("role",), _role_call("put_role_policy", PolicyName="probe", PolicyDocument=_TRUST)),
    "lambda:GetFunctionConfiguration": Probe(("function",), _function_call("get_function_configuration")),
    "lambda:InvokeFunction": Probe(("function",), _function_call("invoke", InvocationType="DryRun")),
    "secretsmanager:GetSecretValue": Probe(
        ("secret",), lambda clients, target: clients["secretsmanager"].get_secret_value(SecretId=target.arn)
    ),
    "sts:AssumeRole": Probe(
        ("role",), lambda clients, target: clients["sts"].assume_role(RoleArn=target.arn, RoleSessionName="probe")
    ),
    # The emulator wants other ARNs of log groups than AWS does, and does not serve the others (test_emulator_gaps).
    "logs:CreateLogGroup": Probe(("log stream",), None),
    "logs:CreateLogStream": Probe(("log stream",), None),
    "logs:GetLogEvents": Probe(("log stream",), None),
    "logs:PutLogEvents": Probe(("log stream",), None),
    "kms:Decrypt": Probe(("key",), None),
    "rekognition:DetectFaces": Probe(("anything",), None),
    "rekognition:DetectLabels": Probe(("anything",), None),
    "rekognition:DetectModerationLabels": Probe(("anything",), None),
    "xray:GetTraceSummaries": Probe(("anything",), None),
    "xray:PutTelemetryRecords": Probe(("anything",), None),
    "xray:PutTraceSegments": Probe(("anything",), None),
}


def targets(outputs: Mapping[str, Any], roles: list[Role]) -> list[Target]:
    """What there is to reach on the stack, one concrete resource of each sort, those that nobody may reach included."""
    topic = outputs["image_events_topic_arn"]
    _, _, _, region, account, _ = topic.split(":", 5)
    here = f"{region}:{account}"
    table = f"arn:aws:dynamodb:{here}:table/{outputs['table_name']}"
    uploads, media = f"arn:aws:s3:::{outputs['uploads_bucket']}", f"arn:aws:s3:::{outputs['media_bucket']}"
    return [
        Target("table", table),
        *(Target("index", f"{table}/index/{name}") for name in INDEX_KEYS),
        *(Target("bucket", bucket) for bucket in (uploads, media)),
        *(Target("list", bucket, prefix) for bucket in (uploads, media) for prefix in ("", "uploads/a/", "media/a/")),
        *(Target("object", f"{bucket}/{key}") for bucket in (uploads, media) for key in _PROBED_KEYS),
        *(
            Target("queue", f"arn:aws:sqs:{here}:{outputs[url].rpartition('/')[2]}")
            for url in ("image_jobs_queue_url", "dead_letter_queue_url")
        ),
        Target("topic", topic),
        Target("pool", f"arn:aws:cognito-idp:{here}:userpool/{outputs['user_pool_id']}"),
        Target("secret", f"arn:aws:secretsmanager:{here}:secret:{outputs['api_function']}-probe"),
        Target("key", f"arn:aws:kms:{here}:key/00000000-0000-0000-0000-000000000000"),
        *(Target("function", f"arn:aws:lambda:{here}:function:{outputs[name]}") for name in FUNCTIONS.values()),
        *(Target("role", role.arn) for role in roles),
        *(
            Target("log stream", f"arn:aws:logs:{here}:log-group:/aws/lambda/{outputs[name]}:log-stream:probe")
            for name in FUNCTIONS.values()
        ),
        Target("anything", "*"),
    ]


_PROBED_KEYS = ("uploads/probe/probe", "media/probe/probe/probe/large.jpg", "probe")


def attempts(known: list[Target]) -> Iterator[tuple[str, Probe, Target]]:
    """Every action with every resource that it can be about."""
    for action, probe in PROBES.items():
        for target in known:
            if target.kind in probe.kinds:
                yield action, probe, target


def covers(statement: Statement, action: str, target: Target) -> bool:
    """Whether the statement allows this, as IAM reads it; of conditions as far as our policies use them.

    Raises AssertionError for another condition: whoever adds one says here what it means.
    """
    if action not in statement.actions:
        return False
    if not any(fnmatchcase(target.arn, pattern) for pattern in statement.resources):
        return False
    for operator, keys in statement.condition.items():
        for key, patterns in keys.items():
            assert (operator, key) == ("StringLike", "s3:prefix"), f"What does {operator} {key} mean to the probes?"
            if not any(fnmatchcase(target.context.get(key, "\0"), pattern) for pattern in patterns):
                return False
    return True
