"""What nobody brings to its end, the sweeper does: its time is made to come, then it runs as its schedule runs it."""

import json
import time
from typing import Any

import pytest

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


def _key(image: dict[str, Any]) -> Any:
    return {"PK": {"S": f"ARTICLE#{image['article_id']}"}, "SK": {"S": f"IMAGE#{image['id']}"}}


def _was_given_back(stack: RunningStack, image: dict[str, Any]) -> bool:
    """Whether a worker has tried, failed, and holds the job no more."""
    item = stack.clients.dynamodb.get_item(TableName=stack.outputs["table_name"], Key=_key(image), ConsistentRead=True)[
        "Item"
    ]
    return "attempts" in item and "claim" not in item


def _let_time_pass(stack: RunningStack, image: dict[str, Any]) -> None:
    """Makes the image overdue, and a lease on it long over."""
    stack.clients.dynamodb.update_item(
        TableName=stack.outputs["table_name"],
        Key=_key(image),
        UpdateExpression="SET DueAt = :past, lease_until = :past",
        ConditionExpression="attribute_exists(DuePK)",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000Z"}},
    )


def _sweep(stack: RunningStack) -> None:
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    answer = stack.clients.lambda_.invoke(
        FunctionName=stack.outputs["sweeper_function"], Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_an_upload_that_never_comes_fails_and_says_so(stack: RunningStack, alice: ApiClient, photograph: bytes) -> None:
    article = alice.create_article()
    image = alice.register_image(article["id"], photograph)["image"]
    _let_time_pass(stack, image)

    _sweep(stack)

    expired = alice.wait_for(image)
    assert expired["status"] == "failed"
    assert expired["error"]["code"] == "upload_expired"


def test_a_job_that_stuck_is_queued_again(stack: RunningStack, alice: ApiClient, photograph: bytes) -> None:
    article = alice.create_article()
    # An error that no quick try cures: the message stays hidden for minutes, longer than this test waits.
    stack.rekognition.fail_next("AccessDeniedException", times=2)
    image = alice.upload(article["id"], photograph)
    deadline = time.monotonic() + 30
    while not _was_given_back(stack, image):
        assert time.monotonic() < deadline, "the worker did not try"
        time.sleep(0.1)
    assert alice.image(image)["status"] == "processing"
    stack.rekognition.reset()
    _let_time_pass(stack, image)

    _sweep(stack)

    assert alice.wait_for(image)["status"] == "ready"
