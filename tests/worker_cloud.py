"""What a worker needs around it, and nothing else: S3, DynamoDB, SQS and SNS by the emulator, Rekognition by the
stand-in. For the benchmarks and for workers in containers, which are handed their events without Lambda and SQS."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from articles import clock
from articles.ids import new_id
from articles.image_repository import ImageRepository
from articles.keys import image_key, upload_object
from articles.model import Article, ArticleStatus, Author, Image, ImageStatus
from articles.repository import ArticleRepository
from articles.table import Table
from local import programs
from local.clients import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Clients
from local.layout import CHECKOUT, Layout
from local.ports import HOST, free_port
from local.rekognition.control import RekognitionControl
from tests.dynamodb import create_table
from tests.unit.image_worker import events

TABLE = "gazette"
UPLOADS_BUCKET = "gazette-uploads"
MEDIA_BUCKET = "gazette-media"

START_SECONDS = 60.0

SETTINGS = {
    "ANALYSES_PER_DAY": "10000",
    "LABEL_MIN_CONFIDENCE": "70",
    "LOG_LEVEL": "WARNING",
    "MAX_CONCURRENT_PICTURES": "4",
    "MAX_RECEIVE_COUNT": "5",
    "MAX_UPLOAD_BYTES": "15728640",
    "MEMORY_MB": "2048",
    "MODERATION_MIN_CONFIDENCE": "60",
    "REUSE_ANALYSES_FOR_DAYS": "30",
    "STACK_NAME": "gazette-test",
    "TIMEOUT_SECONDS": "60",
}
"""As Terraform sets them by default."""


@dataclass(frozen=True)
class Uploaded:
    """An image that is registered and uploaded, and the body of the message that S3 sends about it."""

    article_id: str
    image_id: str
    message: str


class WorkerCloud:
    def __init__(self, endpoint_url: str, rekognition_url: str) -> None:
        """Makes the buckets, the queues, the topic and the table."""
        self.endpoint_url = endpoint_url
        self.rekognition_url = rekognition_url
        self.rekognition = RekognitionControl(rekognition_url)
        clients = Clients(endpoint_url)
        self._s3, sqs = clients.s3, clients.sqs
        for bucket in (UPLOADS_BUCKET, MEDIA_BUCKET):
            self._s3.create_bucket(Bucket=bucket)
        self._queue_url = sqs.create_queue(QueueName="image-jobs")["QueueUrl"]
        self._dead_letter_queue_url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        self._topic_arn = clients.sns.create_topic(Name="image-events")["TopicArn"]
        create_table(clients.dynamodb, TABLE)
        self._table = Table(clients.dynamodb, TABLE)
        self._articles, self._images = ArticleRepository(self._table), ImageRepository(self._table)
        self._sequence = 0x0055AED6DCD90281

    @property
    def environment(self) -> dict[str, str]:
        """The function's variables: as Terraform sets them, and as Lambda and the SDK do."""
        return SETTINGS | {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_REKOGNITION": self.rekognition_url,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "DEAD_LETTER_QUEUE_URL": self._dead_letter_queue_url,
            "IMAGE_EVENTS_TOPIC_ARN": self._topic_arn,
            "IMAGE_JOBS_QUEUE_URL": self._queue_url,
            "MEDIA_BUCKET": MEDIA_BUCKET,
            "TABLE_NAME": TABLE,
            "UPLOADS_BUCKET": UPLOADS_BUCKET,
        }

    def uploaded(self, data: bytes) -> Uploaded:
        """A new image, in a draft of its own, whose upload is this file."""
        now = clock.now()
        article = Article(new_id(), "Title", "Body", (), ArticleStatus.DRAFT, Author("sub-1", "alice"), 1, now, now)
        image = Image(
            id=new_id(),
            article_id=article.id,
            status=ImageStatus.PENDING,
            filename="picture",
            content_type="image/jpeg",
            size=len(data),
            alt="",
            created_at=now,
            upload_expires_at=now + timedelta(minutes=15),
            due_at=now + timedelta(minutes=20),
        )
        self._articles.create(article)
        self._images.register(image)
        key = upload_object(article.id, image.id)
        self._s3.put_object(Bucket=UPLOADS_BUCKET, Key=key, Body=data)
        self._sequence += 1
        return Uploaded(article.id, image.id, events.s3_body(key, f"{self._sequence:016X}", UPLOADS_BUCKET))

    def item(self, uploaded: Uploaded) -> dict[str, Any]:
        """The image's item as it stands in the table now."""
        item = self._table.get(image_key(uploaded.article_id, uploaded.image_id))
        assert item is not None
        return item


@contextmanager
def worker_cloud(bind: str = HOST) -> Iterator[WorkerCloud]:
    """A cloud of its own at that address of this machine, as long as the context lasts; its files go with it."""
    with ExitStack() as stack:
        layout = Layout(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gazette-cloud-"))) / "state")
        layout.create()
        emulator = programs.emulator(layout, free_port(), bind)
        endpoint_url = f"http://{bind}:{emulator.port}"
        rekognition = programs.rekognition(free_port(), endpoint_url, bind)
        for program in (emulator, rekognition):
            stack.enter_context(_running(program, layout.log(program.name)))
        yield WorkerCloud(endpoint_url, f"http://{bind}:{rekognition.port}")


@contextmanager
def _running(program: programs.Program, log: Path) -> Iterator[None]:
    """The program, from its first answer on."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            program.command, cwd=CHECKOUT, env=dict(program.environment), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_SECONDS
        while not program.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{program.title} does not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
