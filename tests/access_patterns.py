"""Every access pattern of the table, and the calls that it may cost: the tests count them, bench/capacity.py what they
are billed. docs/data-model.md has the same table."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from articles.idempotency import Once
from articles.image_repository import ImageRepository
from articles.keys import FEED_SHARDS, LABEL_COUNTER_SHARDS
from articles.label_index import LabelIndex
from articles.model import ArticleStatus, Failure, Image, Looked, Principal
from articles.repository import ArticleRepository
from articles.service import ArticleChange, ArticleService, Filter, Upload
from articles.table import Table
from tests.samples import NOON, a_label, an_analysis, an_article, an_id, an_image, finish

ALICE = Principal("alice", "Alice")
ONCE = Once("alice", "key", "request")
UPLOAD = Upload("portrait.jpg", "image/jpeg", 181_234, "A portrait")
READ, QUERY, UPDATE, REMOVE, TRANSACTION = "GetItem", "Query", "UpdateItem", "DeleteItem", "TransactWriteItems"
LATER = NOON + timedelta(minutes=5)


class NoJobs:
    def send(self, job: object) -> None:
        pass


class World:
    """An article (1) of Alice's with tags, 3 finished images (1 to 3) and one that is pending (4); 10 more articles."""

    def __init__(self, table: Table) -> None:
        self.articles = ArticleRepository(table)
        self.images = ImageRepository(table)
        self.labels = LabelIndex(table)
        self.service = ArticleService(self.articles, self.images, NoJobs())
        self.articles.create(an_article(1, tags=("a", "b", "c")))
        for number in (1, 2, 3, 4):
            self.images.register(an_image(number, due_at=NOON))
        for number in (1, 2, 3):
            self.ready = finish(self.images, an_image(number), an_analysis(a_label("Dog"), a_label("Cat")))
        for number in range(10, 20):
            self.articles.create(an_article(number, tags=("a",)))

    def claim(self) -> Image:
        claimed = self.images.claim(an_id(1), an_id(4), token="t", sequencer=None, now=NOON, lease_until=LATER)
        assert isinstance(claimed, Image)
        return claimed

    def claim_given_up(self) -> Image:
        late = Failure("upload_expired", "The file was not uploaded in time.")
        assert self.images.expire(self.images.get(an_id(1), an_id(4)), late, event_id="e", now=NOON)
        return self.claim()


DRAFT = ArticleStatus.DRAFT
PATTERNS: dict[str, tuple[Callable[[World], Any], dict[str, int]]] = {
    "get an article with all its images": (lambda w: w.service.read(None, an_id(1)), {QUERY: 1}),
    "get one image": (lambda w: w.service.read_image(None, an_id(1), an_id(1)), {QUERY: 1}),
    "create an article": (
        lambda w: w.service.create(ALICE, ArticleChange(title="t", body="b", tags=("a", "b"))),
        {TRANSACTION: 1},
    ),
    "create an article with a key": (
        lambda w: w.service.create(ALICE, ArticleChange(title="t", body="b"), ONCE),
        {TRANSACTION: 1},
    ),
    "change an article": (
        lambda w: w.service.change(ALICE, an_id(1), ArticleChange(tags=("b", "d"))),
        {QUERY: 1, TRANSACTION: 1},
    ),
    "delete an article": (lambda w: w.service.delete(ALICE, an_id(1)), {READ: 1, TRANSACTION: 1}),
    "a page of the feed": (lambda w: w.service.published(Filter(), an_id(15), 10), {QUERY: FEED_SHARDS}),
    "a page of a tag": (lambda w: w.service.published(Filter(tag="a"), None, 10), {QUERY: FEED_SHARDS}),
    "a page of an author": (lambda w: w.service.published(Filter("alice"), None, 10), {QUERY: 1}),
    "a page of one's own": (lambda w: w.service.own(ALICE, Filter(), None, 10), {QUERY: 2}),
    "a page of one's drafts": (lambda w: w.service.own(ALICE, Filter(status=DRAFT), None, 10), {QUERY: 1}),
    "a page of an author's articles of one tag": (
        lambda w: w.service.published(Filter("alice", "c"), None, 10),
        {QUERY: 1},
    ),
    "a page of articles showing a label, one article there": (
        lambda w: w.service.published(Filter(label="Dog"), None, 10),
        {QUERY: 2},
    ),
    "register an upload": (lambda w: w.service.register_image(ALICE, an_id(1), UPLOAD), {QUERY: 1, TRANSACTION: 1}),
    "register an upload with a key": (
        lambda w: w.service.register_image(ALICE, an_id(1), UPLOAD, ONCE),
        {QUERY: 1, TRANSACTION: 1},
    ),
    "delete an image": (lambda w: w.service.delete_image(ALICE, an_id(1), an_id(1)), {READ: 1, UPDATE: 1}),
    "claim an image job": (lambda w: w.claim(), {UPDATE: 1}),
    "claim and finish an image job": (
        lambda w: w.images.finish(w.claim(), an_analysis(a_label("Dog")), due_at=LATER),
        {UPDATE: 1, TRANSACTION: 1},
    ),
    "give an image job back": (
        lambda w: w.images.release(w.claim(), now=NOON, due_at=LATER),
        {UPDATE: 2},
    ),
    "give an image job back with what Rekognition has answered": (
        lambda w: w.images.release(w.claim(), now=NOON, due_at=LATER, looked=Looked("0f", NOON, (), None)),
        {UPDATE: 2},
    ),
    "claim an image job that was given up": (lambda w: w.claim_given_up(), {READ: 1, UPDATE: 3}),
    "find analyses of the same content": (lambda w: w.images.with_content("0f", after=NOON, limit=3), {QUERY: 1}),
    "settle an image": (lambda w: w.images.settle(w.ready), {UPDATE: 1}),
    "settle an article": (lambda w: w.articles.settle(w.articles.get(an_id(1))), {READ: 1, UPDATE: 1}),
    "take an image's labels out": (lambda w: w.images.unlist_labels(w.ready), {TRANSACTION: 1}),
    "images showing a label": (lambda w: w.labels.images("Dog", None, 10), {QUERY: 1}),
    "a page of all labels": (lambda w: w.labels.labels(None, 10), {QUERY: LABEL_COUNTER_SHARDS}),
    "what is overdue": (lambda w: w.images.overdue(LATER, 100), {QUERY: 1}),
    "remove a tombstone": (lambda w: w.articles.remove(an_article(1)), {REMOVE: 1}),
}
