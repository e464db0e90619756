"""Least privilege on the running stack: what a function's role does not allow, its credentials can't do."""

from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

Attempt = Callable[[boto3.session.Session, RunningStack], object]


def _client(session: boto3.session.Session, stack: RunningStack, service: str):  # type: ignore[no-untyped-def]
    return session.client(service, endpoint_url=stack.outputs["endpoint_url"])  # type: ignore[call-overload]


def _session(stack: RunningStack, function: str) -> boto3.session.Session:
    """A session with the credentials that the function runs with: those of its role."""
    name = stack.outputs[function]
    role = stack.clients.lambda_.get_function_configuration(FunctionName=name)["Role"]
    given = stack.clients.sts.assume_role(RoleArn=role, RoleSessionName="permissions")["Credentials"]
    return boto3.session.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], stack.outputs["region"]
    )


def _scan(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "dynamodb").scan(TableName=stack.outputs["table_name"])


def _drop_table(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "dynamodb").delete_table(TableName=stack.outputs["table_name"])


def _read_upload(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "s3").get_object(Bucket=stack.outputs["uploads_bucket"], Key="uploads/a/b")


def _write_media(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "s3").put_object(Bucket=stack.outputs["media_bucket"], Key="media/a/b/c", Body=b"x")


def _write_upload(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "s3").put_object(Bucket=stack.outputs["uploads_bucket"], Key="uploads/a", Body=b"x")


def _read_media(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "s3").get_object(Bucket=stack.outputs["media_bucket"], Key="media/a/b/c")


def _publish(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "sns").publish(TopicArn=stack.outputs["image_events_topic_arn"], Message="{}")


def _receive(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "sqs").receive_message(QueueUrl=stack.outputs["image_jobs_queue_url"])


def _send(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "sqs").send_message(QueueUrl=stack.outputs["image_jobs_queue_url"], MessageBody="{}")


def _bury(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "sqs").send_message(
        QueueUrl=stack.outputs["dead_letter_queue_url"], MessageBody="{}"
    )


def _exhume(session: boto3.session.Session, stack: RunningStack) -> object:
    return _client(session, stack, "sqs").receive_message(QueueUrl=stack.outputs["dead_letter_queue_url"])


DENIED: list[tuple[str, Attempt]] = [
    ("api_function", _scan),
    ("api_function", _drop_table),
    ("api_function", _read_upload),
    ("api_function", _write_media),
    ("api_function", _publish),
    ("api_function", _receive),
    ("api_function", _bury),
    ("authorizer_function", _scan),
    ("authorizer_function", _read_media),
    ("authorizer_function", _send),
    ("worker_function", _scan),
    ("worker_function", _drop_table),
    ("worker_function", _write_upload),
    ("worker_function", _send),
    ("worker_function", _exhume),
    ("sweeper_function", _scan),
    ("sweeper_function", _write_media),
    ("sweeper_function", _receive),
    ("sweeper_function", _bury),
]


@pytest.mark.parametrize(("function", "attempt"), DENIED, ids=lambda value: getattr(value, "__name__", value))
def test_an_action_outside_the_functions_policy_is_denied(stack: RunningStack, function: str, attempt: Attempt) -> None:
    with pytest.raises(ClientError) as refusal:
        attempt(_session(stack, function), stack)

    assert refusal.value.response["Error"]["Code"] in (
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
    )
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)


def test_the_same_credentials_do_what_the_policy_allows(stack: RunningStack) -> None:
    # Without this, the denials above could mean that these credentials open nothing at all.
    session = _session(stack, "api_function")
    found = _client(session, stack, "dynamodb").get_item(
        TableName=stack.outputs["table_name"], Key={"PK": {"S": "x"}, "SK": {"S": "y"}}
    )
    assert "Item" not in found
