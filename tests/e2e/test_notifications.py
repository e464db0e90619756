"""Subscribers of the topic image-events: a queue and a web server, each with a filter policy on `type`.

The emulator confirms and filters as SNS does. It signs nothing (`Signature` is FAKE, `SignatureVersion` 1 whatever the
topic asks for), tries a web server once only and has no dead letters of subscriptions: how docs/notifications.md
verifies a signature is tested in tests/contract/test_notifications.py, what Terraform asks SNS for in
modules/image_pipeline/tests.
"""

import io
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from PIL import Image

from local.ports import HOST
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.image_events import check_message

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

pytestmark = pytest.mark.e2e

PATIENCE = 30.0  # seconds until what was published must have arrived
ONLY_REJECTED = {"FilterPolicy": json.dumps({"type": ["image.rejected"]})}

Envelope = dict[str, Any]


@contextmanager
def _subscription(stack: RunningStack, protocol: str, endpoint: str, attributes: dict[str, str]) -> Iterator[None]:
    """Inside, the endpoint is subscribed to the topic, confirmed or not."""
    sns, topic_arn = stack.clients.sns, stack.outputs["image_events_topic_arn"]
    sns.subscribe(TopicArn=topic_arn, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
    try:
        yield
    finally:
        # One that waits for its confirmation has an ARN for the emulator only; AWS forgets it after two days.
        for entry in sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]:
            if entry["Endpoint"] == endpoint:
                sns.unsubscribe(SubscriptionArn=entry["SubscriptionArn"])


@dataclass
class Queue:
    """A queue of this test, which the topic may send to as docs/notifications.md has it."""

    stack: RunningStack
    url: str
    seen: "list[MessageTypeDef]" = field(default_factory=list)

    def messages(self) -> "list[MessageTypeDef]":
        """Everything that has come so far."""
        sqs = self.stack.clients.sqs
        answer = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        for message in answer.get("Messages", []):
            self.seen.append(message)
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.seen

    def told(self) -> dict[str, Envelope]:
        """SNS's envelopes that have come so far, by the id of the image."""
        envelopes = [json.loads(message["Body"]) for message in self.messages()]
        return {json.loads(envelope["Message"])["image_id"]: envelope for envelope in envelopes}


@contextmanager
def _queue(stack: RunningStack, attributes: dict[str, str]) -> Iterator[Queue]:
    sqs = stack.clients.sqs
    url = sqs.create_queue(QueueName=f"subscriber-{uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": stack.outputs["image_events_topic_arn"]}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    try:
        with _subscription(stack, "sqs", arn, attributes):
            yield Queue(stack, url)
    finally:
        sqs.delete_queue(QueueUrl=url)


class Webhook:
    """A web server of this test; keeps what is posted to it."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, Envelope]] = []
        posts = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts.append((self.headers["x-amz-sns-message-type"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}/gazette"

    def envelopes(self, kind: str) -> list[Envelope]:
        """What came so far of that type: its header and its envelope must say the same."""
        assert all(header == envelope["Type"] for header, envelope in self.posts)
        return [envelope for header, envelope in self.posts if header == kind]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.close()


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {PATIENCE:.0f} s"
        time.sleep(0.1)


def _follow(url: str) -> None:
    """GETs it past any proxy: it is this machine's."""
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10).close()


def _picture() -> bytes:
    """One that nobody has uploaded before: what Rekognition said of another would be taken for this one, too."""
    content = io.BytesIO()
    Image.effect_noise((160, 120), 40).convert("RGB").save(content, "JPEG")
    return content.getvalue()


def _one_of_each(stack: RunningStack, author: ApiClient) -> dict[str, dict[str, Any]]:
    """A rejected, a ready and a failed image, by the type of their messages; one after the other."""
    article = author.create_article()
    stack.rekognition.moderate_next(["Explicit Nudity"])
    contents = (_picture(), _picture(), b"Dear diary, " * 100)
    images = [author.wait_for(author.upload(article["id"], content)) for content in contents]
    by_type = {f"image.{image['status']}": image for image in images}
    assert list(by_type) == ["image.rejected", "image.ready", "image.failed"]
    return by_type


def _ids(images: dict[str, dict[str, Any]]) -> set[str]:
    return {image["id"] for image in images.values()}


def test_a_queue_gets_the_types_of_its_filter_policy_and_no_others(stack: RunningStack, alice: ApiClient) -> None:
    with _queue(stack, {**ONLY_REJECTED, "RawMessageDelivery": "true"}) as bare, _queue(stack, {}) as everything:
        images = _one_of_each(stack, alice)
        _until(lambda: _ids(images) <= set(everything.told()), "a message of each image")
        _until(lambda: bool(bare.messages()), "the rejected image's message")
        told = everything.told()

    for kind, image in images.items():
        envelope = told[image["id"]]
        message = json.loads(envelope["Message"])
        check_message(message)
        assert message["type"] == envelope["MessageAttributes"]["type"]["Value"] == kind
        assert message["article_id"] == image["article_id"]
        assert message["time"] == image["analysed_at"]
    [delivered] = bare.seen
    assert delivered["MessageAttributes"]["type"]["StringValue"] == "image.rejected"
    message = json.loads(delivered["Body"])
    check_message(message)
    assert message["image_id"] == images["image.rejected"]["id"]
    assert message["moderation"] == images["image.rejected"]["moderation"]


def test_a_web_server_confirms_and_then_hears_of_rejected_images_alone(
    stack: RunningStack, alice: ApiClient, webhook: Webhook
) -> None:
    topic_arn = stack.outputs["image_events_topic_arn"]
    with _subscription(stack, "http", webhook.url, ONLY_REJECTED), _queue(stack, {}) as everything:
        _until(lambda: bool(webhook.envelopes("SubscriptionConfirmation")), "the request to confirm")
        unheard = _one_of_each(stack, alice)
        _until(lambda: _ids(unheard) <= set(everything.told()), "a message of each image")

        [confirmation] = webhook.envelopes("SubscriptionConfirmation")
        assert confirmation["TopicArn"] == topic_arn
        _follow(confirmation["SubscribeURL"])
        images = _one_of_each(stack, alice)
        _until(lambda: _ids(images) <= set(everything.told()), "a message of each image")
        _until(lambda: bool(webhook.envelopes("Notification")), "the notification")

    [envelope] = webhook.envelopes("Notification")
    assert envelope["TopicArn"] == topic_arn
    assert envelope["MessageAttributes"]["type"]["Value"] == "image.rejected"
    message = json.loads(envelope["Message"])
    check_message(message)
    assert message["image_id"] == images["image.rejected"]["id"], "what was told before it confirmed is not sent later"
