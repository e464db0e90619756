"""Deleting leaves nothing behind: no item, no file, no entry under a label."""

import time
from collections.abc import Callable

import pytest

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


def _eventually(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not within 30 s"
        time.sleep(0.2)


def _items(stack: RunningStack, article_id: str) -> int:
    found = stack.clients.dynamodb.query(
        TableName=stack.outputs["table_name"],
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": f"ARTICLE#{article_id}"}},
    )
    return found["Count"]


def _files(stack: RunningStack, article_id: str) -> int:
    prefixes = {"uploads_bucket": f"uploads/{article_id}/", "media_bucket": f"media/{article_id}/"}
    return sum(
        stack.clients.s3.list_objects_v2(Bucket=stack.outputs[bucket], Prefix=prefix)["KeyCount"]
        for bucket, prefix in prefixes.items()
    )


def _listed(anonymous: ApiClient, image_id: str) -> bool:
    return image_id in [entry["id"] for entry in anonymous.get("/labels/Face/images?limit=100").json()["items"]]


def test_deleting_an_article_removes_its_images_and_files(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article(tags=["gone"])
    images = [alice.wait_for(alice.upload(article["id"], photograph)) for _ in range(2)]
    assert _files(stack, article["id"]) >= 4
    assert _listed(anonymous, images[0]["id"])

    assert alice.delete(f"/articles/{article['id']}").status_code == 204

    assert alice.get(f"/articles/{article['id']}").status_code == 404, "at once, for its author too"
    assert anonymous.get("/articles?tag=gone").json()["items"] == []
    _eventually(lambda: _files(stack, article["id"]) == 0, "its files are gone")
    _eventually(lambda: _items(stack, article["id"]) == 0, "its items are gone")
    assert not _listed(anonymous, images[0]["id"])
    assert alice.delete(f"/articles/{article['id']}").status_code == 404


def test_deleting_one_image_leaves_the_others(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()
    kept, gone = (alice.wait_for(alice.upload(article["id"], photograph)) for _ in range(2))

    assert alice.delete(f"/articles/{article['id']}/images/{gone['id']}").status_code == 204

    left = anonymous.get(f"/articles/{article['id']}").json()["images"]
    assert [image["id"] for image in left] == [kept["id"]]
    _eventually(lambda: _items(stack, article["id"]) == 2, "the deleted image's item is gone")
    assert not _listed(anonymous, gone["id"])
    assert _listed(anonymous, kept["id"])


def test_the_label_index_follows_an_article_that_is_withdrawn_and_published_again(
    alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article(status="draft")
    image = alice.wait_for(alice.upload(article["id"], photograph))
    assert image["status"] == "ready"
    assert not _listed(anonymous, image["id"]), "a draft's picture is nobody's to see"

    for status, listed in (("published", True), ("draft", False), ("published", True)):
        assert alice.patch(f"/articles/{article['id']}", json={"status": status}).status_code == 200
        _eventually(lambda listed=listed: _listed(anonymous, image["id"]) is listed, f"after {status}")  # type: ignore[misc]
