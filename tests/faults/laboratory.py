"""Puts the running stack's worker and sweeper behind the proxies, and looks at what becomes of each picture.

Time is made short by the test, never by the product: a message that failed is made visible at once, a lease of a
process that is dead is made to end, and what is due some day is made due now. Everything is put back at the end.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.e2e.client import FINAL, ApiClient, post_form
from tests.e2e.conftest import RunningStack
from tests.faults.proxy import FaultProxy
from tests.faults.queues import DeadLetter, DeadLetters, Inbox
from tests.faults.relay import BROKEN, DONE, LOST, Delivery, Relay
from tests.faults.subject import Subject, picture
from tests.faults.watch import Watch

PATIENCE = 75.0
"""Seconds until a picture must have come to its end: 5 tries of which each may wait for the longest time-out."""

_A_JOB = 20.0
"""Seconds that a job may wait in the queue and take, before it is asked for again."""

_STALE_CONFIGURATION = 2.5
"""Seconds for which the function host may go on with a configuration that was changed (lambda_host.pool)."""

_PAST = "2026-01-01T00:00:00.000Z"
_TIMES = ("lease_until", "writes_until", "DueAt")


@dataclass
class Outcome:
    """What was seen."""

    status: str
    error: str | None
    deliveries: list[str]
    answered: dict[str, int]
    notifications: int
    notification_ids: int
    dead_letters: list[DeadLetter]
    uploads: int
    renditions: int
    stale_renditions: int
    shown: bool
    """Whether a stranger sees it in the end."""
    problems: list[str]
    """What was shown, or written where readers are served from, before it might."""
    redriven: str | None = None
    """The status after its message was sent back from the dead letters, all being well again."""
    answered_redriven: dict[str, int] = field(default_factory=dict)


class Laboratory:
    """What a scenario may use. Many may run in it at the same time: each touches its own article only."""

    def __init__(self, stack: RunningStack, author: ApiClient, inbox: "Inbox") -> None:
        self.stack = stack
        self.author = author
        self.proxy = FaultProxy(
            {"": stack.outputs["endpoint_url"], "rekognition": stack.outputs["rekognition_endpoint_url"]}
        )
        self.relay: Relay
        self.inbox = inbox
        self.watch = Watch(stack, self.proxy)
        self.dead_letters = DeadLetters(stack)
        self._sizes = iter(range(120, 4000))
        self._lock = threading.Lock()
        self._mapping = self._event_source()

    # What a scenario does

    def subject(self, like: Subject | None = None) -> Subject:
        """A picture that nobody has seen before (or the same as that one's), announced in an article of its own."""
        with self._lock:
            size = like.size if like else (next(self._sizes), 120)
        article = self.author.create_article(title="An accident")
        content = like.content if like else picture(size)
        registered = self.author.register_image(article["id"], content)
        subject = Subject(article["id"], size, content, registered["image"], registered["upload"])
        self.proxy.recognise(article["id"], article["id"])
        self.proxy.recognise(f"{size[0]}x{size[1]} pixels", article["id"])
        self.dead_letters.expect(article["id"])
        self.watch.add(subject)
        return subject

    def upload(self, subject: Subject) -> None:
        """Sends the file, as the API said."""
        sent = post_form(subject.form, subject.content)
        assert sent.status_code in (200, 201, 204), f"{sent.status_code}: {sent.text}"

    def send(self, *bodies: str) -> None:
        """Puts messages into the worker's queue, ten at once."""
        queue = self.stack.outputs["image_jobs_queue_url"]
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
            self.stack.clients.sqs.send_message_batch(QueueUrl=queue, Entries=entries)  # type: ignore[arg-type]

    def event(self, subject: Subject, sequencer: str) -> str:
        """S3's notification of that upload."""
        key = f"uploads/{subject.article_id}/{subject.image['id']}"
        bucket = self.stack.outputs["uploads_bucket"]
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Post",
            "s3": {"bucket": {"name": bucket}, "object": {"key": key, "sequencer": sequencer}},
        }
        return json.dumps({"Records": [record]})

    def sweep(self) -> str | None:
        """Runs the sweeper as its schedule does; gives how it failed, None where it did not."""
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        answer = self.stack.clients.lambda_.invoke(
            FunctionName=self.stack.outputs["sweeper_function"], Payload=json.dumps(event).encode()
        )
        return str(json.load(answer["Payload"])["errorMessage"]) if answer.get("FunctionError") else None

    def item(self, subject: Subject) -> dict[str, Any]:
        """The image's item, in DynamoDB's JSON; {} where there is none."""
        found = self.stack.clients.dynamodb.get_item(
            TableName=self.stack.outputs["table_name"], Key=_key(subject), ConsistentRead=True
        )
        return dict(found.get("Item", {}))

    def let_time_pass(self, subject: Subject, *names: str) -> bool:
        """Ends what the image's item says will end some time: all of it, or what is named. False: nothing was."""
        item = self.item(subject)
        past = [name for name in (names or _TIMES) if name in item]
        if not past:
            return False
        same = " AND ".join(f"#{name} = :{name}" for name in past)
        with suppress(self.stack.clients.dynamodb.exceptions.ConditionalCheckFailedException):
            self.stack.clients.dynamodb.update_item(
                TableName=self.stack.outputs["table_name"],
                Key=_key(subject),
                UpdateExpression="SET " + ", ".join(f"#{name} = :past" for name in past),
                ConditionExpression=same,
                ExpressionAttributeNames={f"#{name}": name for name in past},
                ExpressionAttributeValues={":past": {"S": _PAST}} | {f":{name}": item[name] for name in past},
            )
            return True
        return False

    def wait_until_quiet(self, subject: Subject) -> None:
        """Until the image has its result and the result was announced, or its message lies in the dead letters.

        Where the queue is through with it, and nobody was told the result, that is the sweeper's to notice in a minute,
        which is over at once.
        """
        known = len(self.dead_letters.about(subject.about))

        def is_quiet() -> bool:
            if len(self.dead_letters.about(subject.about)) > known:
                return True
            latest = {delivery.message_id: delivery.outcome for delivery in self.relay.deliveries(subject.about)}
            if any(latest[name] not in (DONE, LOST) for name in latest.keys() - self.dead_letters.message_ids):
                return False
            if self.item(subject).get("status", {}).get("S") not in FINAL:
                return False
            if self.inbox.about(subject.about):
                return True
            time.sleep(1)  # a notification may be on its way
            if not self.inbox.about(subject.about):
                self._come_due(subject)
            return False

        eventually(is_quiet, lambda: f"no end: {self._state(subject)}")

    def _state(self, subject: Subject) -> str:
        deliveries = [delivery.outcome for delivery in self.relay.deliveries(subject.about)]
        return f"{self.item(subject).get('status')}, deliveries {deliveries}"

    # What it looks at afterwards

    def settle(self, subject: Subject) -> None:
        """Lets time pass until a finished image owes nothing any more."""

        def settled() -> bool:
            item = self.item(subject)
            if item.get("status", {}).get("S") in FINAL and "DueAt" in item:
                self._come_due(subject)
                return False
            return True

        eventually(settled, lambda: f"still due: {self._state(subject)}")

    def _come_due(self, subject: Subject) -> None:
        """What the image owes is due now: the sweeper runs, and the worker does what it asks for."""
        known = len(self.relay.deliveries(subject.about))
        if self.let_time_pass(subject):
            self.sweep()
            until = time.monotonic() + _A_JOB
            while time.monotonic() < until:
                new = self.relay.deliveries(subject.about)[known:]
                if new and all(delivery.outcome for delivery in new):
                    return
                time.sleep(0.5)

    def outcome(self, subject: Subject) -> Outcome:
        """What there is to see of a picture."""
        image = self.author.image(subject.image)
        calls = self.proxy.calls_about(subject.about, "rekognition")
        messages = self.inbox.about(subject.about)
        outputs = self.stack.outputs
        media = self._objects(outputs["media_bucket"], f"media/{subject.article_id}/{subject.image['id']}/")
        shown = self.item(subject).get("renditions", {}).get("S") if image["status"] == "ready" else None
        answered = [call.operation for call in calls if call.reached]
        return Outcome(
            status=image["status"],
            error=image["error"]["code"] if image["error"] else None,
            deliveries=[str(delivery.outcome) for delivery in self.relay.deliveries(subject.about)],
            answered={name: answered.count(name) for name in ("DetectLabels", "DetectModerationLabels")},
            notifications=len(messages),
            notification_ids=len({message["id"] for message in messages}),
            dead_letters=self.dead_letters.about(subject.about),
            uploads=len(self._objects(outputs["uploads_bucket"], f"uploads/{subject.article_id}/")),
            renditions=len(media),
            stale_renditions=len([key for key in media if not shown or f"/{shown}/" not in key]),
            shown=self.watch.shows(subject),
            problems=self.watch.problems(subject),
        )

    def _objects(self, bucket: str, prefix: str) -> list[str]:
        found = self.stack.clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for entry in found.get("Contents", [])]

    # The stack's configuration

    def _event_source(self) -> dict[str, Any]:
        found = self.stack.clients.lambda_.list_event_source_mappings(
            FunctionName=self.stack.outputs["worker_function"]
        )["EventSourceMappings"]
        return dict(found[0])

    def configure_event_source(self, **changes: Any) -> None:
        """BatchSize, Enabled."""
        self.stack.clients.lambda_.update_event_source_mapping(UUID=self._mapping["UUID"], **changes)

    @contextmanager
    def batches_of(self, size: int) -> Iterator[None]:
        """Inside, the worker gets that many messages at once; with 1, no two pictures share a process's fate."""
        self.configure_event_source(BatchSize=size)
        try:
            yield
        finally:
            self.configure_event_source(BatchSize=self._mapping["BatchSize"])

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside, nothing is taken from the worker's queue."""
        self.configure_event_source(Enabled=False)
        try:
            yield
        finally:
            self.configure_event_source(Enabled=True)

    def _try_again_soon(self, delivery: Delivery) -> None:
        """Time passes: the message comes again now, and a lease that nobody holds any more is over by then."""
        if delivery.outcome == BROKEN:
            for subject in self.watch.subjects():
                if subject.about in delivery.body:
                    self.let_time_pass(subject, "lease_until")
        with suppress(ClientError):  # the dead letters have it by now
            self.stack.clients.sqs.change_message_visibility(
                QueueUrl=self.stack.outputs["image_jobs_queue_url"],
                ReceiptHandle=delivery.receipt_handle,
                VisibilityTimeout=0,
            )

    @contextmanager
    def open(self) -> Iterator[None]:
        """Inside, the functions are behind the proxies."""
        names = (self.stack.outputs["worker_function"], self.stack.outputs["sweeper_function"])
        client = self.stack.clients.lambda_
        before = {
            name: dict(client.get_function_configuration(FunctionName=name)["Environment"]["Variables"])
            for name in names
        }
        self.relay = Relay(before[names[0]]["MINISTACK_LAMBDA_PROXY_URL"], self._name_receipt, self._try_again_soon)
        redirected = {"AWS_ENDPOINT_URL": self.proxy.url, "AWS_ENDPOINT_URL_REKOGNITION": self.proxy.url}
        changes = {
            names[0]: {**redirected, "MINISTACK_LAMBDA_PROXY_URL": self.relay.url},
            names[1]: redirected,
        }
        self.proxy.start()
        self.relay.start()
        self.watch.start()
        try:
            for name in names:
                self._set_environment(name, before[name] | changes[name])
            time.sleep(_STALE_CONFIGURATION)
            yield
        finally:
            for name in names:
                self._set_environment(name, before[name])
            time.sleep(_STALE_CONFIGURATION)
            self.watch.stop()
            self.relay.close()
            self.proxy.close()

    def _name_receipt(self, delivery: Delivery) -> None:
        """Lets the proxy know of calls that name a message by its receipt, whose they are."""
        for subject in self.watch.subjects():
            if subject.about in delivery.body:
                self.proxy.recognise(delivery.receipt_handle, subject.about)

    def _set_environment(self, name: str, variables: dict[str, str]) -> None:
        client = self.stack.clients.lambda_
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        # What calls the function calls its alias, and what that leads to is a version, which never changes.
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name=self.stack.outputs["alias"], FunctionVersion=version)


def eventually(happened: Callable[[], bool], otherwise: Callable[[], str], patience: float = PATIENCE) -> None:
    """Waits for it; fails with what `otherwise` says."""
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline, f"{otherwise()} after {patience:.0f} s"
        time.sleep(0.7)


def _key(subject: Subject) -> Any:
    return {"PK": {"S": f"ARTICLE#{subject.article_id}"}, "SK": {"S": f"IMAGE#{subject.image['id']}"}}
