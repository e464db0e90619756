"""The pipeline around the worker, in this process: buckets, queue, topic, table, and a Rekognition that keeps count."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3
from botocore.exceptions import ReadTimeoutError
from msgspec.structs import replace

from articles import keys
from articles.ids import new_id
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobKind, JobQueue
from articles.label_index import LabelIndex
from articles.metrics import Metrics
from articles.model import Article, ArticleStatus, Author, Image, ImageStatus
from articles.repository import ArticleRepository
from articles.service import ArticleService
from articles.table import Table
from image_worker import wiring
from image_worker.settings import SweeperSettings, WorkerSettings
from tests.image_events import check_message
from tests.unit.image_worker import events, pictures
from tests.unit.image_worker.fakes import Clock, Context, FakeRekognition

MEDIA_BUCKET = "media"
MAX_RECEIVE_COUNT = 5
ANALYSES_PER_DAY = 1000

_SESSION = boto3.Session("testing", "testing", region_name="eu-central-1")
"""One for all tests: it keeps the services' models, which take longer to read than most tests to run."""


class Killed(BaseException):
    """The process is gone in this moment: no handler of errors gets to run."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything lies, as Terraform would tell the functions."""

    table_name: str
    queue_url: str
    dead_letter_queue_url: str
    topic_arn: str


class Environment:
    """An execution environment of the worker, one of the sweeper and one of the API: they share clients, which no
    other environment does. So what befalls the calls of these clients befalls this environment alone."""

    def __init__(
        self,
        places: Places,
        rekognition: FakeRekognition,
        now: Callable[[], datetime],
        *,
        at_once: int = 1,
        analyses_per_day: int = ANALYSES_PER_DAY,
    ) -> None:
        self.s3 = _SESSION.client("s3")
        self.sqs = _SESSION.client("sqs")
        self.sns = _SESSION.client("sns")
        self.dynamodb = _SESSION.client("dynamodb")
        self.metrics: list[str] = []
        self.clients = [self.dynamodb, self.s3, self.sqs, self.sns]
        self.batch = wiring.batch(
            WorkerSettings(
                table_name=places.table_name,
                uploads_bucket=events.UPLOADS_BUCKET,
                media_bucket=MEDIA_BUCKET,
                image_jobs_queue_url=places.queue_url,
                image_events_topic_arn=places.topic_arn,
                max_upload_bytes=1_000_000,
                label_min_confidence=55,
                moderation_min_confidence=60,
                max_receive_count=MAX_RECEIVE_COUNT,
                dead_letter_queue_url=places.dead_letter_queue_url,
                timeout_seconds=60,
                memory_mb=2048,
                max_concurrent_pictures=at_once,
                reuse_analyses_for_days=30,
                analyses_per_day=analyses_per_day,
                stack_name="gazette-test",
                log_level="INFO",
            ),
            dynamodb=self.dynamodb,
            s3=self.s3,
            sqs=self.sqs,
            sns=self.sns,
            rekognition=rekognition,  # type: ignore[arg-type] # it has the two methods that matter
            metrics=Metrics("image_worker", "gazette-test", now=now, write=self.metrics.append),
            now=now,
        )
        self.sweeper = wiring.sweeper(
            SweeperSettings(places.table_name, events.UPLOADS_BUCKET, places.queue_url, "gazette-test", "INFO"),
            dynamodb=self.dynamodb,
            s3=self.s3,
            sqs=self.sqs,
            metrics=Metrics("sweeper", "gazette-test", now=now, write=self.metrics.append),
            now=now,
        )
        table = Table(self.dynamodb, places.table_name)
        self.service = ArticleService(
            ArticleRepository(table), ImageRepository(table), JobQueue(self.sqs, places.queue_url), now
        )


class Pipeline:
    def __init__(self, table: Table) -> None:
        self.table = table
        self.clock = Clock()
        self.articles = ArticleRepository(table)
        self.images = ImageRepository(table)
        self.rekognition = FakeRekognition()
        s3, sqs, sns = _SESSION.client("s3"), _SESSION.client("sqs"), _SESSION.client("sns")
        for bucket in (events.UPLOADS_BUCKET, MEDIA_BUCKET):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.queue_url = sqs.create_queue(QueueName="image-jobs")["QueueUrl"]
        self.dead_letter_queue_url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        self._inbox_url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        inbox = sqs.get_queue_attributes(QueueUrl=self._inbox_url, AttributeNames=["QueueArn"])["Attributes"]
        topic_arn = sns.create_topic(Name="image-events")["TopicArn"]
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=inbox["QueueArn"])
        self.places = Places(table.name, self.queue_url, self.dead_letter_queue_url, topic_arn)
        environment = Environment(self.places, self.rekognition, self.clock)
        self.s3, self.sqs, self.dynamodb = environment.s3, environment.sqs, environment.dynamodb
        self.worker_clients = environment.clients
        self.batch, self.sweeper = environment.batch, environment.sweeper
        self._sequence = 0x0055AED6DCD90281

    # What happens before the worker's turn

    def article(self, status: ArticleStatus = ArticleStatus.PUBLISHED) -> Article:
        at = self.clock()
        article = Article(new_id(), "Title", "Body", ("tag",), status, Author("sub-1", "alice"), 1, at, at)
        self.articles.create(article)
        return article

    def change_status(self, article_id: str, status: ArticleStatus) -> None:
        old = self.articles.get(article_id)
        due = self.clock() + timedelta(minutes=2)
        self.articles.save(old, replace(old, status=status, version=old.version + 1, due_at=due))

    def registered(self, article: Article | None = None) -> Image:
        at = self.clock()
        image = Image(
            id=new_id(),
            article_id=(article or self.article()).id,
            status=ImageStatus.PENDING,
            filename="dog.jpg",
            content_type="image/jpeg",
            size=1,
            alt="A dog",
            created_at=at,
            upload_expires_at=at + timedelta(minutes=15),
            due_at=at + timedelta(minutes=20),
        )
        self.images.register(image)
        return image

    def upload(self, image: Image, data: bytes | None = None) -> str:
        """Puts the file where the client would; gives the body of the message that S3 sends."""
        key = keys.upload_object(image.article_id, image.id)
        self.s3.put_object(Bucket=events.UPLOADS_BUCKET, Key=key, Body=pictures.jpeg() if data is None else data)
        self._sequence += 1
        return events.s3_body(key, f"{self._sequence:016X}")

    def uploaded(self, article: Article | None = None, data: bytes | None = None) -> tuple[Image, str]:
        image = self.registered(article)
        return image, self.upload(image, data)

    # The worker's and the sweeper's turn

    def deliver(self, *bodies: str, tries: int = 1, seconds: float = 60) -> list[str]:
        """One invocation of the worker; gives the ids (m0, m1, …) of the messages that are to come again."""
        context = Context([round(seconds * 1000)])
        return events.failed(self.batch.run(events.sqs_event(*bodies, tries=tries), context))

    def job(self, kind: JobKind, article_id: str, image_id: str | None = None) -> list[str]:
        return self.deliver(Job(kind, article_id, image_id).to_message())

    def sweep(self) -> dict[str, int]:
        return self.sweeper.run(Context())

    def queued(self) -> list[str]:
        """Takes everything out of the queue."""
        return self.taken(self.queue_url)

    def sweep_and_work(self) -> dict[str, int]:
        """A sweep, and then the worker on everything that it asked for."""
        counts = self.sweep()
        for body in self.queued():
            assert self.deliver(body) == []
        return counts

    def killed_at(self, step: int, moment: str) -> AbstractContextManager[None]:
        """Inside, the step-th call of AWS is the last thing that happens: `before-call` or `after-call` it."""

        def die(calls: int) -> None:
            if calls > step:
                raise Killed

        return self._at_each_call(moment, die)

    def killed_before(self, call: str) -> AbstractContextManager[None]:
        """Inside, the process dies instead of making this call, e.g. `sns.Publish`."""

        def die(_: int) -> None:
            raise Killed

        return self._at_each_call(f"before-call.{call}", die)

    def answer_lost_at(self, step: int) -> AbstractContextManager[None]:
        """Inside, the step-th call of AWS is done, but its answer gets lost, and the SDK has given up."""

        def lose(calls: int) -> None:
            if calls == step + 1:
                raise ReadTimeoutError(endpoint_url="https://aws")

        return self._at_each_call("after-call", lose)

    @contextmanager
    def _at_each_call(self, moment: str, do: Callable[[int], None]) -> Iterator[None]:
        calls = 0

        def count(**_: Any) -> None:
            nonlocal calls
            calls += 1
            do(calls)

        for client in self.worker_clients:
            client.meta.events.register(moment, count, unique_id="kill")
        try:
            yield
        finally:
            for client in self.worker_clients:
                client.meta.events.unregister(moment, unique_id="kill")

    # What is there afterwards

    def read(self, image: Image) -> Image:
        return self.images.get(image.article_id, image.id)

    def renditions(self) -> dict[str, bytes]:
        found = self.s3.list_objects_v2(Bucket=MEDIA_BUCKET).get("Contents", [])
        return {
            entry["Key"]: self.s3.get_object(Bucket=MEDIA_BUCKET, Key=entry["Key"])["Body"].read() for entry in found
        }

    def uploads(self) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=events.UPLOADS_BUCKET).get("Contents", [])]

    def notifications(self) -> list[dict[str, Any]]:
        """What was published since the last look."""
        envelopes = [json.loads(body) for body in self.taken(self._inbox_url)]
        for envelope in envelopes:
            message = json.loads(envelope["Message"])
            assert envelope["MessageAttributes"]["type"]["Value"] == message["type"]
            check_message(message)
        return [json.loads(envelope["Message"]) for envelope in envelopes]

    def labels(self) -> dict[str, list[str]]:
        """The label index: ids of the images under each label, checked against the counters."""
        index = LabelIndex(self.table)
        counts = {label.name: label.images for label in index.labels(None, 100).items}
        found = {name: [image.id for image in index.images(name, None, 100).items] for name in counts}
        assert counts == {name: len(ids) for name, ids in found.items()}
        return found

    def items(self) -> list[str]:
        """What the table holds, but for the counters of labels (those at zero stay) and of the day's budget."""
        items = self.dynamodb.scan(TableName=self.table.name)["Items"]
        found = [(item["PK"]["S"], item["SK"]["S"]) for item in items]
        return sorted(f"{pk} {sk}" for pk, sk in found if not pk.startswith(("LABELS#", "BUDGET#")))

    def taken(self, queue_url: str) -> list[str]:
        bodies = []
        while messages := self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return bodies
