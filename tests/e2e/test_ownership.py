"""Who may do what: nobody, a stranger, the author, an editor, on the running stack."""

import pytest

from tests.e2e.client import ApiClient

pytestmark = pytest.mark.e2e


def test_a_stranger_can_neither_change_nor_delete_nor_illustrate_a_published_article(
    alice: ApiClient, bob: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article(title="Hers")
    address = f"/articles/{article['id']}"
    picture = {"filename": "a.jpg", "content_type": "image/jpeg", "size": len(photograph)}

    refusals = [
        bob.put(address, json={"title": "His", "body": "now"}),
        bob.patch(address, json={"title": "His"}),
        bob.delete(address),
        bob.post(f"{address}/images", json=picture),
    ]

    for refusal in refusals:
        assert refusal.status_code == 403, refusal.text
        assert refusal.headers["Content-Type"] == "application/problem+json"
    assert alice.get(address).json()["title"] == "Hers"


def test_a_draft_is_there_for_its_author_and_editors_and_for_nobody_else(
    alice: ApiClient, bob: ApiClient, editor: ApiClient, anonymous: ApiClient
) -> None:
    draft = alice.create_article(title="Not yet", status="draft")
    address = f"/articles/{draft['id']}"

    assert alice.get(address).status_code == 200
    assert editor.get(address).status_code == 200
    for reader in (bob, anonymous):
        assert reader.get(address).status_code == 404
        assert reader.get(f"{address}/images").status_code == 404
    assert bob.patch(address, json={"title": "x"}).status_code == 404, "a stranger does not even learn that it exists"

    own = alice.get("/articles?author=me&limit=100").json()["items"]
    assert draft["id"] in [item["id"] for item in own]
    feed = anonymous.get("/articles?limit=100").json()["items"]
    assert draft["id"] not in [item["id"] for item in feed]


def test_an_editor_changes_anybodys_article_and_it_stays_its_authors(alice: ApiClient, editor: ApiClient) -> None:
    article = alice.create_article(title="A typo", tags=["news"])

    changed = editor.patch(f"/articles/{article['id']}", json={"title": "No typo"})

    assert changed.status_code == 200, changed.text
    assert changed.json()["title"] == "No typo"
    assert changed.json()["author"] == article["author"]
    assert changed.json()["version"] == 2


def test_writing_without_a_token_is_refused_by_the_gateway(anonymous: ApiClient, alice: ApiClient) -> None:
    article = alice.create_article()
    address = f"/articles/{article['id']}"

    refusals = [
        anonymous.post("/articles", json={"title": "t", "body": "b"}),
        anonymous.put(address, json={"title": "t", "body": "b"}),
        anonymous.patch(address, json={"title": "t"}),
        anonymous.delete(address),
        anonymous.post(f"{address}/images", json={}),
        anonymous.get("/articles?author=me"),
    ]

    for refusal in refusals:
        assert refusal.status_code == 401, refusal.text
        assert refusal.headers["Content-Type"] == "application/problem+json"
        assert refusal.json()["status"] == 401


def test_a_stale_if_match_is_refused_and_nothing_is_overwritten(alice: ApiClient) -> None:
    article = alice.create_article(title="One")
    address = f"/articles/{article['id']}"
    first = alice.get(address).headers["ETag"]
    assert alice.patch(address, json={"title": "Two"}, headers={"If-Match": first}).status_code == 200

    late = alice.put(address, json={"title": "Three", "body": "b"}, headers={"If-Match": first})

    assert late.status_code == 412
    assert alice.get(address).json()["title"] == "Two"
    assert alice.get(address, headers={"If-None-Match": alice.get(address).headers["ETag"]}).status_code == 304
