"""What may happen around an image, and a world in which it happens: between any two calls of AWS, in one thread.

A process (an invocation of the worker, a sweep, a call of the API) makes its calls through clients of its own. Before
and after each of them something else may be arranged to happen: a fault of this very call, or a whole process, which
may be interrupted in its turn. So a stalled worker is one in whose call time passes, and others work.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from moto.core import DEFAULT_ACCOUNT_ID  # type: ignore[attr-defined]
from moto.core.models import botocore_stubber
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends
from PIL import Image as Pictures

from articles import keys
from articles.budget import CALLS_PER_ANALYSIS
from articles.clock import from_text
from articles.dynamo_json import to_attributes
from articles.errors import ArticlesError
from articles.model import ArticleStatus, Principal
from articles.service import ArticleChange
from articles.service import Upload as Registration
from articles.table import Table
from image_worker.sweeper import SweepError
from tests.integration.conftest import REGION
from tests.integration.image_pipeline import (
    ANALYSES_PER_DAY,
    MAX_RECEIVE_COUNT,
    MEDIA_BUCKET,
    Environment,
    Killed,
    Pipeline,
)
from tests.unit.image_worker import events, pictures
from tests.unit.image_worker.fakes import FakeRekognition, client_error

ALICE = Principal("sub-1", "alice")

ARTICLE_OF = {"a": "x", "b": "x", "c": "y"}
"""The images, and the articles they stand in."""

TIMEOUT = timedelta(seconds=60)
"""Of every function (the API's is shorter, which only allows less)."""

ON_THE_WIRE = timedelta(seconds=3)
"""A request that a process sent before it was stopped may arrive this much later."""

UPLOADS_END = timedelta(minutes=19)
"""After the registration. A form serves for 15 minutes, and an upload may take some."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that people upload, told from the others by its width in pixels: that survives all that is done to it."""

    width: int
    result: str
    """The image's status, or the code of its failure."""
    labels: tuple[str, ...] = ()

    def data(self) -> bytes:
        return pictures.jpeg(self.width, 80) if self.width else b"no picture at all"


PICTURES = {
    "dog": Picture(88, "ready", ("Dog", "Animal")),
    "cat": Picture(96, "ready", ("Cat", "Animal")),
    "gun": Picture(104, "rejected", ("Gun",)),
    "odd": Picture(112, "not_analysable"),
    "text": Picture(0, "unsupported_format"),
}
_DATA = {name: picture.data() for name, picture in PICTURES.items()}
_NAME_OF_WIDTH = {picture.width: name for name, picture in PICTURES.items()}


# What happens


@dataclass(frozen=True, slots=True)
class Upload:
    """The client registers the image, where it is not yet, and posts a file; S3's event goes into the queue."""

    image: str
    picture: str


@dataclass(frozen=True, slots=True)
class Register:
    """The client registers the image and posts nothing."""

    image: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """An invocation of the worker with messages of the queue, by their positions. Those that others work on are in the
    queue, too: SQS delivers at least once. `again`: it will even deliver what was reported done."""

    messages: tuple[int, ...] = (0,)
    again: bool = False


@dataclass(frozen=True, slots=True)
class DeleteImage:
    image: str


@dataclass(frozen=True, slots=True)
class DeleteArticle:
    article: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Publishes or, with False, withdraws an article."""

    article: str
    published: bool = True


@dataclass(frozen=True, slots=True)
class Sweep:
    pass


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Kill:
    """The process is gone in this moment."""


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The call is carried out; its answer never comes, whatever the SDK does about it."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The call is not carried out, whatever the SDK does about it."""

    code: str = "ThrottlingException"
    status: int = 400


@dataclass(frozen=True, slots=True)
class SendTwice:
    """The first answer is lost, and the SDK's second request is carried out as well."""


@dataclass(frozen=True, slots=True)
class UseUpBudget:
    """Others have Rekognition asked as often as it may be on this day, but for so many calls."""

    but: int = 0


Action = Upload | Register | Deliver | DeleteImage | DeleteArticle | Publish | Sweep | Wait | UseUpBudget
Fault = Kill | LoseAnswer | Fail | SendTwice


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens, and what happens meanwhile."""

    action: Action
    meanwhile: "tuple[Interruption, ...]" = ()


@dataclass(frozen=True, slots=True)
class Interruption:
    """`what` happens at the process's n-th call (from 0), before it is carried out or after it. A call fails before it
    is carried out, and its answer is lost after it, whatever `after` says."""

    at: int
    what: Step | Fault
    after: bool = False


# The world


@dataclass
class Message:
    body: str
    tries: int = 0


@dataclass
class Process:
    """A running process; Lambda's context as well."""

    plan: tuple[Interruption, ...]
    now: Callable[[], datetime]
    ends_at: datetime
    calls: int = 0
    disturbed: bool = False
    """Whether something befell it after which it may report a failure."""
    dead: bool = False
    on_the_wire: bool = False
    sends_twice: bool = False
    failed_calls: int = 0
    lost_answers: int = 0
    asked: set[str] = field(default_factory=set)
    """What it has asked Rekognition about, by the pictures' names."""
    asked_meanwhile: set[str] = field(default_factory=set)
    """What others have, who came and went while it ran."""
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.ends_at - self.now()).total_seconds() * 1000))

    def due(self, *, after: bool) -> Iterator[Step | Fault]:
        for interruption in self.plan:
            if interruption.at == self.calls - 1:
                happens_after = {LoseAnswer: True, Fail: False, SendTwice: False}
                if happens_after.get(type(interruption.what), interruption.after) is after:
                    yield interruption.what

    def die(self) -> None:
        self.dead = True
        raise Killed


class Rekognition(FakeRekognition):
    """Sees what the picture's width says; its calls can be interrupted as those of any client."""

    def __init__(self, world: "World", depth: int) -> None:
        super().__init__()
        self._world = world
        self._depth = depth

    def detect_labels(self, **request: Any) -> dict[str, Any]:
        _, picture = self._seen("DetectLabels", request)
        if picture.result == "not_analysable":
            raise client_error("InvalidImageFormatException")
        return {"Labels": [{"Name": label, "Confidence": 90.0} for label in picture.labels]}

    def detect_moderation_labels(self, **request: Any) -> dict[str, Any]:
        name, picture = self._seen("DetectModerationLabels", request)
        self._world.moderated.add(name)
        found = [{"Name": "Weapons", "ParentName": "Violence", "Confidence": 88.0}]
        return {"ModerationLabels": found if picture.result == "rejected" else []}

    def _seen(self, operation: str, request: dict[str, Any]) -> tuple[str, Picture]:
        self._world.before(self._depth, operation)
        name = name_of(request["Image"]["Bytes"])
        self._world.asks(self._depth, operation, name)
        self._world.after(self._depth, operation)
        return name, PICTURES[name]


def name_of(jpeg: bytes) -> str:
    return _NAME_OF_WIDTH[Pictures.open(io.BytesIO(jpeg)).width]


@dataclass
class State:
    """All that is stored, as it is in one moment."""

    items: list[dict[str, Any]]
    media: set[str]

    def articles(self) -> dict[str, dict[str, Any]]:
        return {item["id"]: item for item in self.items if item["SK"] == "ARTICLE"}

    def images(self) -> dict[str, dict[str, Any]]:
        return {item["id"]: item for item in self.items if item["SK"].startswith("IMAGE#")}

    def entries(self) -> list[dict[str, Any]]:
        return [item for item in self.items if item["PK"].startswith("LABEL#")]


@dataclass
class Registered:
    """What is known of an image from outside."""

    id: str
    article_id: str
    at: datetime
    uploads: list[str] = field(default_factory=list)
    """The names of the pictures, in the order of their sequencers."""
    deleted: bool = False


class World:
    def __init__(self, table: Table) -> None:
        self._pipeline = Pipeline(table)
        self.clock = self._pipeline.clock
        self._environments = [
            Environment(self._pipeline.places, Rekognition(self, depth), self.clock) for depth in range(3)
        ]
        for depth, environment in enumerate(self._environments):
            self._watch(depth, environment)

    def begin(self) -> None:
        """Empties the world."""
        pipeline = self._pipeline
        self._items().clear()
        for bucket in (events.UPLOADS_BUCKET, MEDIA_BUCKET):
            self._objects(bucket).clear()
        pipeline.notifications()
        pipeline.queued()
        pipeline.taken(pipeline.dead_letter_queue_url)
        self.queue: list[Message] = []
        self.dead: list[Message] = []
        self.wrong: list[str] = []
        self.calls = 0
        """Of the worker that came to its end first."""
        self.looks: Counter[tuple[str, str]] = Counter()
        """How often Rekognition was asked what about which picture."""
        self.excused: Counter[str] = Counter()
        """How often one asked what another, without a result so far, had asked."""
        self.answers_lost = 0
        """How often at most an answer of Rekognition got lost: with the process that had it, or on its way."""
        self.moderated: set[str] = set()
        self.happened: Counter[str] = Counter()
        """How often what has happened, by the names above."""
        self.articles = {name: pipeline.article().id for name in ("x", "y")}
        self.images: dict[str, Registered] = {}
        self._running: list[Process] = []
        self._jobs_sent = False
        self._sequence = 0x0055AED6DCD90281

    # Calls

    def _watch(self, depth: int, environment: Environment) -> None:
        def before_call(model: Any, **_: Any) -> None:
            self.before(depth, model.name)

        def after_call(model: Any, **_: Any) -> None:
            self.after(depth, model.name)

        def before_send(request: Any, event_name: str, **_: Any) -> Any:
            process = self._running[depth]
            if process.sends_twice:
                process.sends_twice = False
                answer = botocore_stubber(event_name, request)
                # DynamoDB knows a transaction by its token when it comes again; moto does not.
                return answer if event_name.endswith("TransactWriteItems") else None
            return None

        for client in environment.clients:
            client.meta.events.register("before-call", before_call)
            client.meta.events.register("after-call", after_call)
            client.meta.events.register_first("before-send", before_send)

    def before(self, depth: int, operation: str) -> None:
        """Must be called before each call of AWS that a process makes."""
        process = self._running[depth]
        if process.dead:
            raise Killed
        process.calls += 1
        self._meet(process, operation, after=False)
        if self.clock() >= process.ends_at + ON_THE_WIRE:
            process.die()
        process.on_the_wire = self.clock() >= process.ends_at
        self._jobs_sent = self._jobs_sent or operation == "SendMessage"

    def after(self, depth: int, operation: str) -> None:
        """Must be called after each call that was carried out."""
        process = self._running[depth]
        if operation in _WRITES:
            self._look(f"after {operation}")
        if process.on_the_wire:
            process.die()
        self._meet(process, operation, after=True)
        if self.clock() >= process.ends_at:
            process.die()

    def asks(self, depth: int, operation: str, picture: str) -> None:
        """Must be called where Rekognition is asked about a picture."""
        process, outer = self._running[depth], self._running[:depth]
        self.looks[operation, picture] += 1
        if picture in process.asked_meanwhile or any(picture in other.asked for other in outer):
            self.excused[picture] += 1  # neither could know of the other's answer
        elif self._is_kept_elsewhere(operation, picture):
            self.excused[picture] += 1  # what a job that failed was answered is found by its own next try alone
        process.asked.add(picture)

    def _is_kept_elsewhere(self, operation: str, picture: str) -> bool:
        """Whether an image of this picture holds the answer, and has no result yet. Its own job would not ask."""
        answer = {"DetectLabels": "labels", "DetectModerationLabels": "moderation"}[operation]
        items = self.state().images()
        return any(
            (items.get(image.id, {}).get("looked") or {}).get(answer) is not None
            for image in self.images.values()
            if picture in image.uploads
        )

    def _meet(self, process: Process, operation: str, *, after: bool) -> None:
        for what in process.due(after=after):
            if not isinstance(what, Step):
                process.disturbed = True
                self.happened[type(what).__name__] += 1
            match what:
                case Step():
                    began = self.clock()
                    self.run(what)
                    process.disturbed |= self.clock() > began  # there may be no time left for all of its messages
                case Kill():
                    process.die()
                case Fail(code, status):
                    process.failed_calls += 1
                    raise client_error(code, operation, status)
                case LoseAnswer():
                    process.lost_answers += 1
                    raise ReadTimeoutError(endpoint_url="https://aws")
                case SendTwice():
                    process.sends_twice = True

    # Actions

    def run(self, step: Step) -> None:
        """Lets something happen, all of it before this returns."""
        self.happened[type(step.action).__name__] += 1
        match step.action:
            case Wait(seconds):
                self.clock.advance(seconds=seconds)
            case UseUpBudget(but):
                self._use_up_budget(but)
            case Register(image):
                self._register(image, step.meanwhile)
            case Upload(image, picture):
                self._register(image, step.meanwhile)
                self._upload(image, picture)
            case Deliver(positions, again):
                self._deliver(positions, step.meanwhile, again=again)
            case Sweep():
                self._sweep(step.meanwhile)
            case DeleteImage(image):
                if image in self.images:
                    found = self.images[image]
                    self._call(step.meanwhile, lambda s: s.delete_image(ALICE, found.article_id, found.id))
            case DeleteArticle(article):
                self._call(step.meanwhile, lambda s: s.delete(ALICE, self.articles[article]))
            case Publish(article, published):
                change = ArticleChange(status=ArticleStatus.PUBLISHED if published else ArticleStatus.DRAFT)
                self._call(step.meanwhile, lambda s: s.change(ALICE, self.articles[article], change))

    def _register(self, name: str, meanwhile: tuple[Interruption, ...]) -> None:
        if name in self.images:
            return
        article_id = self.articles[ARTICLE_OF[name]]
        registration = Registration(f"{name}.jpg", "image/jpeg", 1000, "A dog")
        self._call(meanwhile, lambda s: s.register_image(ALICE, article_id, registration))
        # Where the answer was lost, the client repeats the call with its Idempotency-Key, and gets the same image.
        known = {image.id for image in self.images.values()}
        for image_id, item in self.state().images().items():
            # One of another name belongs to a registration around this one, which has not come to its end.
            if image_id not in known and item["filename"] == registration.filename:
                while name in self.images:  # another was registered meanwhile
                    name += "'"
                self.images[name] = Registered(image_id, article_id, from_text(item["created_at"]))
        self._look("after a registration")

    def _upload(self, name: str, picture: str) -> None:
        image = self.images.get(name)
        if image is None or self.clock() > image.at + UPLOADS_END:
            return
        if picture in image.uploads[:-1] and picture != image.uploads[-1]:
            # Back to an earlier picture with another in between: S3 gives both files the same ETag, so that a worker
            # which hangs right before it deletes the first one deletes the second one unseen. This is not prevented.
            return
        image.uploads.append(picture)
        key = keys.upload_object(image.article_id, image.id)
        self._pipeline.s3.put_object(Bucket=events.UPLOADS_BUCKET, Key=key, Body=_DATA[picture])
        self._sequence += 1
        self.queue.append(Message(events.s3_body(key, f"{self._sequence:016X}")))

    def _use_up_budget(self, but: int) -> None:
        calls = ANALYSES_PER_DAY * CALLS_PER_ANALYSIS - but
        item = {**keys.analysis_budget_key(f"{self.clock():%Y-%m-%d}"), "calls": calls}
        self._pipeline.dynamodb.put_item(TableName=self._pipeline.table.name, Item=to_attributes(item))

    def _deliver(self, positions: tuple[int, ...], meanwhile: tuple[Interruption, ...], *, again: bool = False) -> None:
        if not self.queue:
            return
        chosen = [self.queue[at] for at in dict.fromkeys(position % len(self.queue) for position in positions)]
        event = events.sqs_event(*(message.body for message in chosen))
        for message, record in zip(chosen, event["Records"], strict=True):
            message.tries += 1
            record["attributes"]["ApproximateReceiveCount"] = str(message.tries)
        process = self._process(meanwhile)
        answer = self._invoked(process, lambda environment: environment.batch.run(event, process))
        self.calls = self.calls or process.calls
        if answer is None:
            return  # killed: all of them come again
        failed = events.failed(answer)
        if failed and not process.disturbed:
            self.wrong.append(f"reported as failed without a reason: {[chosen[int(f[1:])].body for f in failed]}")
        for position, message in enumerate(chosen):
            if f"m{position}" in failed:
                if message.tries >= MAX_RECEIVE_COUNT and message in self.queue:
                    self._take(message)
                    self.dead.append(message)
            elif not again:
                self._take(message)

    def _take(self, message: Message) -> None:
        self.queue = [other for other in self.queue if other is not message]

    def _sweep(self, meanwhile: tuple[Interruption, ...]) -> None:
        process = self._process(meanwhile)
        try:
            self._invoked(process, lambda environment: environment.sweeper.run(process))
        except (SweepError, ClientError, BotoCoreError) as error:
            if not process.disturbed:
                self.wrong.append(f"a sweep failed without a reason: {error!r}")

    def _call(self, meanwhile: tuple[Interruption, ...], call: Callable[[Any], Any]) -> Any:
        """A call of the API; gives None where it was refused or failed."""
        process = self._process(meanwhile)
        try:
            return self._invoked(process, lambda environment: call(environment.service))
        except ArticlesError:
            return None
        except (ClientError, BotoCoreError) as error:
            if not process.disturbed:
                self.wrong.append(f"the API failed without a reason: {error!r}")
            return None

    def _process(self, plan: tuple[Interruption, ...]) -> Process:
        return Process(plan, self.clock, self.clock() + TIMEOUT)

    def _invoked(self, process: Process, call: Callable[[Environment], Any]) -> Any:
        """The process's answer; None where it was killed."""
        environment = self._environments[len(self._running)]
        self._running.append(process)
        try:
            answer = call(environment)
        except Killed:
            return None
        finally:
            self._running.pop()
            for outer in self._running:
                outer.asked_meanwhile |= process.asked
            # A failed call alone loses nothing: the claim is given back with the answers, unless that fails too.
            self.answers_lost += process.dead + process.lost_answers + max(0, process.failed_calls - 1)
            if self._jobs_sent:
                self._jobs_sent = False
                self.queue += [Message(body) for body in self._pipeline.queued()]
        return None if process.dead else answer

    # What must hold in every moment

    def state(self) -> State:
        """Looked up in moto's own memory: a call of AWS would take longer than what is looked at."""
        partitions = self._items().values()
        items = [item.to_regular_json() for partition in partitions for item in partition.values()]
        return State(items, set(self._objects(MEDIA_BUCKET)))

    def _items(self) -> Any:
        """moto's items by their partition keys and sort keys."""
        return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[self._pipeline.table.name].items

    def _objects(self, bucket: str) -> Any:
        """moto's objects by their keys."""
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[bucket].keys

    def _look(self, when: str) -> None:
        state = self.state()
        articles, images = state.articles(), state.images()
        for name, image in self.images.items():
            article, item = articles.get(image.article_id), images.get(image.id)
            if article is None or article["status"] == "deleted" or item is None or item["status"] == "deleted":
                image.deleted = True
            elif item["status"] == "ready":
                shown = _NAME_OF_WIDTH[item["width"]]
                if PICTURES[shown].result != "ready" or shown not in self.moderated:
                    self.wrong.append(f"{name} shows {shown} {when}")
                if not files_of(item["article_id"], item["id"], item["renditions"]) <= state.media:
                    self.wrong.append(f"{name} is ready without its files {when}")
        for entry in state.entries():
            if not files_of(entry["article_id"], entry["id"], entry["renditions"]) <= state.media:
                self.wrong.append(f"the label {entry['PK']} shows an image whose files are not there {when}")

    # The end

    def come_to_rest(self) -> None:
        """Everything that is in the queue is delivered, and what is due swept, until nothing is left to do."""
        for _ in range(120):  # an image that waits for the next day's budget is looked at every hour or two
            while self.queue:
                self._deliver((0,), ())
            self.queue += [Message(message.body) for message in self.dead]  # somebody sends them back
            self.queue += [Message(body) for body in self._pipeline.taken(self._pipeline.dead_letter_queue_url)]
            self.dead = []
            if self.queue:
                continue
            due = [item["DueAt"] for item in self.state().items if "DueAt" in item]
            if not due:
                return
            self.clock.moment = max(self.clock.moment + timedelta(minutes=1), from_text(min(due)) + _A_MOMENT)
            self._sweep(())
        self.wrong.append("it never comes to rest")

    def uploads(self) -> list[str]:
        return list(self._objects(events.UPLOADS_BUCKET))

    def notifications(self) -> list[dict[str, Any]]:
        return self._pipeline.notifications()

    def labels(self) -> dict[str, list[str]]:
        return self._pipeline.labels()


_A_MOMENT = timedelta(milliseconds=1)
_WRITES = {"PutObject", "DeleteObject", "UpdateItem", "DeleteItem", "TransactWriteItems"}


def files_of(article_id: str, image_id: str, token: str) -> set[str]:
    return {keys.rendition_object(article_id, image_id, token, name) for name in ("large", "thumbnail")}
