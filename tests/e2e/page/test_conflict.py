"""Two people change the same article: the second one is told, sees what the other wrote, and loses nothing."""

import pytest
from playwright.sync_api import expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

BEFORE = "The first line.\n\nThe second line.\n\nThe third line."
THEIRS = "The first line.\n\nA line of theirs.\n\nThe third line."
MINE = "The first line.\n\nThe second line.\n\nA line of mine."


@pytest.fixture
def both(visit: Visit, alice: ApiClient, word: str) -> tuple[str, WebPage]:
    """An article that an editor has changed since alice began, and alice's window, where she has just tried to save."""
    article_id = alice.create_article(title=f"Shared {word}", body=BEFORE, tags=[word])["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    other = visit("erin", group="editors", at=f"#/articles/{article_id}")
    expect(author.box("Text")).to_have_value(BEFORE)
    other.link("Edit").click()
    expect(other.box("Text")).to_have_value(BEFORE)

    other.box("Text").fill(THEIRS)
    other.box("Title").fill(f"Theirs {word}")
    other.save("Save")
    author.box("Text").fill(MINE)
    author.box("Tags").fill(f"{word}, mine")
    author.button("Save").click()
    expect(author.page.get_by_text("Someone else saved first")).to_be_visible()
    return article_id, author


def test_the_conflict_shows_both_and_what_differs(both: tuple[str, WebPage], alice: ApiClient, word: str) -> None:
    article_id, author = both

    expect(author.conflict).to_contain_text(f"Theirs {word}")
    changed = {kind: " ".join(author.conflict.locator(kind).all_inner_texts()) for kind in ("ins", "del")}
    assert "A line of mine." in changed["ins"] + changed["del"]
    assert "A line of theirs." in changed["ins"] + changed["del"]
    assert "The first line." not in changed["ins"] + changed["del"]
    for name in ("Save mine over theirs", "Take theirs", "Keep editing"):
        expect(author.conflict.get_by_role("button", name=name)).to_be_visible()
    assert alice.get(f"/articles/{article_id}").json()["body"] == THEIRS, "nothing is overwritten unasked"


def test_mine_can_go_over_theirs(both: tuple[str, WebPage], alice: ApiClient, word: str) -> None:
    article_id, author = both
    author.conflict.get_by_role("button", name="Save mine over theirs").click()
    expect(author.status("Saved").first).to_be_visible()

    saved = alice.get(f"/articles/{article_id}").json()
    assert (saved["title"], saved["body"], saved["tags"]) == (f"Shared {word}", MINE, [word, "mine"])
    expect(author.page.get_by_text("Someone else saved first")).to_have_count(0)


def test_theirs_can_be_taken(both: tuple[str, WebPage], alice: ApiClient, word: str) -> None:
    article_id, author = both
    author.conflict.get_by_role("button", name="Take theirs").click()

    expect(author.box("Text")).to_have_value(THEIRS)
    expect(author.box("Title")).to_have_value(f"Theirs {word}")
    author.box("Text").fill(THEIRS + " And more.")
    author.save("Save")
    assert alice.get(f"/articles/{article_id}").json()["body"] == THEIRS + " And more."


def test_editing_goes_on_and_the_next_save_is_against_theirs(
    both: tuple[str, WebPage], alice: ApiClient, word: str
) -> None:
    article_id, author = both
    author.conflict.get_by_role("button", name="Keep editing").click()
    expect(author.box("Text")).to_have_value(MINE)
    expect(author.box("Tags")).to_have_value(f"{word}, mine")
    author.box("Text").fill(MINE.replace("The second line.", "A line of theirs."))
    author.save("Save")
    assert alice.get(f"/articles/{article_id}").json()["body"] == MINE.replace("The second line.", "A line of theirs.")


def test_a_second_change_of_theirs_is_a_second_conflict(both: tuple[str, WebPage], alice: ApiClient) -> None:
    article_id, author = both
    assert alice.patch(f"/articles/{article_id}", json={"body": "Once more."}).status_code == 200
    author.conflict.get_by_role("button", name="Save mine over theirs").click()

    expect(author.conflict).to_contain_text("Once more.")
    assert alice.get(f"/articles/{article_id}").json()["body"] == "Once more."


def test_what_somebody_deleted_meanwhile_is_not_lost(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Gone {word}", body=BEFORE)["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    expect(author.box("Text")).to_have_value(BEFORE)
    alice.delete(f"/articles/{article_id}")
    author.box("Text").fill(MINE)
    author.button("Save").click()

    expect(author.main.get_by_role("alert").first).to_be_visible()
    expect(author.box("Text")).to_have_value(MINE)
