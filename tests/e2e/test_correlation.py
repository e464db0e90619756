"""One id from the call that registers an upload to the notification about it, and what is counted on the way."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from articles import correlation
from tests.e2e.client import ApiClient, post_form
from tests.e2e.conftest import RunningStack
from tests.emf import Values, is_metrics, metrics_in

pytestmark = pytest.mark.e2e

PATIENCE = 30.0
FIELD = "x-amz-meta-correlation-id"
POISON_ID = "11111111-2222-4333-8444-555555555555"


class Queue:
    """A queue of this test's own."""

    def __init__(self, stack: RunningStack, url: str) -> None:
        self.url = url
        self._sqs = stack.clients.sqs

    def wait_for(self, text: str) -> Any:
        """The first message whose body has that text, its attributes with it; all that come before are left."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=1
            )
            for message in answer.get("Messages", []):
                if text in message["Body"]:
                    self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                    return message
            assert time.monotonic() < deadline, "no such message came"
            time.sleep(0.1)


@pytest.fixture
def notifications(stack: RunningStack) -> Iterator[Queue]:
    """Subscribed to image-events, the bare messages."""
    sqs, sns = stack.clients.sqs, stack.clients.sns
    url = sqs.create_queue(QueueName="correlation")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(
        TopicArn=stack.outputs["image_events_topic_arn"],
        Protocol="sqs",
        Endpoint=arn,
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )
    yield Queue(stack, url)
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def lines(stack: RunningStack, function: str) -> list[dict[str, Any]]:
    """What the function has logged, its metrics apart."""
    text = stack.layout.log(function).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"timestamp"')]


def wait_for_line(stack: RunningStack, function: str, **fields: Any) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        for line in lines(stack, function):
            if line.items() >= fields.items():
                return line
        assert time.monotonic() < deadline, f"no line of {function} has {fields}"
        time.sleep(0.1)


def counted(stack: RunningStack, function: str) -> Values:
    """All values that the function has written so far."""
    found: Values = {}
    for line in stack.layout.log(function).read_text("utf-8").splitlines():
        if is_metrics(line):
            for key, values in metrics_in(line).items():
                found[key] = found.get(key, []) + values
    return found


def stack_name(stack: RunningStack) -> str:
    name: str = stack.outputs["table_name"]
    return name.removesuffix("-articles")


def register(client: ApiClient, article_id: str, content: bytes) -> tuple[str, dict[str, Any]]:
    """The call's id, and {image, upload}."""
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size": len(content)}
    answer = client.post(f"/articles/{article_id}/images", json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers[correlation.HEADER], answer.json()


def test_one_id_leads_from_the_call_to_the_notification(
    stack: RunningStack, alice: ApiClient, notifications: Queue, photograph: bytes
) -> None:
    article = alice.create_article()
    before = counted(stack, "image_worker")
    stack.rekognition.delay_next(3000, operation="DetectLabels")  # so that somebody can look at the upload meanwhile
    call, registered = register(alice, article["id"], photograph)
    image = registered["image"]
    assert correlation.valid(call)
    assert registered["upload"]["fields"][FIELD] == call

    assert post_form(registered["upload"], photograph).status_code == 204
    key = f"uploads/{article['id']}/{image['id']}"
    head = stack.clients.s3.head_object(Bucket=stack.outputs["uploads_bucket"], Key=key)
    assert head["Metadata"][correlation.METADATA] == call

    assert alice.wait_for(image)["status"] == "ready"
    message = notifications.wait_for(image["id"])
    assert json.loads(message["Body"])["correlation_id"] == call
    assert message["MessageAttributes"][correlation.ATTRIBUTE]["StringValue"] == call

    finished = wait_for_line(stack, "image_worker", message="finished", image_id=image["id"])
    answered = wait_for_line(stack, "api", message="answered", correlation_id=call)
    assert (answered["status"], answered["route"]) == (201, "POST /articles/{article_id}/images")
    assert answered["duration_ms"] > 0
    assert answered["request_id"] != finished["request_id"]
    ours = [line for line in lines(stack, "image_worker") if line.get("image_id") == image["id"]]
    assert [line["message"] for line in ours] == ["claimed", "finished"]
    assert {line["correlation_id"] for line in ours} == {call}
    # Whoever looks for the id finds nothing of anybody else's.
    found = [
        line for name in ("api", "image_worker") for line in lines(stack, name) if line.get("correlation_id") == call
    ]
    assert [line["message"] for line in found] == ["answered", "claimed", "finished"]

    key_of = (stack_name(stack), "image_worker")
    deadline = time.monotonic() + PATIENCE
    while (after := counted(stack, "image_worker")) == before:  # written after the message was answered for
        assert time.monotonic() < deadline
        time.sleep(0.1)
    took = after["TimeToReady", key_of][len(before.get(("TimeToReady", key_of), [])) :]
    assert max(took) > 3000
    assert sum(after["Pictures", (*key_of, "ready")]) > sum(before.get(("Pictures", (*key_of, "ready")), []))
    assert sum(after["RekognitionCalls", key_of]) >= sum(before.get(("RekognitionCalls", key_of), [])) + 2


def test_s3_takes_no_other_id(alice: ApiClient, photograph: bytes) -> None:
    article = alice.create_article()
    _, registered = register(alice, article["id"], photograph)
    upload = registered["upload"]
    for fields in ({**upload["fields"], FIELD: POISON_ID}, {k: v for k, v in upload["fields"].items() if k != FIELD}):
        assert post_form({**upload, "fields": fields}, photograph).status_code == 403


def test_the_worker_notices_an_upload_that_its_form_did_not_make(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()
    call, registered = register(alice, article["id"], photograph)
    image = registered["image"]
    key = f"uploads/{article['id']}/{image['id']}"
    stack.clients.s3.put_object(Bucket=stack.outputs["uploads_bucket"], Key=key, Body=photograph)
    assert alice.wait_for(image)["status"] == "ready"
    warning = wait_for_line(stack, "image_worker", level="WARNING", image_id=image["id"])
    assert warning["message"] == "the upload was not made by the form that was given for it"
    assert warning["correlation_id"] == call


def test_a_throttled_call_is_counted_though_the_sdk_repeats_it(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    key = ("RekognitionThrottles", (stack_name(stack), "image_worker"))
    before = sum(counted(stack, "image_worker").get(key, []))
    stack.rekognition.throttle_next(operation="DetectModerationLabels", times=2)
    article = alice.create_article()
    assert alice.wait_for(alice.upload(article["id"], photograph))["status"] == "ready"
    deadline = time.monotonic() + PATIENCE
    while (now := sum(counted(stack, "image_worker").get(key, []))) == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert now == before + 2


def test_a_message_carries_its_id_into_the_dead_letters(stack: RunningStack) -> None:
    body = f"no job {POISON_ID}"
    stack.clients.sqs.send_message(
        QueueUrl=stack.outputs["image_jobs_queue_url"],
        MessageBody=body,
        MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": POISON_ID}},
    )
    letter = Queue(stack, stack.outputs["dead_letter_queue_url"]).wait_for(body)
    assert letter["MessageAttributes"][correlation.ATTRIBUTE]["StringValue"] == POISON_ID
    assert wait_for_line(stack, "image_worker", correlation_id=POISON_ID)["level"] == "ERROR"


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/articles", 401), ("GET", "/nowhere", 404)])
def test_the_gateways_own_answers_have_an_id_too(anonymous: ApiClient, method: str, path: str, status: int) -> None:
    answer = anonymous.request(method, path, json={})
    assert answer.status_code == status
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers[correlation.HEADER])
    assert correlation.HEADER in answer.headers["Access-Control-Expose-Headers"]
