"""Every limit of what one request may hold or ask for, stepped over by one: docs/security.md, Abuse, names them."""

from typing import Any

import pytest
import requests

from articles.model import MAX_IMAGES_PER_ARTICLE
from tests.e2e.client import ApiClient

pytestmark = pytest.mark.e2e

ARTICLE = {"title": "A title", "body": "A body."}
IMAGE = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 1}
JSON = {"Content-Type": "application/json"}
LARGE = b'{"title": "A title", "body": ""' + b" " * 1_048_576 + b"}"

# What is sent, and how it is answered: the status, and the field that is named.
LIMITS: dict[str, tuple[str, str, dict[str, Any], int, str | None]] = {
    "100 items a page": ("GET", "/articles", {"params": {"limit": 101}}, 400, "#limit"),
    "100 labels a page": ("GET", "/labels", {"params": {"limit": 101}}, 400, "#limit"),
    "1,024 characters of a cursor": ("GET", "/articles", {"params": {"cursor": "a" * 1025}}, 400, "#cursor"),
    "50 characters of a tag asked for": ("GET", "/articles", {"params": {"tag": "a" * 51}}, 400, "#tag"),
    "128 characters of an author asked for": ("GET", "/articles", {"params": {"author": "a" * 129}}, 400, "#author"),
    "1 MiB of a request": ("POST", "/articles", {"data": LARGE, "headers": JSON}, 413, None),
    "255 characters of an idempotency key": (
        "POST",
        "/articles",
        {"json": ARTICLE, "headers": {"Idempotency-Key": "a" * 256}},
        400,
        "#Idempotency-Key",
    ),
    "200 characters of a title": ("POST", "/articles", {"json": ARTICLE | {"title": "a" * 201}}, 400, "/title"),
    "100,000 characters of a body": ("POST", "/articles", {"json": ARTICLE | {"body": "a" * 100_001}}, 400, "/body"),
    "100,000 bytes of a body": ("POST", "/articles", {"json": ARTICLE | {"body": "ä" * 50_001}}, 400, "/body"),
    "20 tags": ("POST", "/articles", {"json": ARTICLE | {"tags": [f"{n}" for n in range(21)]}}, 400, "/tags"),
    "50 characters of a tag": ("POST", "/articles", {"json": ARTICLE | {"tags": ["a" * 51]}}, 400, "/tags/0"),
    "255 characters of a filename": ("POST", "{images}", {"json": IMAGE | {"filename": "a" * 256}}, 400, "/filename"),
    "25 MiB of an upload": ("POST", "{images}", {"json": IMAGE | {"size": 26_214_401}}, 400, "/size"),
    "1,000 characters of an alternative text": ("POST", "{images}", {"json": IMAGE | {"alt": "a" * 1001}}, 400, "/alt"),
}


@pytest.fixture(scope="module")
def article_id(alice: ApiClient) -> str:
    made: str = alice.create_article()["id"]
    return made


@pytest.mark.parametrize("limit", LIMITS)
def test_one_more_than_the_limit_is_refused(alice: ApiClient, article_id: str, limit: str) -> None:
    method, path, arguments, status, pointer = LIMITS[limit]

    answer = alice.request(method, path.format(images=f"/articles/{article_id}/images"), **arguments)

    _is_problem(answer, status)
    assert pointer in {None, *(error["pointer"] for error in answer.json().get("errors", []))}, answer.text


def test_an_article_has_so_many_images_and_no_more(alice: ApiClient) -> None:
    path = f"/articles/{alice.create_article()['id']}/images"
    for _ in range(MAX_IMAGES_PER_ARTICLE):
        assert alice.post(path, json=IMAGE).status_code == 201

    _is_problem(alice.post(path, json=IMAGE), 409)


def _is_problem(answer: requests.Response, status: int) -> None:
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
