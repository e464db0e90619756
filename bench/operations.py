"""What the API's operations take, ours and those of a naive one: calls, capacity and CPU time.

Two steps each: the handler runs once around moto, where its calls are metered and their answers recorded; then it runs
in a process of its own, as Lambda would run it, with those answers given over HTTP, and only its CPU time is looked at.
The articles are like real ones: 4,000 characters of text, three tags, two pictures of eight labels.
"""

import json
import os
import random
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from boto3.dynamodb.types import TypeSerializer
from moto import mock_aws
from msgspec.structs import replace

from api.connections import Answer
from articles.dynamo_json import to_attributes
from articles.image_repository import ImageRepository
from articles.items import article_to_item, label_to_map, labelled_image_to_item, tag_to_item
from articles.model import Article, Author, Box, Image, Label
from articles.repository import ArticleRepository
from articles.table import Table
from bench import capacity
from bench.canned import Recorder, served
from bench.function import Function
from bench.meter import Meter
from tests.dynamodb import create_table
from tests.gateway import ALICE, Context, User, rest_event
from tests.handlers import loaded
from tests.integration.conftest import API_ENVIRONMENT
from tests.samples import NOON, an_analysis, an_article, an_id, an_image, finish

ROUND_SECONDS = 0.15
"""Of CPU time: what takes longer is called less often."""
ARTICLES = 400
BY_ALICE = 40
IMAGES = 2
WITH_IMAGES = 5
SHOWING_A_DOG = 30
TABLE, NAIVE_TABLE, IMAGES_TABLE = "gazette", "naive-articles", "naive-images"
TAGS = ("news", "gardening", "dogs")
BODY = "The quick brown fox jumps over the lazy dog, which does not mind at all. " * 55
LABEL_NAMES = ("Person", "Dog", "Garden", "Tree", "Clothing", "Face", "Grass", "Building")
LABELS = tuple(
    Label(name, 98.52 - n, ("Nature", "Outdoors")[: n % 3], (Box(0.1042, 0.2117, 0.3021, 0.4109, 97.31),) * (n % 3))
    for n, name in enumerate(LABEL_NAMES)
)
ENVIRONMENT = API_ENVIRONMENT | {
    "ARTICLES_TABLE_NAME": NAIVE_TABLE,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "test",
    "IMAGES_TABLE_NAME": IMAGES_TABLE,
    "IMAGE_JOBS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/image-jobs",
    "TABLE_NAME": TABLE,
}
AUTHORIZER = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "JWKS_URL": "http://127.0.0.1:9",
    "TOKEN_AUDIENCE": "client",
    "TOKEN_ISSUER": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_x",
}


@dataclass(frozen=True)
class Operation:
    """A request; `token`: whether it needs one, which Cognito's authorizer checks: no function runs for that."""

    method: str
    target: str
    body: Mapping[str, Any] | None = None
    token: bool = False


ANALYSIS = an_analysis(*LABELS, content="5e" * 32, looked_at=NOON, renditions=an_id(7))
_DRAFT = {"title": "A title as they often are", "body": BODY, "tags": list(TAGS), "status": "published"}
_UPLOAD = {"filename": "photo.jpg", "content_type": "image/jpeg", "size": 4_000_000, "alt": "A dog in a garden"}
OPERATIONS = {
    "get an article with two images": Operation("GET", f"/articles/{an_id(1)}"),
    "a page of the feed, 20 articles": Operation("GET", "/articles"),
    "a page of a tag, 20 articles": Operation("GET", "/articles?tag=news"),
    "a page of an author, 20 articles": Operation("GET", f"/articles?author={ALICE.id}"),
    "a page of images showing a label, 20 images": Operation("GET", "/labels/Dog/images"),
    "create an article": Operation("POST", "/articles", _DRAFT, token=True),
    "change an article": Operation("PATCH", f"/articles/{an_id(2)}", {"title": "Another title"}, token=True),
    "register an upload": Operation("POST", f"/articles/{an_id(3)}/images", _UPLOAD, token=True),
    "delete an image": Operation("DELETE", f"/articles/{an_id(4)}/images/{an_id(1008)}", token=True),
    "delete an article": Operation("DELETE", f"/articles/{an_id(5)}", token=True),
}
HANDLERS = {"ours": "api.handler", "naive": "bench.naive_api"}


def measured(rounds: int = 3, calls: int = 20) -> dict[str, Any]:
    """{operation: {ours or naive: {calls, read, write, cpu_ms, answer_bytes}}} and what the start took."""
    costs: dict[str, dict[str, Any]] = {}
    answers: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    with metered() as (meter, recorder, handlers):
        for name, operation in OPERATIONS.items():
            costs[name] = {}
            for whose, handle in handlers.items():
                recorder.answers = {}
                meter.taken()
                answer = handle(event_of(operation), Context())
                assert answer["statusCode"] < 300, answer
                taken = meter.taken()
                costs[name][whose] = {
                    "calls": dict(sorted(taken.calls.items())),
                    "read": taken.read,
                    "write": taken.write,
                    "answer_bytes": len(answer.get("body", "")),
                }
                merged = answers[whose]
                for target, known in recorder.answers.items():
                    merged[target] = merged.get(target, {}) | known
    starts = measure_cpu(costs, answers, rounds, calls)
    return {"operations": costs, "starts": starts, "authorizer": authorizer_cpu(rounds * calls)}


def measure_cpu(costs: dict[str, Any], answers: Mapping[str, Any], rounds: int, calls: int) -> dict[str, Any]:
    """Adds each operation's CPU time, the median of the rounds; gives those of the start."""
    with ExitStack() as stack:
        functions, starts = {}, {}
        for whose, module in HANDLERS.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            address = stack.enter_context(served(answers[whose], folder))
            environment = ENVIRONMENT | {"AWS_ENDPOINT_URL": address}
            functions[whose] = stack.enter_context(Function(f"{module}.handler", environment))
            starts[whose] = {"cpu_ms": round(functions[whose].cpu_seconds * 1000, 1)}
        for name, operation in OPERATIONS.items():
            event, times = event_of(operation), defaultdict(list)
            counts = {}
            for whose, function in functions.items():
                function.invoke(event)  # clients are made, connections opened
                before = function.cpu_seconds
                answer = json.loads(function.invoke(event))
                assert answer["statusCode"] < 300, answer
                counts[whose] = min(calls, max(2, round(ROUND_SECONDS / (function.cpu_seconds - before))))
            for _ in range(rounds):
                for whose in random.sample(list(functions), len(functions)):
                    function, before = functions[whose], functions[whose].cpu_seconds
                    for _ in range(counts[whose]):
                        function.invoke(event)
                    times[whose].append((function.cpu_seconds - before) / counts[whose] * 1000)
            for whose, spent in times.items():
                costs[name][whose]["cpu_ms"] = round(statistics.median(spent), 3)
        for whose, function in functions.items():
            starts[whose]["peak_mb"] = round(function.peak_mb, 1)
    return starts


def authorizer_cpu(calls: int) -> dict[str, float]:
    """The authorizer that reading asks, for a request without a token, as most are."""
    event = json.loads((Path(capacity.__file__).parents[1] / "tests/events/request_authorizer.json").read_text())
    for headers in (event.get("headers"), event.get("multiValueHeaders")):
        for name in [name for name in headers or {} if name.lower() == "authorization"]:
            del headers[name]
    with Function("api.authorizer.handler", AUTHORIZER) as function:
        start = function.cpu_seconds
        function.invoke(event)
        before = function.cpu_seconds
        for _ in range(calls):
            function.invoke(event)
        spent = (function.cpu_seconds - before) / calls * 1000
        return {
            "cpu_ms": round(spent, 3),
            "start_cpu_ms": round(start * 1000, 1),
            "peak_mb": round(function.peak_mb, 1),
        }


def event_of(operation: Operation) -> dict[str, Any]:
    body = None if operation.body is None else json.dumps(operation.body)
    headers = {"Content-Type": "application/json"} if body else {}
    who: Any = ALICE.as_claims() if operation.token else {"principalId": "anonymous", "integrationLatency": 12}
    return rest_event(operation.method, operation.target, body=body, headers=headers, authorizer=who)


@contextmanager
def metered() -> Iterator[tuple[Meter, Recorder, dict[str, Any]]]:
    """Both handlers around moto with the articles in it, their calls metered and recorded."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT))
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            os.environ.pop(name, None)
        stack.enter_context(mock_aws())
        own = capacity.client()
        fill_ours(own)
        fill_naive(own)
        others = boto3.Session()
        others.client("sqs").create_queue(QueueName="image-jobs")
        others.client("s3").create_bucket(Bucket=ENVIRONMENT["MEDIA_BUCKET"])
        stack.enter_context(patch.object(boto3, "DEFAULT_SESSION", None))  # it would be an unmetered one
        meter, recorder = Meter(own), Recorder()
        with meter.installed(), recorder.installed():
            stack.enter_context(patch("api.aws.Connections", partial(Line, capacity.client())))
            handlers = {whose: stack.enter_context(loaded(module)) for whose, module in HANDLERS.items()}
            yield meter, recorder, handlers  # inside: some clients are made when they are first used


class Line:
    """In place of the connections of the API's own client: the SDK's, which is metered and recorded, carries its
    requests out. The function that is timed has connections of its own."""

    def __init__(self, client: Any, *_: Any) -> None:
        self._client = client

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        operation = headers["X-Amz-Target"].rpartition(".")[2]
        content = self._client._make_api_call(operation, json.loads(body))
        del content["ResponseMetadata"]
        return Answer(200, {}, json.dumps(content).encode())

    def close(self) -> None:
        pass


def fill_ours(own: Any) -> None:
    """The first articles through the repositories, with their images finished; the others straight into the table."""
    create_table(own, TABLE)
    table = Table(own, TABLE, sleep=lambda _: None)
    articles, images = ArticleRepository(table), ImageRepository(table)
    for number in range(1, WITH_IMAGES + 1):
        articles.create(article(number))
        for image in images_of(number):
            images.register(image)
            finish(images, image, ANALYSIS)
    for number in range(WITH_IMAGES + 1, ARTICLES + 1):
        one = article(number)
        items = [article_to_item(one), *(tag_to_item(one, tag) for tag in one.tags)]
        if number <= SHOWING_A_DOG:
            items += [labelled_image_to_item(replace(image, renditions="0f"), LABELS[1]) for image in images_of(number)]
        for item in items:
            own.put_item(TableName=TABLE, Item=to_attributes(item))


def fill_naive(own: Any) -> None:
    """The same articles and images; every one has its images, since the list of them stands in the article."""
    for name, index in ((NAIVE_TABLE, True), (IMAGES_TABLE, False)):
        attributes: Any = [{"AttributeName": n, "AttributeType": "S"} for n in ("id", "status", "created_at")]
        feed: Any = {
            "IndexName": "feed",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "created_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        own.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=attributes if index else attributes[:1],
            **({"GlobalSecondaryIndexes": [feed]} if index else {}),
        )
    serialize = TypeSerializer().serialize
    for number in range(1, ARTICLES + 1):
        one, shown = article(number), images_of(number)
        item = article_to_item(one) | {"image_ids": [image.id for image in shown], "created_at": f"{number:020d}"}
        for key in ("PK", "SK", "FeedPK", "AuthorPK", "Sort"):
            item.pop(key)
        own.put_item(TableName=NAIVE_TABLE, Item=to_attributes(item))
        for image in shown:
            labels = json.loads(json.dumps([label_to_map(label) for label in LABELS]), parse_float=Decimal)
            of_image = {
                "id": image.id,
                "article_id": one.id,
                "status": "ready",
                "filename": image.filename,
                "content_type": image.content_type,
                "size": image.size,
                "alt": image.alt,
                "label_names": list(LABEL_NAMES),
                "labels": labels,
                "moderation": [],
                "created_at": f"{number:020d}",
            }
            own.put_item(TableName=IMAGES_TABLE, Item={key: serialize(value) for key, value in of_image.items()})


def article(number: int) -> Article:
    author = Author(ALICE.id, "alice") if number <= BY_ALICE else Author(User(f"author{number % 50}").id, "somebody")
    return an_article(number, title="A title as they often are, of some length", body=BODY, tags=TAGS, author=author)


def images_of(number: int) -> list[Image]:
    """Two images, whose ids follow from the article's."""
    return [an_image(1000 + number * IMAGES + n, article(number), size=4_000_000) for n in range(IMAGES)]


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))
