"""`make erase-author` leaves nothing of an author, and all of everybody else, on the running stack."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.operations import place
from local.operations.queue import DeadLetterQueue
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.e2e.test_dead_letters import _make

pytestmark = pytest.mark.e2e


@pytest.fixture
def name() -> str:
    """Of a user that no other test knows."""
    return f"leaver-{os.urandom(4).hex()}"


@pytest.fixture
def leaver(stack: RunningStack, name: str) -> Iterator[ApiClient]:
    client = stack.api(name)
    yield client
    client.close()


@pytest.fixture
def stayer(stack: RunningStack) -> Iterator[ApiClient]:
    client = stack.api(f"stayer-{os.urandom(4).hex()}")
    yield client
    client.close()


def _write(author: ApiClient, photograph: bytes, rejected: bytes) -> dict[str, Any]:
    """Two published articles and a draft, images in all states, two idempotency records, and a quota with them.

    Both authors' pictures are the same, so what Rekognition saw in one's is reused for the other's.
    """
    key = {"Idempotency-Key": os.urandom(8).hex()}
    first = author.post(
        "/articles", json={"title": "A", "body": "B", "status": "published", "tags": ["t"]}, headers=key
    )
    article = first.json()
    others = [author.create_article(tags=["t", "u"]), author.create_article(status="draft")]
    finished = [author.wait_for(author.upload(article["id"], rejected))]
    finished += [author.upload(article["id"], photograph), author.upload(others[1]["id"], photograph)]
    finished += [author.upload(others[0]["id"], b"no picture" * 100)]
    image = {"filename": "late.jpg", "content_type": "image/jpeg", "size": 10}
    pending = author.post(f"/articles/{article['id']}/images", json=image, headers=key).json()["image"]
    # One that was deleted alone: its renditions' old versions stay.
    gone = author.wait_for(author.upload(others[0]["id"], photograph))
    assert author.delete(f"/articles/{others[0]['id']}/images/{gone['id']}").status_code == 204
    statuses = [author.wait_for(image)["status"] for image in finished]
    assert statuses == ["rejected", "ready", "ready", "failed"]
    ids = [article["id"], *(other["id"] for other in others)]
    return {
        "sub": article["author"]["id"],
        "articles": ids,
        "images": [image["id"] for image in [*finished, pending, gone]],
    }


def _table(stack: RunningStack) -> list[str]:
    pages = stack.clients.dynamodb.get_paginator("scan").paginate(TableName=stack.outputs["table_name"])
    return sorted(json.dumps(item, sort_keys=True) for page in pages for item in page["Items"])


def _versions(stack: RunningStack) -> list[str]:
    found = []
    for bucket in (stack.outputs["uploads_bucket"], stack.outputs["media_bucket"]):
        for page in stack.clients.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            found += [f"{bucket}/{entry['Key']} {entry['VersionId']} {entry.get('ETag')}" for entry in entries]
    return sorted(found)


def _letters(stack: RunningStack) -> list[str]:
    sqs, jobs = stack.clients.sqs, stack.outputs["image_jobs_queue_url"]
    found = []
    for url in (stack.outputs["dead_letter_queue_url"], jobs):
        with DeadLetterQueue(sqs, url, jobs, wait=0).lent(30) as letters:
            found += [letter.body for letter in letters]
    return sorted(found)


def _naming(written: dict[str, Any], texts: list[str]) -> list[str]:
    names = [written["sub"], *written["articles"], *written["images"]]
    return [text for text in texts if any(name in text for name in names)]


def _eventually_quiet(stack: RunningStack, written: dict[str, Any]) -> None:
    """Until nothing is in the works for this author's articles: what they have is then the same at any later time."""
    deadline = time.monotonic() + 30
    while True:
        due = [text for text in _naming(written, _table(stack)) if '"DueAt"' in text and '"pending"' not in text]
        if not due:
            return
        assert time.monotonic() < deadline, due
        time.sleep(0.2)


def test_buckets_and_user_pool_have_the_names_that_the_command_looks_for_on_aws(stack: RunningStack) -> None:
    account, region = stack.clients.sts.get_caller_identity()["Account"], stack.outputs["region"]
    for purpose in ("uploads", "media"):
        assert stack.outputs[f"{purpose}_bucket"] == place.bucket_name("local", purpose, account, region)
    pool = stack.clients.cognito.describe_user_pool(UserPoolId=stack.outputs["user_pool_id"])["UserPool"]
    assert pool.get("Name") == place.user_pool_name("local")


def test_nothing_of_the_author_is_left_and_nothing_of_others_is_touched(
    stack: RunningStack, name: str, leaver: ApiClient, stayer: ApiClient, photograph: bytes
) -> None:
    rejected = photograph[:2] + b"\xff\xfe\x00\x04no" + photograph[2:]  # a comment more: another content
    stack.rekognition.moderate_next(["Explicit Nudity"])
    hers, his = (_write(author, photograph, rejected) for author in (leaver, stayer))
    for written in (hers, his):
        letter = json.dumps(
            {"job": "process_image", "article_id": written["articles"][0], "image_id": written["images"][0]}
        )
        stack.clients.sqs.send_message(QueueUrl=stack.outputs["dead_letter_queue_url"], MessageBody=letter)
        _eventually_quiet(stack, written)
    before = {where: _naming(his, look(stack)) for where, look in _PLACES.items()}
    assert all(_naming(hers, look(stack)) for look in _PLACES.values())

    refused = _make(stack, "erase-author", f"AUTHOR={name}")
    assert refused.returncode != 0
    assert "Nothing was erased" in refused.stderr
    assert "3 articles: 2 published, 1 draft, 0 being removed already" in refused.stdout

    began = time.monotonic()
    erased = _make(stack, "erase-author", f"AUTHOR={name}", "APPROVE=yes", "USER=yes")
    assert erased.returncode == 0, erased.stdout + erased.stderr
    print(f"{erased.stdout}\n{time.monotonic() - began:.1f} s")

    assert {where: _naming(hers, look(stack)) for where, look in _PLACES.items()} == {where: [] for where in _PLACES}
    assert {where: _naming(his, look(stack)) for where, look in _PLACES.items()} == before
    users = stack.clients.cognito.list_users(UserPoolId=stack.outputs["user_pool_id"])["Users"]
    assert name not in [user["Username"] for user in users]

    again = _make(stack, "erase-author", f"AUTHOR={hers['sub']}", "APPROVE=yes")
    assert again.returncode == 0
    assert "Nothing in local is theirs." in again.stdout
    assert _make(stack, "erase-author", f"AUTHOR={name}", "APPROVE=yes").returncode != 0, "nobody has this name now"


_PLACES = {"table": _table, "buckets": _versions, "queues": _letters}
