"""An author's data erased, with the worker at its work meanwhile; interrupted anywhere; with others' data beside it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest

from articles import keys
from articles.idempotency import Once
from articles.ids import new_id
from articles.jobs import Job
from articles.model import ArticleStatus, Image, Principal
from articles.service import ArticleChange, ArticleService, Upload
from articles.table import Table
from local.errors import LocalError
from local.operations import erase
from local.operations.belongings import Belongings
from local.operations.erase import Erased, Eraser
from local.operations.people import People, Person
from local.operations.place import Place, Stores
from local.operations.queue import DeadLetterQueue
from tests.integration.image_pipeline import MEDIA_BUCKET, Killed, Pipeline
from tests.unit.image_worker import events

SUB = "11111111-2222-4333-8444-555555555555"
OTHER = "99999999-8888-4777-8666-555555555555"


class Stage:
    """A stage with the operator's clients apart from the services'."""

    def __init__(self, table: Table) -> None:
        self.pipeline = Pipeline(table)
        pipeline = self.pipeline
        pipeline.s3.put_bucket_versioning(Bucket=MEDIA_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        session = boto3.Session("testing", "testing", region_name="eu-central-1")
        sqs, s3, cognito = session.client("sqs"), session.client("s3"), session.client("cognito-idp")
        self.undelivered_url = sqs.create_queue(QueueName="undelivered")["QueueUrl"]
        self.dynamodb = session.client("dynamodb")
        self.stores = Stores(
            Place("local", sqs, self.dynamodb, pipeline.queue_url, pipeline.dead_letter_queue_url, table.name),
            s3,
            cognito,
            events.UPLOADS_BUCKET,
            MEDIA_BUCKET,
            cognito.create_user_pool(PoolName="gazette-local")["UserPool"]["Id"],
            self.undelivered_url,
        )
        self.clients = [self.dynamodb, s3, sqs, cognito]
        self.service = ArticleService(
            pipeline.articles, pipeline.images, _Jobs(pipeline), pipeline.clock, uploads_per_hour=100
        )

    def write(self, sub: str, *, articles: int = 1) -> list[str]:
        """Published articles of somebody, each with a ready picture, one that is awaited, and an idempotency record."""
        who, ids = Principal(sub, "Somebody"), []
        for _ in range(articles):
            once = Once(sub, hashlib.sha256(new_id().encode()).hexdigest(), "f")
            fields = ArticleChange("Title", "Body", ("tag",), ArticleStatus.PUBLISHED)
            article = self.service.create(who, fields, once)
            image = self.service.register_image(who, article.id, Upload("a.jpg", "image/jpeg", 1, ""))
            assert self.pipeline.deliver(self.pipeline.upload(image)) == []
            self.service.register_image(who, article.id, Upload("b.jpg", "image/jpeg", 1, ""))
            ids.append(article.id)
        return ids

    def work(self, seconds: float = 0.5) -> None:
        """What goes on while the operator's command sleeps; time passes quickly."""
        self.pipeline.clock.advance(seconds=max(seconds, 20))
        for body in self.pipeline.queued():
            assert self.pipeline.deliver(body) == []

    def eraser(self, sub: str = SUB) -> Eraser:
        return Eraser(self.stores, Person(sub, None), now=self.pipeline.clock, sleep=self.work)

    def erase(self, sub: str = SUB) -> Erased:
        eraser = self.eraser(sub)
        return eraser.carry_out(eraser.plan(), user_too=False)

    def everything(self) -> dict[str, list[str]]:
        """All that is in table, buckets and queues of what failed, as text."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.stores.place.table_name)
        versions = []
        for bucket in (events.UPLOADS_BUCKET, MEDIA_BUCKET):
            found = self.stores.s3.list_object_versions(Bucket=bucket)
            versions += [
                f"{v['Key']} {v['VersionId']}" for k in ("Versions", "DeleteMarkers") for v in found.get(k, [])
            ]  # type: ignore[literal-required]
        letters = []
        for url in (self.stores.place.dead_letters_url, self.undelivered_url):
            with DeadLetterQueue(self.stores.place.sqs, url, self.pipeline.queue_url, wait=0).lent(5) as lent:
                letters += [letter.body for letter in lent]
        items = [json.dumps(item, sort_keys=True) for page in pages for item in page["Items"]]
        return {"items": sorted(items), "versions": sorted(versions), "letters": sorted(letters)}

    def naming(self, *names: str) -> dict[str, list[str]]:
        return {
            place: [text for text in texts if any(name in text for name in names)]
            for place, texts in self.everything().items()
        }

    @contextmanager
    def killed_at(self, step: int) -> Iterator[None]:
        """Inside, the operator's command dies at its step-th call of AWS."""
        calls = 0

        def count(**_: Any) -> None:
            nonlocal calls
            calls += 1
            if calls > step:
                raise Killed

        for client in self.clients:
            client.meta.events.register("before-call", count, unique_id="kill")
        try:
            yield
        finally:
            for client in self.clients:
                client.meta.events.unregister("before-call", unique_id="kill")


class _Jobs:
    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def send(self, job: Job) -> None:
        self._pipeline.sqs.send_message(QueueUrl=self._pipeline.queue_url, MessageBody=job.to_message())


@pytest.fixture
def stage(table: Table, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(erase, "ASK_EVERY", 0.0)
    monkeypatch.setattr(DeadLetterQueue.__init__, "__defaults__", (0,))
    return Stage(table)


NOTHING: dict[str, list[str]] = {"items": [], "versions": [], "letters": []}


def letter(stage: Stage, *article_ids: str) -> None:
    """A dead letter that S3 sent about uploads of these articles."""
    records = [
        json.loads(events.s3_body(keys.upload_object(article_id, new_id())))["Records"][0] for article_id in article_ids
    ]
    stage.stores.place.sqs.send_message(
        QueueUrl=stage.stores.place.dead_letters_url, MessageBody=json.dumps({"Records": records})
    )


def test_nothing_is_left_and_nothing_of_others_is_touched(stage: Stage) -> None:
    hers, his = stage.write(SUB, articles=2), stage.write(OTHER)
    letter(stage, hers[0])
    letter(stage, his[0])
    told = json.dumps({"type": "image.ready", "article_id": hers[1]})
    stage.stores.place.sqs.send_message(QueueUrl=stage.undelivered_url, MessageBody=told)
    before = stage.naming(OTHER, *his)
    plan = stage.eraser().plan()
    assert (plan.articles, plan.images, plan.statuses) == (set(hers), 4, {ArticleStatus.PUBLISHED: 2})
    assert plan.letters == 2

    erased = stage.erase()

    assert stage.naming(SUB, *hers) == NOTHING
    assert stage.naming(OTHER, *his) == before
    assert (erased.articles, erased.letters, erased.shared) == (2, 2, [])
    assert erased.records == 3, "two idempotency records and a quota"
    assert stage.eraser().plan().nothing


def test_a_letter_alone_is_not_nothing(stage: Stage) -> None:
    told = json.dumps({"type": "image.ready", "author_id": SUB})
    stage.stores.place.sqs.send_message(QueueUrl=stage.undelivered_url, MessageBody=told)
    plan = stage.eraser().plan()
    assert (plan.letters, plan.nothing) == (1, False)

    assert stage.erase().letters == 1
    assert stage.eraser().plan().nothing


def test_what_a_fast_worker_has_removed_already_is_counted_too(stage: Stage) -> None:
    hers = stage.write(SUB, articles=3)
    stage.service.delete(Principal(SUB, ""), hers[0])
    stage.pipeline.queued()  # the job is lost: a tombstone stays
    eraser, delete = stage.eraser(), ArticleService.delete

    def delete_and_work(service: ArticleService, author: Principal, article_id: str) -> None:
        delete(service, author, article_id)
        stage.work()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArticleService, "delete", delete_and_work)
        erased = eraser.carry_out(eraser.plan(), user_too=False)

    assert erased.articles == 3
    assert stage.naming(SUB, *hers) == NOTHING


def test_it_may_be_killed_anywhere_and_run_again(stage: Stage) -> None:
    step = 0
    while True:
        hers = stage.write(SUB)
        letter(stage, hers[0])
        try:
            with stage.killed_at(step):
                stage.erase()
        except Killed:
            stage.erase()
        else:
            break
        assert stage.naming(SUB, *hers) == NOTHING, f"killed at call {step}"
        step += 1
    assert step > 20


def test_a_worker_that_may_still_write_is_waited_for(stage: Stage) -> None:
    [article_id] = stage.write(SUB)
    image = stage.pipeline.registered(stage.pipeline.articles.get(article_id))
    now = stage.pipeline.clock()
    claimed = stage.pipeline.images.claim(
        article_id, image.id, token="t", sequencer=None, now=now,
        lease_until=now + timedelta(seconds=60), writes_until=now + timedelta(seconds=65),
    )  # fmt: skip
    assert isinstance(claimed, Image)
    written = False

    def hang_then_write(_: float) -> None:
        nonlocal written
        stage.pipeline.clock.advance(seconds=10)
        if not written and stage.pipeline.clock() > now + timedelta(seconds=60):
            key = keys.rendition_object(article_id, image.id, "t", "large")
            stage.pipeline.s3.put_object(Bucket=MEDIA_BUCKET, Key=key, Body=b"late")
            written = True
        for body in stage.pipeline.queued():
            assert stage.pipeline.deliver(body) == []

    eraser = Eraser(stage.stores, Person(SUB, None), now=stage.pipeline.clock, sleep=hang_then_write)
    eraser.carry_out(eraser.plan(), user_too=False)

    assert written
    assert stage.naming(SUB, article_id) == NOTHING


def test_articles_that_the_author_has_just_deleted_are_seen_through(stage: Stage) -> None:
    [article_id] = stage.write(SUB)
    stage.service.delete(Principal(SUB, ""), article_id)
    stage.pipeline.queued()  # the job is lost
    plan = stage.eraser().plan()
    assert plan.statuses == {ArticleStatus.DELETED: 1}

    stage.erase()

    assert stage.naming(SUB, article_id) == NOTHING


def test_an_article_that_appears_meanwhile_goes_too(stage: Stage) -> None:
    hers = stage.write(SUB)
    eraser, plan = stage.eraser(), stage.eraser().plan()
    hers += stage.write(SUB)

    eraser.carry_out(plan, user_too=False)

    assert stage.naming(SUB, *hers) == NOTHING


def test_a_letter_that_names_others_too_stays_and_is_told(stage: Stage) -> None:
    hers, his = stage.write(SUB), stage.write(OTHER)
    letter(stage, hers[0], his[0])

    erased = stage.erase()

    assert len(erased.shared) == 1
    found = stage.naming(SUB, *hers)
    assert (len(found["letters"]), found["versions"]) == (1, [])
    assert len(found["items"]) == 1, "the note that the next run needs"


def test_old_versions_of_articles_deleted_before_go_where_that_is_asked_for(stage: Stage) -> None:
    [deleted], [his] = stage.write(SUB), stage.write(OTHER)
    stage.service.delete(Principal(SUB, ""), deleted)
    stage.work()
    before = stage.naming(his)
    assert stage.naming(deleted)["versions"], "versions that nothing in the table names"
    stage.erase()
    assert stage.naming(deleted)["versions"]

    articles, versions = Belongings(stage.stores, SUB).delete_files_of_deleted_articles()

    assert (articles, versions) == (1, 4)
    assert stage.naming(deleted) == NOTHING
    assert stage.naming(his) == before


def test_a_user_is_found_by_name_and_by_sub_and_goes_last(stage: Stage) -> None:
    cognito, pool = stage.stores.cognito, stage.stores.user_pool_id
    created = cognito.admin_create_user(UserPoolId=pool, Username="anna")["User"]["Attributes"]
    sub = next(attribute["Value"] for attribute in created if attribute["Name"] == "sub")
    people = People(cognito, pool)
    assert people.find("anna") == people.find(sub) == Person(sub, "anna")
    hers = stage.write(sub)
    eraser = Eraser(stage.stores, people.find("anna"), now=stage.pipeline.clock, sleep=stage.work)

    eraser.carry_out(eraser.plan(), user_too=True)

    assert stage.naming(sub, *hers) == NOTHING
    assert people.find(sub) == Person(sub, None)
    with pytest.raises(LocalError, match="The user pool has no anna"):
        people.find("anna")


def test_a_worker_that_does_nothing_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.write(SUB)
    monkeypatch.setattr(erase, "PATIENCE", 0.0)
    eraser = Eraser(stage.stores, Person(SUB, None), now=stage.pipeline.clock, sleep=lambda _: None)

    with pytest.raises(LocalError, match="The worker has removed none of 1 articles"):
        eraser.carry_out(eraser.plan(), user_too=False)

    assert stage.erase().articles == 1
    assert stage.eraser().plan().nothing
