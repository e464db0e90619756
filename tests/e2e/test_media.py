"""Renditions through their presigned URLs: always a JPEG of that name, and nothing that a URL's owner may change."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from tests.e2e.client import ApiClient

pytestmark = pytest.mark.e2e

Query = dict[str, str]


@pytest.fixture
def image(alice: ApiClient, photograph: bytes) -> dict[str, Any]:
    article = alice.create_article()
    ready = alice.wait_for(alice.upload(article["id"], photograph, filename='"; filename=evil.html'))
    assert ready["status"] == "ready", ready["error"]
    return ready


@pytest.mark.parametrize("rendition", ["large", "thumbnail"])
def test_a_rendition_is_served_as_a_picture_named_by_us(
    image: dict[str, Any], anonymous: ApiClient, rendition: str
) -> None:
    served = anonymous.session.get(image["urls"][rendition], timeout=10)

    assert served.status_code == 200
    assert served.headers["Content-Type"] == "image/jpeg"
    assert served.headers["Content-Disposition"] == f'inline; filename="{image["id"]}-{rendition}.jpg"'
    assert served.content.startswith(b"\xff\xd8\xff")


def _changed(url: str, change: Callable[[Query], Query]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(change(dict(parse_qsl(parts.query, strict_parsing=True))))))


CHANGES: dict[str, Callable[[Query], Query]] = {
    "another type": lambda query: query | {"response-content-type": "text/html"},
    "no type": lambda query: {name: value for name, value in query.items() if name != "response-content-type"},
    "another disposition": lambda query: query | {"response-content-disposition": 'attachment; filename="x.html"'},
    "one more header": lambda query: query | {"response-cache-control": "public"},
    "a later end": lambda query: query | {"X-Amz-Expires": "604800"},
    "another signature": lambda query: query | {"X-Amz-Signature": "0" * 64},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_url_that_was_changed_is_refused(
    image: dict[str, Any], anonymous: ApiClient, change: Callable[[Query], Query]
) -> None:
    unchanged = _changed(image["urls"]["large"], lambda query: query)
    assert anonymous.session.get(unchanged, timeout=10).status_code == 200, "put together again, it works"

    refused = anonymous.session.get(_changed(image["urls"]["large"], change), timeout=10)

    assert refused.status_code == 403, refused.text[:200]
    assert not refused.content.startswith(b"\xff\xd8\xff")


def test_a_url_of_one_rendition_opens_no_other(image: dict[str, Any], anonymous: ApiClient) -> None:
    other = image["urls"]["large"].replace("/large.jpg", "/thumbnail.jpg")

    assert anonymous.session.get(other, timeout=10).status_code == 403
