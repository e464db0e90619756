"""A second set of what Terraform made (table, buckets, queues, topic), and the functions' code at work on it in this
process, under a role whose policy a test may change. The running functions, their roles and data stay as they are.

The twin's names are the stack's with another prefix, and so are its policies and the functions' variables: nothing of
either is written down here.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from msgspec import structs

from articles import clock, keys
from articles.clock import to_text
from articles.ids import new_id
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobKind
from articles.metrics import Metrics
from articles.model import Article, ArticleStatus, Author, Image, ImageStatus
from articles.repository import ArticleRepository
from articles.table import Table
from image_worker import wiring
from image_worker.batch import Batch
from image_worker.settings import SweeperSettings, WorkerSettings
from image_worker.sweeper import Sweeper
from local.clients import REGION, Clients
from local.policies.applied import Role
from tests.e2e.client import post_form
from tests.e2e.conftest import RunningStack
from tests.gateway import ALICE, AUDIENCE, Gateway
from tests.handlers import loaded
from tests.unit.image_worker import events, pictures
from tests.unit.image_worker.fakes import Context, FakeRekognition, client_error

Policy = Sequence[Mapping[str, Any]]
"""Statements, as IAM takes them."""

_CONFIG = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 2})
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}


class Places:
    """Where the twin keeps everything; made on entry and removed by `remove`."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.root = stack.clients
        self._old = stack.outputs["table_name"].removesuffix("-articles")
        self.prefix = f"gazette-twin-{secrets.token_hex(3)}"
        named = json.loads(self.renamed(json.dumps(stack.outputs)))
        self.table_name: str = named["table_name"]
        self.uploads: str = named["uploads_bucket"]
        self.media: str = named["media_bucket"]
        self.jobs_url: str = named["image_jobs_queue_url"]
        self.dead_letters_url: str = named["dead_letter_queue_url"]
        self.topic_arn: str = named["image_events_topic_arn"]

    def renamed(self, text: str) -> str:
        """A text about the stack, about the twin."""
        return text.replace(self._old, self.prefix)

    def make(self) -> None:
        self._make_table()
        for bucket in (self.uploads, self.media):
            self.root.s3.create_bucket(Bucket=bucket)
        for url in (self.jobs_url, self.dead_letters_url):
            self.root.sqs.create_queue(QueueName=url.rpartition("/")[2])
        self.root.sns.create_topic(Name=self.topic_arn.rpartition(":")[2])
        self._make_inbox(f"{self.prefix}-inbox")
        table = Table(self.root.dynamodb, self.table_name)
        self.articles, self.images = ArticleRepository(table), ImageRepository(table)

    def _make_inbox(self, name: str) -> None:
        """A queue that gets what is published to the topic."""
        arn = f"{self.topic_arn.rpartition(':')[0].replace(':sns:', ':sqs:')}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self.topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.inbox_url = self.root.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        self.root.sns.subscribe(TopicArn=self.topic_arn, Protocol="sqs", Endpoint=arn)

    def _make_table(self) -> None:
        found: Any = self.root.dynamodb.describe_table(TableName=self.stack.outputs["table_name"])["Table"]
        self.root.dynamodb.create_table(
            TableName=self.table_name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=found["KeySchema"],
            AttributeDefinitions=found["AttributeDefinitions"],
            GlobalSecondaryIndexes=[
                {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
                for index in found["GlobalSecondaryIndexes"]
            ],
        )

    def remove(self) -> None:
        self.root.dynamodb.delete_table(TableName=self.table_name)
        for bucket in (self.uploads, self.media):
            for entry in self.root.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                self.root.s3.delete_object(Bucket=bucket, Key=entry["Key"])
            self.root.s3.delete_bucket(Bucket=bucket)
        for url in (self.jobs_url, self.dead_letters_url, self.inbox_url):
            self.root.sqs.delete_queue(QueueUrl=url)
        self.root.sns.delete_topic(TopicArn=self.topic_arn)

    # What is there before a function's turn, and after

    def article(self, status: ArticleStatus = ArticleStatus.PUBLISHED, author: str = ALICE.id) -> Article:
        at = clock.now()
        article = Article(new_id(), "Title", "Body", ("tag",), status, Author(author, "alice"), 1, at, at)
        self.articles.create(article)
        return article

    def image(self, article: Article, due_in: timedelta = timedelta(minutes=20)) -> Image:
        at = clock.now()
        image = Image(
            id=new_id(),
            article_id=article.id,
            status=ImageStatus.PENDING,
            filename="dog.jpg",
            content_type="image/jpeg",
            size=1,
            alt="A dog",
            created_at=at,
            upload_expires_at=at + timedelta(minutes=15),
            due_at=at + due_in,
        )
        self.images.register(image)
        return image

    def upload(self, image: Image) -> str:
        """Puts a picture where the client would; gives the body of the message that S3 sends."""
        key = keys.upload_object(image.article_id, image.id)
        # Another one each time: the analysis of an identical picture would be reused.
        picture = pictures.jpeg(comment=secrets.token_bytes(8))
        self.root.s3.put_object(Bucket=self.uploads, Key=key, Body=picture)
        return self.event_of(image)

    def event_of(self, image: Image) -> str:
        return events.s3_body(keys.upload_object(image.article_id, image.id), bucket=self.uploads)

    def files(self, bucket: str, image: Image) -> list[str]:
        found = self.root.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [entry["Key"] for entry in found if f"/{image.id}" in entry["Key"]]

    def taken(self, url: str, wait: int = 0) -> list[str]:
        """The bodies of what lies in a queue, which is empty then. `wait`: seconds until the first must be there."""
        bodies: list[str] = []
        while messages := self.root.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0 if bodies else wait
        ).get("Messages", []):
            for message in messages:
                bodies.append(message["Body"])
                self.root.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


class TwinRole:
    """A role of the twin's own; `allow` replaces what it may do, from the next call on."""

    def __init__(self, places: Places, like: Role) -> None:
        self._iam = places.root.iam
        self.name = f"{places.prefix}-{like.function}"
        self.arn = self._iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
        self.statements: list[Any] = json.loads(
            places.renamed(
                json.dumps(
                    [
                        {
                            "Sid": statement.sid,
                            "Effect": "Allow",
                            "Action": statement.actions,
                            "Resource": statement.resources,
                            **({"Condition": statement.condition} if statement.condition else {}),
                        }
                        for statement in like.statements
                    ]
                )
            )
        )
        self.allow(self.statements)

    def allow(self, statements: Policy) -> None:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self._iam.put_role_policy(RoleName=self.name, PolicyName="function", PolicyDocument=json.dumps(document))

    def is_allowed(self, action: str, arn: str) -> bool:
        """By the emulator's simulator, for services that it does not serve or whose ARNs it reads otherwise."""
        answer = self._iam.simulate_principal_policy(PolicySourceArn=self.arn, ActionNames=[action], ResourceArns=[arn])
        return answer["EvaluationResults"][0]["EvalDecision"] == "allowed"

    def remove(self) -> None:
        self._iam.delete_role_policy(RoleName=self.name, PolicyName="function")
        self._iam.delete_role(RoleName=self.name)


class GuardedRekognition(FakeRekognition):
    """Rekognition as far as permissions go: the stand-in of the local cloud asks nobody for any."""

    def __init__(self, role: TwinRole) -> None:
        super().__init__()
        self._role = role

    def detect_labels(self, **request: Any) -> dict[str, Any]:
        self._demand("DetectLabels")
        return super().detect_labels(**request)

    def detect_moderation_labels(self, **request: Any) -> dict[str, Any]:
        self._demand("DetectModerationLabels")
        return super().detect_moderation_labels(**request)

    def _demand(self, operation: str) -> None:
        if not self._role.is_allowed(f"rekognition:{operation}", "*"):
            raise client_error("AccessDeniedException", operation)


class Twin:
    """One function's code on the twin, with its role's credentials."""

    def __init__(self, places: Places, like: Role) -> None:
        self.places = places
        self.role = TwinRole(places, like)
        self.function = like.function
        self.function_name = places.renamed(like.function_name)
        root: Clients = places.root
        given = root.sts.assume_role(RoleArn=self.role.arn, RoleSessionName="twin")["Credentials"]
        self._credentials = {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self._session = boto3.session.Session(
            given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION
        )
        configuration = root.lambda_.get_function_configuration(FunctionName=like.function_name)
        self.environment: dict[str, str] = json.loads(
            places.renamed(json.dumps(configuration["Environment"]["Variables"]))
        )
        self.rekognition = GuardedRekognition(self.role)

    def client(self, service: str) -> Any:
        client = self._session.client(service, endpoint_url=self.places.root.endpoint_url, config=_CONFIG)  # type: ignore[call-overload]
        if service == "s3":
            for operation in ("GetObject", "HeadObject"):
                client.meta.events.register(f"after-call.s3.{operation}", self._hide_what_is_missing)
        return client

    def _hide_what_is_missing(self, parsed: dict[str, Any], **_: Any) -> None:
        """S3 says that an object is missing to those alone who may list its bucket; the emulator says it to all."""
        missing = parsed["ResponseMetadata"]["HTTPStatusCode"] == 404
        if missing and not self.role.is_allowed("s3:ListBucket", f"arn:aws:s3:::{self.places.uploads}"):
            parsed["Error"] = {"Code": "AccessDenied", "Message": "Access Denied"}
            parsed["ResponseMetadata"]["HTTPStatusCode"] = 403

    def batch(self) -> Batch:
        """The worker's."""
        settings = WorkerSettings.from_environment(self.environment)
        return wiring.batch(
            replace(settings, max_concurrent_pictures=1),
            dynamodb=self.client("dynamodb"),
            s3=self.client("s3"),
            sqs=self.client("sqs"),
            sns=self.client("sns"),
            rekognition=self.rekognition,  # type: ignore[arg-type] # it has the two methods that matter
            metrics=Metrics("image_worker", settings.stack_name),
        )

    def sweeper(self) -> Sweeper:
        settings = SweeperSettings.from_environment(self.environment)
        return wiring.sweeper(
            settings,
            dynamodb=self.client("dynamodb"),
            s3=self.client("s3"),
            sqs=self.client("sqs"),
            metrics=Metrics("sweeper", settings.stack_name),
        )

    @contextmanager
    def api(self) -> Iterator[Gateway]:
        """The API's handler, imported with the function's variables and the role's credentials."""
        with pytest.MonkeyPatch.context() as patch:
            recorded = {"TOKEN_AUDIENCE": AUDIENCE}  # the recorded events' tokens are for this client
            for name, value in {**self.environment, **self._credentials, **recorded}.items():
                patch.setenv(name, value)
            with loaded("api.handler") as handle:
                yield Gateway(handle)

    def lambda_starts(self) -> None:
        """What Lambda itself does in the role's name around every invocation: logs and, with tracing, segments."""
        _, _, _, region, account, _ = self.places.topic_arn.split(":", 5)
        group = f"arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{self.function_name}"
        for action, arn in (
            ("logs:CreateLogStream", f"{group}:log-stream:"),
            ("logs:PutLogEvents", f"{group}:log-stream:one"),
            ("xray:PutTraceSegments", "*"),
            ("xray:PutTelemetryRecords", "*"),
        ):
            assert self.role.is_allowed(action, arn), action


@contextmanager
def twin(places: Places, like: Role) -> Iterator[Twin]:
    made = Twin(places, like)
    try:
        yield made
    finally:
        made.role.remove()


Scenario = Callable[[], None]


@dataclass(frozen=True)
class Worker:
    twin: Twin
    batch: Batch

    @property
    def scenarios(self) -> list[Scenario]:
        return [
            self.makes_a_picture_ready,
            self.takes_an_upload_that_is_gone,
            self.purges_an_image,
            self.purges_an_article,
            self.follows_a_withdrawn_article,
            self.takes_poison_from_the_queue_and_buries_it,
            self.gives_a_throttled_job_back_soon,
            self.twin.lambda_starts,
        ]

    def _deliver(self, body: str) -> None:
        assert self.batch.run(events.sqs_event(body), Context()) == {"batchItemFailures": []}

    def _job(self, kind: JobKind, article_id: str, image_id: str | None = None) -> None:
        self._deliver(Job(kind, article_id, image_id).to_message())

    def makes_a_picture_ready(self) -> None:
        places = self.twin.places
        places.taken(places.inbox_url)
        image = places.image(places.article())
        self._deliver(places.upload(image))
        ready = places.images.get(image.article_id, image.id)
        assert (ready.status, ready.listed, ready.due_at) == (ImageStatus.READY, True, None)
        assert len(places.files(places.media, image)) == 2
        assert not places.files(places.uploads, image)
        assert len(places.taken(places.inbox_url, wait=2)) == 1

    def takes_an_upload_that_is_gone(self) -> None:
        self._deliver(self.twin.places.event_of(self.twin.places.image(self.twin.places.article())))

    def purges_an_image(self) -> None:
        places = self.twin.places
        image = places.image(places.article())
        places.upload(image)
        rendition = keys.rendition_object(image.article_id, image.id, new_id(), "large")
        places.root.s3.put_object(Bucket=places.media, Key=rendition, Body=b"x")
        places.images.bury(image.article_id, image.id, due_at=clock.now())
        self._job(JobKind.PURGE_IMAGE, image.article_id, image.id)
        assert not places.files(places.uploads, image)
        assert not places.files(places.media, image)
        assert not self._item(keys.image_key(image.article_id, image.id))

    def purges_an_article(self) -> None:
        places = self.twin.places
        article = places.article()
        places.articles.bury(article, at=clock.now(), due_at=clock.now())
        self._job(JobKind.PURGE_ARTICLE, article.id)
        assert not self._item(keys.article_key(article.id))

    def follows_a_withdrawn_article(self) -> None:
        places = self.twin.places
        article = places.article(ArticleStatus.DRAFT)
        changed = structs.replace(article, version=2, due_at=clock.now())
        places.articles.save(article, changed)
        self._job(JobKind.INDEX_ARTICLE, article.id)
        assert places.articles.get(article.id).due_at is None

    def takes_poison_from_the_queue_and_buries_it(self) -> None:
        # Lambda's poller works in the role's name: it looks at the queue, takes from it, and deletes what is done.
        places, sqs = self.twin.places, self.twin.client("sqs")
        places.taken(places.dead_letters_url)
        event = self._polled(sqs, "poison")
        assert self.batch.run(event, Context()) == {"batchItemFailures": []}
        for record in event["Records"]:
            sqs.delete_message(QueueUrl=places.jobs_url, ReceiptHandle=record["receiptHandle"])
        assert places.taken(places.dead_letters_url) == ["poison"]

    def gives_a_throttled_job_back_soon(self) -> None:
        places, sqs = self.twin.places, self.twin.client("sqs")
        image = places.image(places.article())
        self.twin.rekognition.errors.append(client_error("ThrottlingException"))
        places.upload(image)
        again = Job(JobKind.PROCESS_IMAGE, image.article_id, image.id).to_message()
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("image_worker.batch.FIRST_PAUSE", 0.0)
                assert self.batch.run(self._polled(sqs, again), Context())["batchItemFailures"]
        finally:
            self.twin.rekognition.errors.clear()
        assert places.taken(places.jobs_url) == [again], "the message is still hidden"

    def _polled(self, sqs: Any, body: str) -> dict[str, Any]:
        places = self.twin.places
        places.root.sqs.purge_queue(QueueUrl=places.jobs_url)
        places.root.sqs.send_message(QueueUrl=places.jobs_url, MessageBody=body)
        sqs.get_queue_attributes(QueueUrl=places.jobs_url, AttributeNames=["All"])
        [message] = sqs.receive_message(QueueUrl=places.jobs_url, VisibilityTimeout=600)["Messages"]
        event = events.sqs_event(message["Body"])
        event["Records"][0] |= {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"]}
        return event

    def _item(self, key: Mapping[str, str]) -> Any:
        return Table(self.twin.places.root.dynamodb, self.twin.places.table_name).get(key)


@dataclass(frozen=True)
class Sweeping:
    twin: Twin
    sweeper: Sweeper

    @property
    def scenarios(self) -> list[Scenario]:
        return [self.expires_an_upload_that_never_came, self.asks_for_an_upload_that_came, self.twin.lambda_starts]

    def expires_an_upload_that_never_came(self) -> None:
        places = self.twin.places
        image = places.image(places.article(), due_in=timedelta(minutes=-1))
        self.sweeper.run(Context())
        failed = places.images.get(image.article_id, image.id)
        assert failed.error, "it still waits"
        assert failed.error.code == "upload_expired"
        assert Job(JobKind.SETTLE_IMAGE, image.article_id, image.id).to_message() in places.taken(places.jobs_url)

    def asks_for_an_upload_that_came(self) -> None:
        places = self.twin.places
        image = places.image(places.article(), due_in=timedelta(minutes=-1))
        places.upload(image)
        self.sweeper.run(Context())
        assert Job(JobKind.PROCESS_IMAGE, image.article_id, image.id).to_message() in places.taken(places.jobs_url)
        later = places.images.get(image.article_id, image.id).due_at
        assert later
        assert to_text(later) > to_text(clock.now())


@dataclass(frozen=True)
class Serving:
    twin: Twin
    gateway: Gateway

    @property
    def scenarios(self) -> list[Scenario]:
        return [
            self.creates_changes_and_reads_an_article,
            self.lists_articles,
            self.takes_an_upload,
            self.shows_a_rendition,
            self.deletes_and_has_it_cleaned_up,
            self.twin.lambda_starts,
        ]

    def creates_changes_and_reads_an_article(self) -> None:
        other = f"other-{secrets.token_hex(4)}"
        made = self.gateway.create(ALICE, tags=["one", other], status="published")
        path = f"/articles/{made['id']}"
        assert self.gateway.patch(path, ALICE, json_body={"tags": ["one"]}).status == 200
        assert self.gateway.get(path).json["tags"] == ["one"]
        assert self.gateway.get(f"/articles?tag={other}").json["items"] == []

    def lists_articles(self) -> None:
        for target, who in (("/articles", None), ("/articles?author=me", ALICE), ("/labels", None)):
            assert self.gateway.get(target, who).status == 200

    def takes_an_upload(self) -> None:
        places = self.twin.places
        article = places.article()
        body = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 3}
        answer = self.gateway.post(f"/articles/{article.id}/images", ALICE, json_body=body)
        assert answer.status == 201, answer
        assert post_form(answer.json["upload"], b"abc").status_code in (200, 201, 204)

    def shows_a_rendition(self) -> None:
        places = self.twin.places
        image = places.image(places.article())
        token = new_id()
        for name in ("large", "thumbnail"):
            key = keys.rendition_object(image.article_id, image.id, token, name)
            places.root.s3.put_object(Bucket=places.media, Key=key, Body=b"x")
        places.root.dynamodb.update_item(
            TableName=places.table_name,
            Key={name: {"S": value} for name, value in keys.image_key(image.article_id, image.id).items()},
            UpdateExpression="SET #status = :ready, renditions = :token",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":ready": {"S": "ready"}, ":token": {"S": token}},
        )
        shown = self.gateway.get(f"/articles/{image.article_id}/images/{image.id}", ALICE).json
        with requests.Session() as session:
            session.trust_env = False
            assert session.get(shown["urls"]["large"], timeout=10).status_code == 200

    def deletes_and_has_it_cleaned_up(self) -> None:
        places = self.twin.places
        places.taken(places.jobs_url)
        image = places.image(places.article())
        assert self.gateway.delete(f"/articles/{image.article_id}/images/{image.id}", ALICE).status == 204
        assert self.gateway.delete(f"/articles/{image.article_id}", ALICE).status == 204
        assert len(places.taken(places.jobs_url)) == 2


@contextmanager
def scenarios(made: Twin) -> Iterator[list[Scenario]]:
    """What the product does for its users with that function's role. Each fails where its work is not done."""
    match made.function:
        case "api":
            with made.api() as gateway:
                yield Serving(made, gateway).scenarios
        case "image_worker":
            yield Worker(made, made.batch()).scenarios
        case "sweeper":
            yield Sweeping(made, made.sweeper()).scenarios
        case "authorizer":  # it asks no other service of AWS: keys come over HTTPS from the user pool
            yield [made.lambda_starts]
        case _:
            raise AssertionError(f"What does the product do with the role of {made.function}?")


def fails(scenario: Scenario) -> bool:
    """Whether it does, by an assertion or by what the function raises."""
    try:
        scenario()
    except Exception:  # noqa: BLE001 - any way of failing will do
        return True
    return False
