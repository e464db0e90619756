"""What one person, or one day, may cost: the account's root sets a counter near its end, then comes the last one."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from articles import keys
from articles.budget import CALLS_PER_ANALYSIS
from articles.clock import to_text
from articles.dynamo_json import from_attributes, to_attributes
from image_worker.process import BUDGET_USED_UP
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _setting(stack: RunningStack, function: str, name: str) -> int:
    found = stack.clients.lambda_.get_function_configuration(FunctionName=stack.outputs[function])
    return int(found["Environment"]["Variables"][name])


def _put(stack: RunningStack, key: dict[str, str], **attributes: int) -> None:
    item = to_attributes({**key, **attributes})
    stack.clients.dynamodb.put_item(TableName=stack.outputs["table_name"], Item=item)


def test_a_person_who_has_registered_too_many_uploads_is_told_when_to_go_on(stack: RunningStack) -> None:
    person = stack.api(f"busy-{uuid4().hex[:8]}")
    article = person.create_article()
    limit = _setting(stack, "api_function", "UPLOADS_PER_HOUR")
    now = datetime.now(UTC)
    for hour in (0, 1):  # it may strike meanwhile
        ends_at = now.replace(minute=0, second=0, microsecond=0) + (hour + 1) * HOUR
        _put(stack, keys.upload_quota_key(article["author"]["id"], to_text(ends_at)), uploads=limit - 1)
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 1000}
    path = f"/articles/{article['id']}/images"

    last, refused = person.post(path, json=body), person.post(path, json=body)

    assert last.status_code == 201, last.text
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:gazette:problem:too-many-requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert len(person.get(path).json()["items"]) == 1
    person.close()


def _key(image: dict[str, Any]) -> dict[str, Any]:
    return to_attributes(keys.image_key(image["article_id"], image["id"]))


def _item(stack: RunningStack, image: dict[str, Any]) -> dict[str, Any]:
    found = stack.clients.dynamodb.get_item(TableName=stack.outputs["table_name"], Key=_key(image), ConsistentRead=True)
    return from_attributes(found["Item"])


def _waits(stack: RunningStack, image: dict[str, Any]) -> bool:
    item = _item(stack, image)
    return item.get("waited", False) and "claim" not in item


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"not within 30 s: {what}"
        time.sleep(0.1)


def _sweep_now(stack: RunningStack, image: dict[str, Any]) -> None:
    """Lets the time come at which the image is looked at again."""
    stack.clients.dynamodb.update_item(
        TableName=stack.outputs["table_name"],
        Key=_key(image),
        UpdateExpression="SET DueAt = :past",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000Z"}},
    )
    event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    answer = stack.clients.lambda_.invoke(
        FunctionName=stack.outputs["sweeper_function"], Payload=json.dumps(event).encode()
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


@contextmanager
def _used_up(stack: RunningStack) -> Iterator[None]:
    """Inside, others have used up today's budget, and tomorrow's: midnight may strike meanwhile."""
    calls = CALLS_PER_ANALYSIS * _setting(stack, "worker_function", "ANALYSES_PER_DAY")
    days = [keys.analysis_budget_key(f"{datetime.now(UTC) + n * DAY:%Y-%m-%d}") for n in (0, 1)]
    for day in days:
        _put(stack, day, calls=calls)
    try:
        yield
    finally:
        for day in days:
            _put(stack, day, calls=0)


def _dead_letters(stack: RunningStack) -> int:
    found = stack.clients.sqs.get_queue_attributes(
        QueueUrl=stack.outputs["dead_letter_queue_url"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def test_a_picture_beyond_the_days_budget_waits_and_then_goes_on(
    stack: RunningStack, alice: ApiClient, bob: ApiClient, photograph: bytes
) -> None:
    stack.rekognition.reset()
    counts, dead_letters = stack.rekognition.counts(), _dead_letters(stack)
    with _used_up(stack):
        image = alice.upload(alice.create_article()["id"], photograph)
        _until(lambda: _waits(stack, image), "it waits for the budget")
        first = _item(stack, image)
        _sweep_now(stack, image)
        _until(
            lambda: _waits(stack, image) and _item(stack, image)["lease_until"] > first["lease_until"], "it waits on"
        )
        waiting = _item(stack, image)

        assert alice.image(image)["status"] == "processing"
        assert bob.get(f"/articles/{image['article_id']}/images/{image['id']}").status_code == 404
        assert (waiting["attempts"], waiting.get("error")) == (0, None)
        assert waiting["DueAt"] > to_text(datetime.now(UTC))
        assert stack.rekognition.counts() == counts
        assert _dead_letters(stack) == dead_letters
        assert BUDGET_USED_UP in stack.layout.log("image_worker").read_text("utf-8")

    _sweep_now(stack, image)

    assert alice.wait_for(image)["status"] == "ready"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    counter = stack.clients.dynamodb.get_item(
        TableName=stack.outputs["table_name"], Key=to_attributes(keys.analysis_budget_key(today)), ConsistentRead=True
    )
    assert from_attributes(counter["Item"])["calls"] >= CALLS_PER_ANALYSIS
    assert _dead_letters(stack) == dead_letters
