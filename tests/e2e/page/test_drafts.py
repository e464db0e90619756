"""What is typed outlives lost answers, deleted articles, saves under way, full storage; nothing is saved unasked."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

KEPT = "() => Object.keys(sessionStorage).filter((name) => name.startsWith('draft'))"


def lose_answers(window: WebPage, method: str) -> re.Pattern[str]:
    """The service does what such a call asks for, and its answer never comes. Gives the pattern to unroute."""
    pattern = re.compile(r"/articles(/[^/]+)?$")

    def lose(route: Route) -> None:
        if route.request.method != method:
            route.fallback()
            return
        route.fetch()
        route.abort("connectionreset")

    window.page.route(pattern, lose)
    return pattern


def save_held(author: WebPage, article_id: str, body: str) -> list[Route]:
    """Saves another text, and holds that call back; gives it."""
    held = author.hold(re.compile(f"/articles/{article_id}$"), "PATCH")
    author.box("Text").fill(body)
    author.button("Save").click()
    author.wait_for(lambda: bool(held))
    return held


def titled(alice: ApiClient, word: str) -> list[dict[str, Any]]:
    mine = alice.get("/articles?author=me&limit=100").json()["items"]
    return [article for article in mine if word in article["title"]]


def test_a_kept_text_that_cannot_be_read_keeps_nobody_from_writing(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Readable {word}")["id"]
    author = visit("alice", at="#/new")
    author.write(title="Soon broken", body="")
    for kept in ("{", "5", "{}", '{"fields": null}'):
        author.evaluate(
            """([kept, id]) => {
              const drafts = Object.keys(sessionStorage).filter((name) => name.startsWith('draft'));
              const place = drafts.find((name) => !name.endsWith(id)); // the article's is there from the second time on
              for (const one of [place, place.replace(/\\S+$/, id)]) sessionStorage.setItem(one, kept);
            }""",
            [kept, article_id],
        )
        author.page.reload()
        expect(author.box("Title")).to_have_value("")
        author.open(f"#/articles/{article_id}/edit")
        expect(author.box("Title")).to_have_value(f"Readable {word}")
        author.open("#/new")
        author.write(title="Soon broken", body="")


def test_a_create_whose_answer_was_lost_makes_no_second_article_of_what_is_typed_then(
    visit: Visit, alice: ApiClient, word: str
) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Lost {word}", body="")
    pattern = lose_answers(author, "POST")
    author.button("Save draft").click()
    expect(author.main.get_by_role("alert").first).to_be_visible()
    author.page.unroute(pattern)
    author.box("Text").fill("Typed after it.")
    author.save("Save draft")

    assert author.wait_for_article() == titled(alice, word)[0]["id"]
    assert [alice.get(f"/articles/{one['id']}").json()["body"] for one in titled(alice, word)] == ["Typed after it."]


def test_ones_own_change_whose_answer_was_lost_is_nobody_elses(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Mine {word}", body="One.")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.box("Text").fill("Two.")
    pattern = lose_answers(author, "PATCH")
    author.button("Save").click()
    expect(author.main.get_by_role("alert").first).to_be_visible()
    author.page.unroute(pattern)
    author.page.reload()
    expect(author.box("Text")).to_have_value("Two.")
    author.page.wait_for_timeout(300)
    expect(author.page.get_by_role("alertdialog")).to_have_count(0)
    assert author.evaluate(KEPT) == []

    author.box("Text").fill("Three.")
    pattern = lose_answers(author, "PATCH")
    author.button("Save").click()
    expect(author.main.get_by_role("alert").first).to_be_visible()
    author.page.unroute(pattern)
    author.box("Text").fill("Four.")
    author.save()
    assert alice.get(f"/articles/{article_id}").json()["body"] == "Four."


def test_the_text_of_a_deleted_article_can_be_saved_as_a_new_one(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Deleted {word}", body="One.")["id"]
    alice.wait_for(alice.upload(article_id, colours()["buffer"], filename="old.jpg"))
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.box("Text").fill("Two.")
    alice.delete(f"/articles/{article_id}")
    author.button("Save").click()
    expect(author.main.get_by_role("alert").first).to_contain_text("deleted")
    author.page.reload()
    expect(author.main.get_by_role("alert").first).to_contain_text("deleted")
    expect(author.box("Title")).to_have_value(f"Deleted {word}")
    expect(author.box("Text")).to_have_value("Two.")
    expect(author.pictures.get_by_role("listitem")).to_have_count(0)
    author.save("Save draft")

    author.page.wait_for_url(re.compile(r"#/articles/\w+/edit$"))
    assert author.article_id != article_id
    assert alice.get(f"/articles/{author.article_id}").json()["body"] == "Two."
    assert author.evaluate(KEPT) == []
    author.choose(colours("new.jpg"))
    expect(author.picture("new.jpg").get_by_role("img")).to_be_visible()


def test_saving_by_the_keyboard_while_it_is_being_published_withdraws_nothing(
    visit: Visit, alice: ApiClient, word: str
) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Out {word}", body="")
    author.save("Save draft")
    held = author.hold(re.compile(r"/articles/\w+$"), times=1)
    author.button("Publish").click()
    author.page.keyboard.press("Control+s")
    author.page.wait_for_timeout(200)
    author.let_go(held)
    expect(author.button("Withdraw")).to_be_visible()
    author.page.wait_for_timeout(800)
    assert alice.get(f"/articles/{author.article_id}").json()["status"] == "published"


def test_nothing_is_made_while_an_article_is_loading_or_where_it_is_not_ones_own(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Hers {word}")["id"]
    posts: list[str] = []
    stranger = visit("bob", at=f"#/articles/{article_id}/edit")
    stranger.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    expect(stranger.main.get_by_role("alert")).to_be_visible()
    paste = """(bytes) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([new Uint8Array(bytes)], 'early.jpg', {type: 'image/jpeg'}));
      document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}));
    }"""
    stranger.evaluate(paste, list(colours()["buffer"]))
    stranger.page.keyboard.press("Control+s")
    stranger.page.wait_for_timeout(500)
    assert posts == []

    author = visit("alice")
    author.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    held = author.hold(re.compile(f"/articles/{article_id}$"), times=1)
    author.page.goto(f"{author.url}/#/articles/{article_id}/edit")
    author.main.get_by_text("Loading").wait_for()
    author.page.keyboard.press("Control+s")
    author.evaluate(paste, list(colours()["buffer"]))
    author.page.wait_for_timeout(300)
    assert posts == []
    author.let_go(held)
    expect(author.picture("early.jpg").get_by_role("figure")).to_be_visible()
    assert not [url for url in posts if url.endswith("/articles")]


def test_who_comes_back_while_a_save_is_under_way_meets_nobody_else(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Hurry {word}", body="One.")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    held = save_held(author, article_id, "Two.")
    author.navigation.get_by_role("link", name="Labels").click()
    expect(author.heading).to_have_text("Labels")
    author.page.go_back()
    author.page.wait_for_timeout(500)
    author.let_go(held)
    expect(author.box("Text")).to_have_value("Two.")
    author.page.unroute(re.compile(f"/articles/{article_id}$"))
    author.box("Text").fill("Three.")
    author.page.wait_for_timeout(300)
    assert len(author.evaluate(KEPT)) == 1, "what is typed is kept"
    author.save()
    assert alice.get(f"/articles/{article_id}").json()["body"] == "Three."


def test_a_text_that_the_tab_has_no_room_for_is_there_again_after_looking_elsewhere(visit: Visit, word: str) -> None:
    full = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    author = visit("alice", at="#/new")
    author.evaluate(f"() => {{ {full} }}")
    author.write(title=f"Large {word}", body="A lot.")
    author.navigation.get_by_role("link", name="Labels").click()
    expect(author.heading).to_have_text("Labels")
    author.page.go_back()
    expect(author.box("Title")).to_have_value(f"Large {word}")
    expect(author.box("Text")).to_have_value("A lot.")


def test_discarding_leads_to_what_is_saved_by_now(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Discard {word}", body="One.")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.box("Text").fill("Mine.")
    author.page.reload()
    expect(author.button("Discard them")).to_be_visible()
    alice.patch(f"/articles/{article_id}", json={"body": "Theirs."})
    author.button("Save").click()
    author.conflict.get_by_role("button", name="Keep editing").click()
    author.button("Discard them").click()
    expect(author.box("Text")).to_have_value("Theirs.")
    assert "body" not in author.focused().split()[:1], "its button is gone, the focus is not"


def test_lines_are_compared_whatever_ends_them(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Ends {word}", body="One.\r\nTwo.\r\nThree.")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    author.box("Text").press("End")
    author.box("Text").press_sequentially("!")
    alice.patch(f"/articles/{article_id}", json={"body": "One.\r\nTwo.\r\nThree. Four."})
    author.button("Save").click()
    expect(author.conflict).to_be_visible()
    expect(author.conflict.locator("del")).to_have_text([re.compile("Three")])
    expect(author.conflict.locator("ins")).to_have_text([re.compile("Three")])


def test_a_save_that_ends_behind_a_list_does_no_harm_to_it(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Behind {word}", body="One.")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    held = save_held(author, article_id, "Two.")
    author.navigation.get_by_role("link", name="Mine").click()
    expect(author.main.get_by_role("article").nth(1)).to_be_visible()
    author.let_go(held)
    author.page.wait_for_timeout(500)
    author.page.mouse.wheel(0, 20_000)
    # The button goes by itself where more comes by itself.
    author.button("Show more").evaluate_all("(buttons) => buttons.forEach((button) => button.click())")
    author.page.wait_for_timeout(500)
    expect(author.main.get_by_role("article").nth(1)).to_be_visible()


def test_a_save_that_hangs_keeps_nobody_from_another_article(visit: Visit, alice: ApiClient, word: str) -> None:
    first, second = (alice.create_article(title=f"{which} {word}")["id"] for which in ("First", "Second"))
    author = visit("alice", at=f"#/articles/{first}/edit")
    held = save_held(author, first, "Hangs.")
    author.open(f"#/articles/{second}/edit")
    author.box("Text").fill("Goes on.")
    author.save()
    assert alice.get(f"/articles/{second}").json()["body"] == "Goes on."
    assert len(held) == 1
    with author.page.expect_response(lambda answer: answer.request.method == "PATCH" and first in answer.url):
        author.let_go(held)
    assert alice.get(f"/articles/{first}").json()["body"] == "Hangs."
