"""Where the worker's words end up: the notifications of a subscriber, and the dead letters."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.conftest import RunningStack


@dataclass(frozen=True)
class DeadLetter:
    """A message in the dead letters. `reason` is None where SQS moved it by itself."""

    reason: str | None
    detail: str | None
    tries: str | None


class Inbox:
    """The notifications, as a subscriber's queue gets them."""

    def __init__(self, stack: RunningStack) -> None:
        self._clients = stack.clients
        self._topic_arn = stack.outputs["image_events_topic_arn"]
        self._lock = threading.Lock()
        self._seen: list[dict[str, Any]] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Subscribes for as long as this lasts."""
        sqs, sns = self._clients.sqs, self._clients.sns
        self._queue_url = sqs.create_queue(QueueName="accidents")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=self._queue_url, Attributes={"Policy": policy})
        subscription = sns.subscribe(
            TopicArn=self._topic_arn, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        try:
            yield
        finally:
            sns.unsubscribe(SubscriptionArn=subscription)
            sqs.delete_queue(QueueUrl=self._queue_url)

    def about(self, article_id: str) -> list[dict[str, Any]]:
        """Every notification about that article's images so far."""
        with self._lock:
            while batch := self._clients.sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10).get(
                "Messages", []
            ):
                for message in batch:
                    self._seen.append(json.loads(json.loads(message["Body"])["Message"]))
                    self._clients.sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
            return [message for message in self._seen if message["article_id"] == article_id]


class DeadLetters:
    """The stack's dead letters. Those of the scenarios are taken out, all others are left where they are."""

    def __init__(self, stack: RunningStack) -> None:
        self._sqs = stack.clients.sqs
        self._queue_url = stack.outputs["dead_letter_queue_url"]
        self._lock = threading.Lock()
        self._ours: list[str] = []
        self.message_ids: set[str] = set()
        """Of those that were taken out: SQS keeps a message's id when it moves it."""
        self._taken: list[tuple[str, DeadLetter]] = []

    def expect(self, word: str) -> None:
        """Messages in which the word stands are a scenario's."""
        self._ours.append(word)

    def about(self, word: str) -> list[DeadLetter]:
        """Those in which the word stands, so far."""
        with self._lock:
            self._read()
            return [letter for body, letter in self._taken if word in body]

    def body(self, word: str) -> str:
        """The message itself, to be sent back."""
        return next(body for body, _ in self._taken if word in body)

    def _read(self) -> None:
        others = []
        while batch := self._sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, VisibilityTimeout=5, MessageAttributeNames=["All"]
        ).get("Messages", []):
            for message in batch:
                if not any(word in message["Body"] for word in self._ours):
                    others.append(message["ReceiptHandle"])
                    continue
                said = {name: value.get("StringValue") for name, value in message.get("MessageAttributes", {}).items()}
                letter = DeadLetter(said.get("reason"), said.get("detail"), said.get("tries"))
                self.message_ids.add(message["MessageId"])
                self._taken.append((message["Body"], letter))
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        for receipt in others:
            self._sqs.change_message_visibility(QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=0)
