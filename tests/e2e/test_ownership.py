"""Who may do what: nobody, a stranger, the author, an editor, on the running stack.

The table of tests/ownership.py, as far as it needs no picture that has been analysed; the whole of it runs in
tests/integration/test_api_ownership.py.
"""

import time

import pytest

from tests.e2e.client import ApiClient
from tests.ownership import BODIES, PEOPLE, ROWS, Row

pytestmark = pytest.mark.e2e

SAMPLE = [row for row in ROWS if row.image in (None, "pending", "deleted")]


@pytest.mark.parametrize("row", SAMPLE, ids=str)
def test_everybody_gets_what_the_table_says(
    alice: ApiClient, bob: ApiClient, editor: ApiClient, anonymous: ApiClient, row: Row
) -> None:
    people = dict(zip(PEOPLE, (anonymous, bob, alice, editor), strict=True))
    article, image = _made(alice, bob, row)
    for person, status in row.expected.items():
        if row.method == "DELETE" and person == "editor":
            article, image = _made(alice, bob, row)  # the author's has just gone

        arguments = {"json": BODIES[row.route]} if row.route in BODIES else {}
        answer = people[person].request(row.method, row.address(article, image), **arguments)

        assert answer.status_code == status, f"{person}: {answer.text}"


def _made(alice: ApiClient, bob: ApiClient, row: Row) -> tuple[str, str]:
    """The ids of a new article and image for the row; nothing where it needs none."""
    if row.article is None:
        return "", ""
    owner = bob if row.article == "stranger's" else alice
    article = owner.create_article(status="draft" if row.article == "draft" else "published")["id"]
    image = owner.register_image(article, b"x" * 1000)["image"]["id"] if row.image else ""
    if row.image == "deleted":
        assert owner.delete(f"/articles/{article}/images/{image}").status_code == 204
    if row.article == "deleted":
        assert owner.delete(f"/articles/{article}").status_code == 204
    return article, image


def test_an_articles_image_has_no_address_under_another_article(
    alice: ApiClient, bob: ApiClient, editor: ApiClient
) -> None:
    hers, his = alice.create_article()["id"], bob.create_article()["id"]
    image = alice.register_image(hers, b"x")["image"]["id"]

    for person in (bob, editor):
        assert person.get(f"/articles/{his}/images/{image}").status_code == 404
        assert person.delete(f"/articles/{his}/images/{image}").status_code == 404
    assert alice.get(f"/articles/{hers}/images/{image}").status_code == 200


def test_a_withdrawn_article_leaves_the_lists_at_once_and_its_labels_within_seconds(
    alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article(tags=["withdrawn"])["id"]
    image = alice.wait_for(alice.upload(article, photograph))
    label = image["labels"][0]["name"]
    assert article in _shown(anonymous, f"/articles?label={label}&limit=100", "id")

    assert alice.patch(f"/articles/{article}", json={"status": "draft"}).status_code == 200

    for listing in ("/articles?limit=100", "/articles?tag=withdrawn", f"/articles?label={label}&limit=100"):
        assert article not in _shown(anonymous, listing, "id")
    assert anonymous.get(f"/articles/{article}/images/{image['id']}").status_code == 404
    deadline = time.monotonic() + 20
    while article in _shown(anonymous, f"/labels/{label}/images?limit=100", "article_id"):
        assert time.monotonic() < deadline, "still among the label's images"
        time.sleep(0.1)


def _shown(client: ApiClient, listing: str, field: str) -> list[str]:
    return [item[field] for item in client.get(listing).json()["items"]]


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
