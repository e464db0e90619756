"""The main job, as `make demo` does it."""

import io

import pytest
from PIL import Image

from local.demo.tour import demo
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


def test_the_demo_publishes_a_photograph_and_shows_what_is_on_it(
    stack: RunningStack, anonymous: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    demo(stack.outputs, stack.users)

    shown = capsys.readouterr().out
    assert "512 × 512 px, ready" in shown
    assert "Face" in shown
    assert "GPS in the upload     yes" in shown
    assert "GPS in what is served no" in shown

    # It ends with where a person sees it: the page, which asks the API for the article that its address names.
    assert "make password USER=alice" in shown
    address = next(word for word in shown.split() if word.startswith(stack.outputs["page_url"]))
    page, _, article_id = address.partition("/#/articles/")
    answer = anonymous.session.get(address, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page == stack.outputs["page_url"]
    assert anonymous.get(f"/articles/{article_id}").json()["title"] == "Eileen Collins commands the shuttle"


def test_an_uploaded_photograph_becomes_ready_with_labels_boxes_and_upright_renditions(
    alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article(title="A portrait", tags=["portrait"])

    image = alice.wait_for(alice.upload(article["id"], photograph, alt="A portrait"))

    assert image["status"] == "ready"
    assert (image["width"], image["height"]) == (512, 512)
    face = next(label for label in image["labels"] if label["name"] == "Face")
    assert {"Person", "Head"} & set(face["parents"])
    box = face["boxes"][0]
    assert 0.3 < box["left"] < 0.55, "the face is right of the middle third's left edge, in the upright picture"
    assert box["top"] < 0.3, "the face is at the top, in the upright picture"

    # Everybody sees the same, without a token; so do the labels' pages.
    seen = anonymous.get(f"/articles/{article['id']}").json()
    assert [entry["id"] for entry in seen["images"]] == [image["id"]]
    assert "Face" in [label["name"] for label in anonymous.get("/labels?limit=100").json()["items"]]
    shown = anonymous.get("/labels/Face/images").json()["items"]
    assert image["id"] in [entry["id"] for entry in shown]

    for name, longest in (("large", 2048), ("thumbnail", 400)):
        served = anonymous.session.get(image["urls"][name], timeout=10)
        assert served.headers["Content-Type"] == "image/jpeg"
        picture = Image.open(io.BytesIO(served.content))
        assert max(picture.size) <= longest
        assert not picture.getexif(), "no metadata at all is served"
