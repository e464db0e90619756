"""What people do that no story tells of: go back, paste, drop beside the zone, look away, wait for a busy service."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.e2e

FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}


def test_going_back_leads_to_where_one_was_in_a_list(visit: Visit, alice: ApiClient, word: str) -> None:
    for number in range(25):
        alice.create_article(title=f"{word} number {number}", tags=[word])
    reader = visit(at=f"#/?tag={word}")
    expect(reader.main.get_by_role("article").nth(19)).to_be_visible()
    last = reader.link(f"{word} number 0")
    while not last.is_visible():
        reader.page.mouse.wheel(0, 5_000)
        reader.page.wait_for_timeout(100)
    last.scroll_into_view_if_needed()
    before = reader.evaluate("() => scrollY")
    asked = len(reader.requests)
    last.click()
    expect(reader.heading).to_have_text(f"{word} number 0")
    assert reader.evaluate("() => scrollY") == 0
    reader.page.go_back()

    expect(last).to_be_in_viewport()
    assert reader.evaluate("() => scrollY") == pytest.approx(before, abs=50)
    again = [request.url for request in reader.requests[asked:] if f"tag={word}" in request.url]
    assert again == [], "what was loaded is still there"


def test_going_back_to_a_list_finds_nothing_that_was_deleted_meanwhile(
    visit: Visit, alice: ApiClient, word: str
) -> None:
    for title in (f"{word} stays", f"{word} goes"):
        alice.create_article(title=title, tags=[word])
    author = visit("alice", at=f"#/?tag={word}")
    author.link(f"{word} goes").click()
    author.button("Delete").click()
    author.button("Delete it").click()
    expect(author.heading).to_have_text("My articles")
    author.evaluate("() => history.go(-2)")

    expect(author.link(f"{word} stays")).to_be_visible()
    expect(author.link(f"{word} goes")).to_have_count(0)


def test_a_picture_that_readers_see_is_removed_after_a_question(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Removed {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.choose(colours("seen.jpg"))
    item = author.picture("seen.jpg")
    expect(item.get_by_role("img")).to_be_visible()
    item.get_by_role("button", name="Remove seen.jpg").click()
    asked = author.page.get_by_role("dialog", name="Remove seen.jpg?")
    asked.get_by_role("button", name="Keep it").click()
    expect(item.get_by_role("img")).to_be_visible()
    item.get_by_role("button", name="Remove seen.jpg").click()
    asked.get_by_role("button", name="Remove it").click()

    expect(item).to_have_count(0)
    assert alice.get(f"/articles/{article_id}/images").json()["items"] == []


def test_a_picture_can_be_pasted(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Pasted {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.box("Text").focus()
    author.evaluate(
        """(bytes) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([new Uint8Array(bytes)], 'pasted.jpg', {type: 'image/jpeg'}));
          const paste = new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true});
          document.activeElement.dispatchEvent(paste);
        }""",
        list(colours()["buffer"]),
    )
    expect(author.picture("pasted.jpg").get_by_role("img")).to_be_visible()


def test_a_file_that_misses_the_zone_does_not_take_the_page_away(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str, tmp_path: Path
) -> None:
    article_id = alice.create_article(title=f"Missed {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    (tmp_path / "missed.jpg").write_bytes(colours()["buffer"])
    author.box("Text").fill("not saved")
    author.drop([tmp_path / "missed.jpg"], where=author.heading)

    expect(author.picture("missed.jpg").get_by_role("img")).to_be_visible()
    expect(author.box("Text")).to_have_value("not saved")


def test_uploads_go_on_while_one_looks_at_something_else(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Elsewhere {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    with author.slow_uploads() as held:
        author.choose(colours("later.jpg"))
        expect(author.pictures.get_by_role("progressbar")).to_be_visible()
        author.page.wait_for_timeout(100)
        assert held
        author.navigation.get_by_role("link", name="Labels").click()
        expect(author.heading).to_have_text("Labels")
        author.page.go_back()
        expect(author.pictures.get_by_role("progressbar", name="Uploading later.jpg")).to_be_visible()
    expect(author.picture("later.jpg").get_by_role("img")).to_be_visible()


def test_nothing_is_asked_while_nobody_looks(
    visit: Visit, stack: RunningStack, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Away {word}")["id"]
    away = "Object.defineProperty(document, 'hidden', {get: () => Boolean(window.away)});"
    author = visit("alice", at=f"#/articles/{article_id}/edit", script=away)
    look = "(away) => { window.away = away; document.dispatchEvent(new Event('visibilitychange')); }"
    stack.rekognition.delay_next(2500, operation="DetectLabels")
    author.choose(colours("patience.jpg"))
    expect(author.picture("patience.jpg")).to_contain_text(re.compile("Waiting$|Being looked at"))
    author.evaluate(look, True)
    author.page.wait_for_timeout(600)  # a call that was on its way
    before = len(author.requests)
    author.page.wait_for_timeout(2500)
    assert len(author.requests) == before

    author.evaluate(look, False)
    expect(author.picture("patience.jpg").get_by_role("img")).to_be_visible()


def test_all_labels_of_a_picture_are_shown_when_asked(
    visit: Visit, stack: RunningStack, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    names = [f"{word} {letter}" for letter in "abcdefghijkl"]
    stack.rekognition.label_next([{"Name": name, "Confidence": 99.0 - at} for at, name in enumerate(names)])
    article_id = alice.create_article(title=f"Many {word}")["id"]
    alice.wait_for(alice.upload(article_id, colours()["buffer"]))
    reader = visit(at=f"#/articles/{article_id}")
    figure = reader.pictures.locator("figure")
    expect(figure.get_by_role("img", name=f"Picture showing {names[0]}, {names[1]}, {names[2]}")).to_be_visible()
    expect(figure.get_by_role("meter")).to_have_count(8)
    figure.get_by_role("button", name="All 12 labels").click()
    expect(figure.get_by_role("meter")).to_have_count(12)
    assert names[8] in reader.focused(), "who pressed the button goes on with what it brought"

    reader.open("#/labels")
    reader.main.get_by_role("searchbox", name="Find a label").fill(word.upper())
    expect(reader.status(re.compile("^12 labels"))).to_be_visible()


def test_what_was_published_can_be_withdrawn(visit: Visit, alice: ApiClient, anonymous: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Too soon {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.save("Withdraw")
    expect(author.button("Publish")).to_be_visible()
    assert anonymous.get(f"/articles/{article_id}").status_code == 404


def test_others_articles_are_not_to_be_edited_but_by_editors(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Alice's {word}")["id"]
    stranger = visit("bob", at=f"#/articles/{article_id}")
    expect(stranger.heading).to_contain_text(word)
    expect(stranger.link("Edit")).to_have_count(0)
    stranger.open(f"#/articles/{article_id}/edit")
    expect(stranger.main.get_by_role("alert")).to_be_visible()
    expect(stranger.main.get_by_role("textbox")).to_have_count(0)

    editor = visit("erin", group="editors", at=f"#/articles/{article_id}")
    expect(editor.link("Edit")).to_be_visible()


def test_a_busy_service_is_asked_again_when_it_says(visit: Visit, word: str) -> None:
    reader = visit(at="#/labels")
    problem = {"type": "about:blank", "title": "Too many requests", "status": 429, "detail": "Later."}
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        headers = {**FROM_ANYWHERE, "Retry-After": "1"}
        route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(problem), headers=headers)

    reader.page.route(re.compile(r"/articles\?"), refuse, times=1)
    reader.open(f"#/?tag={word}")
    expect(reader.main.get_by_text("Nothing here yet.")).to_be_visible()
    assert len(refused) == 1


def test_pictures_addresses_that_are_over_are_renewed(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Long read {word}")["id"]
    alice.wait_for(alice.upload(article_id, colours()["buffer"], alt="Noise"))
    reader = visit()
    gone = re.compile(re.escape(reader.stack.outputs["media_bucket"]))
    over: list[Route] = []
    reader.page.route(gone, lambda route: over.append(route), times=1)  # noqa: PLW0108 - it takes no built-in
    reader.open(f"#/articles/{article_id}")
    picture = reader.pictures.get_by_role("img", name="Noise")
    expect(picture).to_be_attached()
    reader.page.wait_for_timeout(1500)  # addresses of the same second are the same
    over.pop().fulfill(status=403)
    reader.page.wait_for_function("() => document.querySelector('figure img').naturalWidth > 0")


def test_a_view_that_is_left_no_longer_has_a_say(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Slow {word}")["id"]
    reader = visit()
    waiting: list[Route] = []
    reader.page.route(re.compile(f"/articles/{article_id}$"), lambda route: waiting.append(route))  # noqa: PLW0108 - as above
    reader.page.goto(f"{reader.url}/#/articles/{article_id}")
    reader.page.wait_for_timeout(200)
    reader.open("#/labels")
    for route in waiting:
        route.continue_()
    reader.page.wait_for_timeout(300)
    expect(reader.heading).to_have_text("Labels")
    assert word not in reader.page.title()
