"""Whatever button vanishes: the focus stays in the page, near to where it was."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.e2e


def test_asking_again_after_a_problem_keeps_the_focus(visit: Visit, word: str) -> None:
    reader = visit(at="#/labels")
    reader.page.route(re.compile(r"/articles\?"), lambda route: route.abort("connectionrefused"))
    reader.page.goto(f"{reader.url}/#/?tag={word}")
    reader.button("Try again").wait_for()
    reader.page.unroute(re.compile(r"/articles\?"))
    reader.button("Try again").press("Enter")
    expect(reader.main.get_by_text("Nothing here yet.")).to_be_visible()
    assert reader.focused().startswith("main")


def test_the_last_page_takes_its_button_away_but_not_the_focus(visit: Visit, alice: ApiClient, word: str) -> None:
    for number in range(22):
        alice.create_article(title=f"{word} number {number}", tags=[word])
    unseen = "window.IntersectionObserver = class { observe() {} disconnect() {} };"
    reader = visit(at=f"#/?tag={word}", script=unseen)
    more = reader.button("Show more")
    more.press("Enter")
    expect(reader.main.get_by_text("That is all.")).to_be_visible()
    assert f"{word} number 1" in reader.focused()


def test_more_that_comes_by_itself_takes_no_focus_away(visit: Visit, alice: ApiClient, word: str) -> None:
    for number in range(22):
        alice.create_article(title=f"{word} number {number}", tags=[word])
    late = """
      window.observers = [];
      window.IntersectionObserver = class {
        constructor(hear) { window.observers.push(hear); } observe() {} disconnect() {}
      };"""
    reader = visit(at=f"#/?tag={word}", script=late)
    reader.button("Show more").focus()
    reader.evaluate("() => window.observers.at(-1)([{isIntersecting: true}])")
    expect(reader.main.get_by_text("That is all.")).to_be_visible()
    assert not reader.focused().startswith("body")


def test_the_last_labels_take_their_button_away_but_not_the_focus(visit: Visit) -> None:
    reader = visit()
    pages = [
        {"items": [{"name": f"Label {at}", "images": 1} for at in range(3)], "next_cursor": "more"},
        {"items": [{"name": "Last", "images": 1}], "next_cursor": None},
    ]
    headers = {"Access-Control-Allow-Origin": "*"}
    reader.page.route(re.compile(r"/labels\?"), lambda route: route.fulfill(json=pages.pop(0), headers=headers))
    reader.open("#/labels")
    reader.button("Show more").press("Enter")
    expect(reader.link("Last")).to_be_visible()
    assert "Last" in reader.focused()
