"""Articles newest first, page after page."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

MORE_THAN_TWO_PAGES = 45
# Somebody who does not scroll: nothing is ever seen to come near.
UNSEEN = "window.IntersectionObserver = class { observe() {} unobserve() {} disconnect() {} };"


def titles(window: WebPage) -> list[str]:
    return window.main.get_by_role("article").get_by_role("heading", level=2).all_inner_texts()


@pytest.fixture
def many(alice: ApiClient, word: str) -> list[str]:
    """The titles of articles under one tag, newest first."""
    made = [f"{word} number {number}" for number in range(MORE_THAN_TWO_PAGES)]
    for title in made:
        alice.create_article(title=title, tags=[word])
    return made[::-1]


def test_scrolling_leads_through_all_of_them_once_while_somebody_publishes(
    visit: Visit, alice: ApiClient, word: str, many: list[str]
) -> None:
    reader = visit(at=f"#/?tag={word}")
    expect(reader.main.get_by_role("article").nth(19)).to_be_visible()
    assert titles(reader)[:20] == many[:20]
    first = len(titles(reader))
    assert first < MORE_THAN_TWO_PAGES, "not everything is fetched at once"

    alice.create_article(title=f"{word} published meanwhile", tags=[word])
    for _ in range(20):
        if reader.main.get_by_text("That is all.").is_visible():
            break
        reader.page.mouse.wheel(0, 20_000)
        reader.page.wait_for_timeout(100)
    expect(reader.main.get_by_text("That is all.")).to_be_visible()

    assert titles(reader) == many, "in their order, none twice, none missing"


def test_a_button_shows_more_for_those_who_do_not_scroll(visit: Visit, word: str, many: list[str]) -> None:
    reader = visit(at=f"#/?tag={word}", script=UNSEEN)
    expect(reader.main.get_by_role("article")).to_have_count(20)
    reader.button("Show more").click()
    expect(reader.main.get_by_role("article")).to_have_count(40)
    reader.button("Show more").click()
    expect(reader.main.get_by_role("article")).to_have_count(MORE_THAN_TWO_PAGES)
    expect(reader.button("Show more")).to_have_count(0)
    assert titles(reader) == many


@pytest.mark.usefixtures("many")
def test_a_page_that_does_not_come_is_asked_for_again(visit: Visit, word: str) -> None:
    reader = visit(at=f"#/?tag={word}", script=UNSEEN)
    expect(reader.main.get_by_role("article")).to_have_count(20)
    reader.page.route(re.compile(r"/articles\?.*cursor="), lambda route: route.abort("connectionreset"), times=1)
    reader.button("Show more").click()
    expect(reader.main.get_by_role("alert")).to_be_visible()
    expect(reader.main.get_by_role("article")).to_have_count(20)

    reader.button("Show more").click()
    expect(reader.main.get_by_role("article")).to_have_count(40)
    expect(reader.main.get_by_role("alert")).to_have_count(0)


def test_drafts_are_among_ones_own_and_nowhere_else(visit: Visit, alice: ApiClient, word: str) -> None:
    alice.create_article(title=f"Unfinished {word}", status="draft", tags=[word])
    author = visit("alice")
    author.navigation.get_by_role("link", name="Mine").click()
    expect(author.heading).to_have_text("My articles")
    mine = author.main.get_by_role("article").filter(has_text=f"Unfinished {word}")
    expect(mine.get_by_text("Draft", exact=True)).to_be_visible()

    author.open(f"#/?tag={word}")
    expect(author.main.get_by_text("Nothing here yet.")).to_be_visible()


def test_what_is_not_there_says_so(visit: Visit) -> None:
    window = visit(at="#/articles/01JD9Z6M3T8Q4V7W2X5Y1Z0ABC")
    expect(window.heading).to_have_text(re.compile("not found", re.IGNORECASE))
    window.open("#/no/such/place")
    expect(window.heading).to_be_visible()
    expect(window.main.get_by_role("link").first).to_be_visible()
