"""Uploads and their state when answers are lost, refused or late, when somebody else is faster, or clicks twice."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
IMAGES = re.compile(r"/articles/\w+/images$")
Colours = Callable[..., FilePayload]


def swallow(window: WebPage) -> None:
    """Files never arrive, though the bucket seems to have taken them: their pictures wait for ever."""
    window.page.route(window.bucket, lambda route: route.fulfill(status=204, headers=FROM_ANYWHERE))


def refuse(route: Route, status: int, **headers: str) -> None:
    problem = {"type": "about:blank", "title": "Refused", "status": status, "detail": "Not now."}
    route.fulfill(
        status=status,
        content_type="application/problem+json",
        body=json.dumps(problem),
        headers={**FROM_ANYWHERE, **headers},
    )


def asked(window: WebPage, method: str) -> int:
    return sum(request.method == method and bool(IMAGES.search(request.url)) for request in window.requests)


def test_a_picture_that_is_deleted_elsewhere_goes_and_is_asked_for_no_more(
    author: WebPage, alice: ApiClient, article_id: str, colours: Colours
) -> None:
    swallow(author)
    author.choose(colours("gone.jpg"))
    expect(author.picture("gone.jpg")).to_contain_text("Waiting")
    image = alice.get(f"/articles/{article_id}/images").json()["items"][0]
    alice.delete(f"/articles/{article_id}/images/{image['id']}")
    expect(author.pictures.get_by_role("listitem")).to_have_count(0)
    before = asked(author, "GET")
    author.page.wait_for_timeout(2000)
    assert asked(author, "GET") == before


def test_a_registering_whose_answer_was_lost_is_one_picture(author: WebPage, colours: Colours) -> None:
    swallow(author)
    author.choose(colours("first.jpg"))
    expect(author.picture("first.jpg")).to_contain_text("Waiting")

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        route.fetch()
        route.abort("connectionreset")

    author.page.route(IMAGES, lose)
    author.choose(colours("twice.jpg"))
    expect(author.picture("twice.jpg")).to_have_count(2)  # what could not be sent, and what the service waits for
    author.page.unroute(IMAGES)
    author.page.unroute(author.bucket)
    author.button("Try again").click()
    expect(author.picture("twice.jpg").get_by_role("figure")).to_be_visible()
    expect(author.picture("twice.jpg")).to_have_count(1)


def test_trying_again_twice_at_once_uploads_once(author: WebPage, colours: Colours) -> None:
    swallow(author)

    def fail(route: Route) -> None:
        if route.request.method != "GET":
            route.fallback()
            return
        answer = route.fetch()
        body: dict[str, Any] = answer.json()
        for image in body["items"]:
            image |= {"status": "failed", "error": {"code": "analysis_failed", "message": "It could not be analysed."}}
        route.fulfill(response=answer, json=body)

    author.page.route(IMAGES, fail)
    author.choose(colours("double.jpg"))
    again = author.picture("double.jpg").get_by_role("button", name="Try again")
    again.wait_for()
    author.page.unroute(IMAGES)
    author.page.unroute(author.bucket)
    again.evaluate("(button) => { button.click(); button.click(); }")
    expect(author.picture("double.jpg").get_by_role("figure")).to_be_visible()
    author.page.wait_for_timeout(300)
    assert asked(author, "POST") == 2, "the first try and one more"
    expect(author.picture("double.jpg")).to_have_count(1)


def test_who_has_to_wait_is_told_until_when(author: WebPage, colours: Colours) -> None:
    author.page.route(
        IMAGES,
        lambda route: (
            refuse(route, 429, **{"Retry-After": "1800"}) if route.request.method == "POST" else route.fallback()
        ),
    )
    author.choose(colours("many.jpg"))
    item = author.picture("many.jpg")
    expect(item).to_contain_text("Not now.")
    told = author.evaluate("() => new Date(Date.now() + 1800e3).toLocaleTimeString([], {timeStyle: 'short'})")
    expect(item).to_contain_text(re.compile(f"from {told[:3]}"))


def test_looking_goes_on_after_refusals(author: WebPage, colours: Colours) -> None:
    answers = [403, 401, 401, 503, 0]

    def stumble(route: Route) -> None:
        if route.request.method != "GET" or not answers:
            route.fallback()
            return
        status = answers.pop(0)
        if status:
            refuse(route, status)
        else:
            route.abort("internetdisconnected")

    author.page.route(IMAGES, stumble)
    author.choose(colours("patient.jpg"))
    expect(author.picture("patient.jpg").get_by_role("figure")).to_be_visible(timeout=30_000)
    assert answers == []


def test_the_focus_stays_where_a_button_was(author: WebPage, colours: Colours) -> None:
    author.page.route(author.bucket, lambda route: route.abort("connectionreset"))
    author.choose(colours("focus.jpg"))
    item = author.picture("focus.jpg")
    again = item.get_by_role("button", name="Try again")
    again.wait_for()
    author.page.unroute(author.bucket)
    again.focus()
    author.page.keyboard.press("Enter")
    expect(item.get_by_role("figure")).to_be_visible()
    assert "Remove focus.jpg" in author.focused()

    with author.slow_uploads():
        author.choose({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Dear diary"})
        with author.page.expect_file_chooser() as chooser:
            author.picture("notes.txt").get_by_role("button", name="Choose another file").press("Enter")
        chooser.value.set_files(colours("other.jpg"))
        expect(author.picture("notes.txt")).to_have_count(0)
        expect(author.picture("other.jpg")).to_be_visible()
        author.page.wait_for_timeout(200)
        assert not author.focused().startswith("body")


def test_another_file_takes_over_the_description(
    visit: Visit, alice: ApiClient, article_id: str, colours: Colours
) -> None:
    image = alice.upload(article_id, b"\xff\xd8\xff broken", filename="broken.jpg", alt="A view of the harbour")
    alice.wait_for(image)
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    with author.page.expect_file_chooser() as chooser:
        author.picture("broken.jpg").get_by_role("button", name="Choose another file").click()
    chooser.value.set_files(colours("whole.jpg"))
    expect(author.picture("whole.jpg").get_by_role("img", name="A view of the harbour")).to_be_visible()


def test_a_file_that_is_dropped_while_the_article_loads_joins_those_on_their_way(
    author: WebPage, article_id: str, colours: Colours
) -> None:
    with author.slow_uploads():
        author.choose(colours("early.jpg"))
        expect(author.pictures.get_by_role("progressbar")).to_be_visible()
        author.navigation.get_by_role("link", name="Labels").click()
        expect(author.heading).to_have_text("Labels")
        held = author.hold(re.compile(f"/articles/{article_id}$"), times=1)
        author.page.go_back()
        author.main.get_by_text("Loading").wait_for()
        author.evaluate(
            """(bytes) => {
              const clipboardData = new DataTransfer();
              clipboardData.items.add(new File([new Uint8Array(bytes)], 'late.jpg', {type: 'image/jpeg'}));
              document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true}));
            }""",
            list(colours()["buffer"]),
        )
        author.page.wait_for_timeout(200)
        author.let_go(held)
        expect(author.picture("late.jpg")).to_be_visible()
    for name in ("early.jpg", "late.jpg"):
        expect(author.picture(name).get_by_role("figure")).to_be_visible()


def test_a_double_click_removes_one(author: WebPage, colours: Colours) -> None:
    author.page.route(author.bucket, lambda route: route.abort("connectionreset"))
    names = ["a.jpg", "b.jpg", "c.jpg"]
    author.choose([colours(name) for name in names])
    expect(author.button("Try again")).to_have_count(3)
    author.button("Remove a.jpg").dblclick()
    expect(author.picture("a.jpg")).to_have_count(0)
    author.page.wait_for_timeout(500)
    expect(author.pictures.get_by_role("listitem")).to_have_count(2)


def test_what_is_cancelled_while_it_is_registered_leaves_nothing(
    author: WebPage, alice: ApiClient, article_id: str, colours: Colours
) -> None:
    held = author.hold(IMAGES, "POST")
    author.choose(colours("cancelled.jpg"))
    author.button("Cancel cancelled.jpg").click()
    expect(author.pictures.get_by_role("listitem")).to_have_count(0)
    assert not author.focused().startswith("body")
    with author.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        author.let_go(held)
    assert alice.get(f"/articles/{article_id}/images").json()["items"] == []


def test_many_at_once_take_their_turn(author: WebPage, colours: Colours) -> None:
    names = [f"{number}.jpg" for number in range(12)]
    most = """() => {
      window.most = 0;
      const note = () => { window.most = Math.max(window.most, document.querySelectorAll('progress').length); };
      new MutationObserver(note).observe(document.body, {subtree: true, childList: true});
    }"""
    author.evaluate(most)
    with author.slow_uploads():
        author.choose([*map(colours, names), colours(names[0])])  # the last one twice: that is two pictures
        expect(author.pictures.get_by_text("Waiting to upload")).to_have_count(10)
        author.button("Remove 7.jpg").click()
    expect(author.pictures.get_by_role("figure")).to_have_count(12, timeout=60_000)
    expect(author.picture("0.jpg")).to_have_count(2)
    expect(author.picture("7.jpg")).to_have_count(0)
    assert author.evaluate("() => window.most") == 3


def test_what_is_deleted_to_be_tried_again_is_not_taken_for_deleted_elsewhere(visit: Visit) -> None:
    """The list may come while the answer to the deletion is still on its way."""
    phases = visit().evaluate(
        """async () => {
          const { Uploads } = await import(new URL('js/upload.js', document.baseURI));
          let answer;
          const uploads = new Uploads({ call: () => new Promise((resolve) => (answer = resolve)) });
          const entry = { name: 'a.jpg', phase: 'sent', image: { id: 'one', status: 'failed' }, file: {} };
          uploads.entries.push(entry);
          const again = uploads.again(entry);
          uploads.merge([], { there: [entry] });
          answer({});
          await again;
          return uploads.entries.map(({ phase }) => phase);
        }"""
    )
    assert phases == ["queued"]
