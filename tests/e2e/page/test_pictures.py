"""What becomes of pictures that are no good, and of uploads that don't arrive."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage, payload

pytestmark = pytest.mark.e2e

LARGEST = 26_214_400


def registered(alice: ApiClient, article_id: str) -> list[str]:
    return [image["filename"] for image in alice.get(f"/articles/{article_id}/images").json()["items"]]


def test_a_rejected_picture_says_why_to_its_author_and_is_nowhere_for_others(
    visit: Visit, author: WebPage, alice: ApiClient, article_id: str, colours: Callable[..., FilePayload]
) -> None:
    author.stack.rekognition.moderate_next([{"Name": "Explicit Nudity", "ParentName": "Explicit", "Confidence": 97.4}])
    author.choose(colours("too much.jpg"))
    item = author.picture("too much.jpg")
    expect(item.get_by_text("Rejected")).to_be_visible()
    expect(item).to_contain_text("Explicit Nudity")
    expect(item).to_contain_text(re.compile(r"97([.,]4)?\s?%"))
    expect(item.get_by_text("Only you can see this.")).to_be_visible()
    expect(item.get_by_role("img")).to_have_count(0)

    image_id = alice.get(f"/articles/{article_id}/images").json()["items"][0]["id"]
    for window in (visit(at=f"#/articles/{article_id}"), visit("bob", at=f"#/articles/{article_id}")):
        expect(window.heading).to_contain_text("With pictures")
        window.page.wait_for_load_state("networkidle")
        seen = window.html()
        assert "too much.jpg" not in seen
        assert "Rejected" not in seen
        assert image_id not in seen

    item.get_by_role("button", name="Remove too much.jpg").click()
    expect(author.picture("too much.jpg")).to_have_count(0)
    assert registered(alice, article_id) == []


def test_a_corrupt_picture_says_what_to_do(
    author: WebPage, alice: ApiClient, article_id: str, portraits: Callable[..., FilePayload]
) -> None:
    author.choose(payload(portraits()["buffer"][:3000], "broken.jpg"))
    item = author.picture("broken.jpg")
    expect(item.get_by_text("Failed")).to_be_visible()
    image = alice.get(f"/articles/{article_id}/images").json()["items"][0]
    assert image["error"]["code"] == "corrupt"
    expect(item).to_contain_text(image["error"]["message"])
    expect(item).to_contain_text("Choose another file")
    expect(item.get_by_role("button", name="Try again")).to_have_count(0)


def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    author: WebPage, alice: ApiClient, article_id: str, tmp_path: Path
) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    (tmp_path / "notes.txt").write_text("Dear diary")
    (tmp_path / "empty.png").touch()
    sent: list[str] = []
    author.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)

    author.drop([large, tmp_path / "notes.txt", tmp_path / "empty.png"])

    for name, reason in (("large.jpg", "25|26"), ("notes.txt", "JPEG|picture|type|kind"), ("empty.png", "empty")):
        expect(author.pictures.get_by_role("listitem").filter(has_text=name)).to_contain_text(
            re.compile(reason, re.IGNORECASE)
        )
    assert sent == []
    assert registered(alice, article_id) == []


def test_how_far_an_upload_is_and_what_becomes_of_it_is_seen_meanwhile(
    author: WebPage, portraits: Callable[..., FilePayload]
) -> None:
    author.stack.rekognition.delay_next(1500, operation="DetectLabels")
    with author.thin_line(bytes_a_second=30_000):
        author.choose(portraits("slow.jpg"))
        item = author.picture("slow.jpg")
        bar = item.get_by_role("progressbar", name="Uploading slow.jpg")
        expect(bar).to_have_js_property("max", 100)
        author.page.wait_for_function(
            "() => { const bar = document.querySelector('progress'); return bar?.value > 20; }"
        )
        assert bar.evaluate("(e) => e.value") < 100
        expect(item).to_contain_text(re.compile(r"\d+ %"))
    expect(item.get_by_text("Being looked at")).to_be_visible()
    expect(item.get_by_role("list", name="Labels")).to_be_visible()


def test_an_upload_can_be_cancelled(
    author: WebPage, alice: ApiClient, article_id: str, colours: Callable[..., FilePayload]
) -> None:
    with author.slow_uploads() as held:
        author.choose([colours("kept.jpg"), colours("dropped.jpg")])
        expect(author.pictures.get_by_role("progressbar")).to_have_count(2)
        author.wait_for(lambda: len(held) == 2)
        author.button("Cancel dropped.jpg").click()
        expect(author.picture("dropped.jpg")).to_have_count(0)

    expect(author.picture("kept.jpg").get_by_role("img")).to_be_visible()
    assert registered(alice, article_id) == ["kept.jpg"], "nothing of the cancelled one stays"


def test_an_upload_that_loses_its_connection_is_tried_again(
    author: WebPage, alice: ApiClient, article_id: str, colours: Callable[..., FilePayload]
) -> None:
    author.page.route(author.bucket, lambda route: route.abort("connectionreset"))
    author.choose(colours("lost.jpg"))
    item = author.picture("lost.jpg")
    expect(item.get_by_text("Failed")).to_be_visible(timeout=30_000)
    author.page.unroute(author.bucket)
    item.get_by_role("button", name="Try again").click()

    expect(item.get_by_role("img")).to_be_visible()
    statuses = [image["status"] for image in alice.get(f"/articles/{article_id}/images").json()["items"]]
    assert statuses == ["ready"], "the first try leaves nothing behind"


def test_adding_a_picture_to_a_new_article_saves_a_draft_first(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Pictures first {word}", body="Words later.")
    author.choose(colours("first.jpg"))
    expect(author.picture("first.jpg").get_by_role("img")).to_be_visible()

    article = alice.get(f"/articles/{author.wait_for_article()}").json()
    assert (article["title"], article["status"]) == (f"Pictures first {word}", "draft")
    expect(author.box("Text")).to_have_value("Words later.")


def test_one_call_asks_for_all_pictures_and_none_is_made_when_all_are_done(
    author: WebPage, article_id: str, colours: Callable[..., FilePayload]
) -> None:
    names = [f"{number}.jpg" for number in range(3)]
    author.choose([colours(name) for name in names])
    for name in names:
        expect(author.picture(name).get_by_role("img")).to_be_visible()

    def asked() -> list[str]:  # not the pictures themselves, which may come a little later
        return [r.url for r in author.requests if r.method == "GET" and f"/articles/{article_id}/images" in r.url]

    before = asked()
    assert before
    assert all(url.endswith("/images") for url in before), "one call for the list, none for each"
    author.page.wait_for_timeout(1500)
    assert asked() == before, "nothing is asked once everything is known"


def test_the_end_of_each_analysis_is_said_once(author: WebPage, colours: Callable[..., FilePayload]) -> None:
    author.evaluate(
        """() => {
          window.said = [];
          const note = () => document.querySelectorAll('[role=status]').forEach((e) => {
            const text = e.textContent.trim();
            if (text && window.said.at(-1) !== text) window.said.push(text);
          });
          new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
        }"""
    )
    author.choose(colours("heard.jpg"))
    expect(author.picture("heard.jpg").get_by_role("img")).to_be_visible()
    author.page.wait_for_timeout(800)

    said = [text for text in author.evaluate("() => window.said") if "heard.jpg is ready" in text]
    assert len(said) == 1, author.evaluate("() => window.said")
