"""Reads policies back from the running stack: what is attached to the functions' roles, and to what they reach."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.clients import Clients
from local.errors import LocalError

FUNCTIONS = {
    "api": "api_function",
    "authorizer": "authorizer_function",
    "image_worker": "worker_function",
    "sweeper": "sweeper_function",
}
"""What a function is called in the matrix, and the key of its name in outputs.json."""

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """One statement that allows something. `condition` as IAM writes it: {operator: {key: [value]}}."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def parse(cls, statement: Document) -> "Statement":
        """Raises LocalError for what a function's policy never holds: a denial, or a "not"."""
        unusual = statement.keys() - {"Sid", "Effect", "Action", "Resource", "Condition"}
        if unusual or statement["Effect"] != "Allow":
            raise LocalError(f"The matrix does not know statements like {json.dumps(statement)}.")
        return cls(
            sid=statement["Sid"],
            actions=_many(statement["Action"]),
            resources=_many(statement["Resource"]),
            condition={
                operator: {key: _many(values) for key, values in keys.items()}
                for operator, keys in statement.get("Condition", {}).items()
            },
        )


@dataclass(frozen=True)
class Role:
    """A function's role. `boundary` is its permissions boundary's ARN."""

    function: str
    function_name: str
    name: str
    arn: str
    boundary: str | None
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Grant:
    """A statement of a resource's own policy: who, besides the roles above, may do what to it."""

    resource: str
    effect: str
    principal: str
    actions: tuple[str, ...]
    condition: Mapping[str, Mapping[str, tuple[str, ...]]]


class Applied:
    """Asks IAM and the services, as the account's root."""

    def __init__(self, clients: Clients, outputs: Mapping[str, Any]) -> None:
        """Takes what `make up` left in outputs.json."""
        self._clients = clients
        self._outputs = outputs

    def roles(self) -> list[Role]:
        """Of each function, in FUNCTIONS' order."""
        return [self._role(function, self._outputs[output]) for function, output in FUNCTIONS.items()]

    def _role(self, function: str, function_name: str) -> Role:
        arn = self._clients.lambda_.get_function_configuration(FunctionName=function_name)["Role"]
        name = arn.rpartition("/")[2]
        iam = self._clients.iam
        if attached := iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            raise LocalError(
                f"{name} has policies that are not its own: {', '.join(p['PolicyName'] for p in attached)}."
            )
        documents: list[Any] = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        boundary = iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {})
        return Role(
            function=function,
            function_name=function_name,
            name=name,
            arn=arn,
            boundary=boundary.get("PermissionsBoundaryArn"),
            statements=tuple(Statement.parse(each) for document in documents for each in document["Statement"]),
        )

    def grants(self) -> list[Grant]:
        """Of the queues, the topic, the buckets and the functions; what has no policy gives none."""
        return [
            Grant(
                resource=arn,
                effect=statement["Effect"],
                principal=_principal(statement["Principal"]),
                actions=_many(statement["Action"]),
                condition={
                    operator: {key: _many(values) for key, values in keys.items()}
                    for operator, keys in statement.get("Condition", {}).items()
                },
            )
            for arn, document in self._resource_policies()
            for statement in document["Statement"]
        ]

    def _resource_policies(self) -> Iterator[tuple[str, Document]]:
        sqs, sns, s3 = self._clients.sqs, self._clients.sns, self._clients.s3
        for output in ("image_jobs_queue_url", "dead_letter_queue_url"):
            answer = sqs.get_queue_attributes(QueueUrl=self._outputs[output], AttributeNames=["QueueArn", "Policy"])
            found = answer.get("Attributes", {})
            if "Policy" in found:
                yield found["QueueArn"], json.loads(found["Policy"])
        topic = self._outputs["image_events_topic_arn"]
        policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"].get("Policy") or '{"Statement": []}')
        if policy.get("Id") != "__default_policy_ID":  # every topic's own: its account may do anything
            yield topic, policy
        for output in ("uploads_bucket", "media_bucket"):
            bucket = self._outputs[output]
            try:
                yield f"arn:aws:s3:::{bucket}", json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
                    raise
        for output in FUNCTIONS.values():
            configuration = self._clients.lambda_.get_function_configuration(FunctionName=self._outputs[output])
            try:
                policy = json.loads(self._clients.lambda_.get_policy(FunctionName=self._outputs[output])["Policy"])
            except self._clients.lambda_.exceptions.ResourceNotFoundException:
                continue
            yield configuration["FunctionArn"], policy


def _many(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _principal(principal: Any) -> str:
    if isinstance(principal, str):
        return principal
    return ", ".join(name for names in principal.values() for name in _many(names))
