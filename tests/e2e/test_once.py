"""The same event any number of times: one result, one notification, one pair of Rekognition calls."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


class Notifications:
    """A queue that is subscribed to the topic image-events."""

    def __init__(self, stack: RunningStack, queue_url: str) -> None:
        self._sqs = stack.clients.sqs
        self._queue_url = queue_url
        self._seen: list[dict[str, Any]] = []

    def about(self, image_id: str) -> list[dict[str, Any]]:
        """Every notification about that image so far."""
        while True:
            batch = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get("Messages", [])
            if not batch:
                return [message for message in self._seen if message["image_id"] == image_id]
            for message in batch:
                self._seen.append(json.loads(json.loads(message["Body"])["Message"]))
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])

    def wait_for(self, image_id: str) -> list[dict[str, Any]]:
        """The same, once there is one."""
        deadline = time.monotonic() + 20
        while not (found := self.about(image_id)):
            assert time.monotonic() < deadline, "no notification came"
            time.sleep(0.1)
        return found


@pytest.fixture(scope="module")
def notifications(stack: RunningStack) -> Iterator[Notifications]:
    sqs = stack.clients.sqs
    queue_url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = stack.outputs["image_events_topic_arn"]
    # Anybody of the account may publish here; the test's queue is not part of what is tested.
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    subscription = stack.clients.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)
    yield Notifications(stack, queue_url)
    stack.clients.sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=queue_url)


def _event(stack: RunningStack, image: dict[str, Any], sequencer: str) -> str:
    """An S3 notification as S3 would write it."""
    bucket = stack.outputs["uploads_bucket"]
    key = f"uploads/{image['article_id']}/{image['id']}"
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": stack.outputs["region"],
        "eventName": "ObjectCreated:Post",
        "s3": {
            "s3SchemaVersion": "1.0",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": {"key": key, "size": image["size"], "eTag": "0" * 32, "sequencer": sequencer},
        },
    }
    return json.dumps({"Records": [record]})


def _said(stack: RunningStack, image_id: str, *messages: str) -> list[str]:
    """Which of these the worker logged of that image, each as often as it did."""
    lines = [json.loads(line) for line in stack.layout.log("image_worker").read_text().splitlines() if line[:1] == "{"]
    return [line["message"] for line in lines if line.get("image_id") == image_id and line["message"] in messages]


def _deliveries(stack: RunningStack, image_id: str) -> list[str]:
    """How each message about that image ended."""
    return _said(stack, image_id, "finished", "it is finished already", "somebody else works on it")


def test_the_same_event_ten_times_gives_one_result_one_notification_and_one_pair_of_calls(
    stack: RunningStack, alice: ApiClient, notifications: Notifications, photograph: bytes
) -> None:
    article = alice.create_article()
    queue = stack.outputs["image_jobs_queue_url"]
    before = {name: stack.rekognition.count(name) for name in ("DetectLabels", "DetectModerationLabels")}
    image = alice.upload(article["id"], photograph)
    # S3 itself sends the first. Its sequencer is greater than the copies': where one of these came earlier, S3's event
    # were a newer upload.
    deadline = time.monotonic() + 30
    while not _said(stack, image["id"], "claimed"):
        assert time.monotonic() < deadline, "S3 sent nothing"
        time.sleep(0.01)
    for _ in range(9):
        stack.clients.sqs.send_message(QueueUrl=queue, MessageBody=_event(stack, image, "00"))
    first = alice.wait_for(image)
    stack.clients.sqs.send_message(QueueUrl=queue, MessageBody=_event(stack, image, "00"))

    deadline = time.monotonic() + 30
    while len(_deliveries(stack, image["id"])) < 11:
        assert time.monotonic() < deadline, _deliveries(stack, image["id"])
        time.sleep(0.2)
    sent = notifications.wait_for(image["id"])
    time.sleep(1)  # a second notification, if one came, would be here by now

    assert first["status"] == "ready"
    again = alice.image(image)
    assert {**again, "urls": None} == {**first, "urls": None}
    after = {name: stack.rekognition.count(name) for name in before}
    assert {name: after[name] - before[name] for name in before} == {"DetectLabels": 1, "DetectModerationLabels": 1}
    assert len(notifications.about(image["id"])) == 1
    (message,) = sent
    assert message["type"] == "image.ready"
    assert message["article_id"] == article["id"]
    assert "Face" in [label["name"] for label in message["labels"]]


def test_a_failed_picture_is_announced_with_its_reason(alice: ApiClient, notifications: Notifications) -> None:
    article = alice.create_article()
    image = alice.wait_for(alice.upload(article["id"], b"no picture" * 30))

    (message,) = notifications.wait_for(image["id"])

    assert message["type"] == "image.failed"
    assert message["error"] == image["error"]


def test_a_message_that_nobody_understands_harms_no_other(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    stack.clients.sqs.send_message(QueueUrl=stack.outputs["image_jobs_queue_url"], MessageBody="not even JSON")
    article = alice.create_article()

    assert alice.wait_for(alice.upload(article["id"], photograph))["status"] == "ready"


def test_a_post_with_the_same_idempotency_key_is_done_once(alice: ApiClient) -> None:
    body = {"title": "Once", "body": "only", "status": "published"}
    headers = {"Idempotency-Key": f"once-{time.time_ns()}"}

    answers = [alice.post("/articles", json=body, headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    other = alice.post("/articles", json={**body, "title": "Twice"}, headers=headers)
    assert other.status_code == 422
