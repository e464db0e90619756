"""The whole story with nothing but a keyboard: the focus is always seen, and never lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

MOST_TABS = 80

# Whether something around what has the focus changes as long as it has it: outline, border, colour or shadow.
SEEN = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return false;
  const looks = (one) => { const s = getComputedStyle(one);
    return [s.outlineStyle === 'none' ? '' : s.outline, s.boxShadow, s.borderColor, s.backgroundColor].join(); };
  const s = getComputedStyle(e);
  if (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) return true;
  const before = looks(e);
  e.blur(); const without = looks(e); e.focus({focusVisible: true});
  return before !== without;
}"""


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, window: WebPage) -> None:
        self.window = window
        self.keys = window.page.keyboard

    def tab_to(self, role: str, name: str, *, back: bool = False) -> None:
        """Tabs on until that has the focus; each stop on the way must be seen to have it."""
        target = self.window.page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        expect(target).to_be_attached()
        passed: list[str] = []
        for _ in range(MOST_TABS):
            self.keys.press("Shift+Tab" if back else "Tab")
            passed.append(self.window.focused())
            if passed[-1].startswith("body"):
                continue  # the browser's own controls lie between the end and the beginning
            assert self.window.evaluate(SEEN), f"nothing shows that {passed[-1]} has the focus"
            if target.evaluate("(e) => e === document.activeElement"):
                return
        pytest.fail(f"no tab leads to {role} {name}: {passed}", pytrace=False)

    def press(self, key: str) -> None:
        self.keys.press(key)
        self.window.page.wait_for_timeout(50)

    def has_focus(self) -> None:
        """The focus is somewhere in the page: after pressing what goes away it must not be lost."""
        self.window.page.wait_for_timeout(150)
        assert not self.window.focused().startswith("body"), "the focus is lost"


def test_the_whole_story_with_a_keyboard(
    visit: Visit, alice: ApiClient, portraits: Callable[..., FilePayload], word: str
) -> None:
    author = visit("alice")
    person = Keyboard(author)

    # The first stop leads over the navigation.
    person.press("Tab")
    assert "Skip to content" in author.focused()
    person.press("Enter")
    assert author.evaluate("() => document.activeElement.closest('main') !== null"), author.focused()

    author.open("#/labels")
    person.tab_to("link", "Write", back=True)
    person.press("Enter")
    expect(author.heading).to_have_text("New article")
    person.has_focus()

    person.tab_to("textbox", "Title")
    author.page.keyboard.type(f"By hand {word}")
    person.tab_to("textbox", "Text")
    author.page.keyboard.type("Written *without* a mouse.")
    person.tab_to("textbox", "Tags")
    author.page.keyboard.type(word)
    person.tab_to("button", "Save draft")
    person.press("Enter")
    expect(author.status("Saved").first).to_be_visible()
    person.has_focus()
    article_id = author.wait_for_article()

    # The system's window for choosing files is not the page's.
    person.tab_to("button", "Add pictures") if author.pictures.get_by_role(
        "button", name="Add pictures"
    ).count() else None
    with author.page.expect_file_chooser() as chooser:
        author.pictures.get_by_label("Add pictures").focus()
        person.press("Enter")
    chooser.value.set_files([portraits("by hand.jpg")])
    item = author.picture("by hand.jpg")
    expect(item.get_by_role("list", name="Labels")).to_be_visible()
    person.has_focus()

    person.tab_to("button", "Face,")
    expect(item.locator("svg rect:visible")).not_to_have_count(0)
    person.press("Space")
    expect(item.get_by_role("button", name="Face,")).to_have_attribute("aria-pressed", "true")
    person.press("Space")
    expect(item.get_by_role("button", name="Face,")).to_have_attribute("aria-pressed", "false")

    person.tab_to("button", "Publish", back=True)
    person.press("Enter")
    expect(author.button("Withdraw")).to_be_visible()
    person.has_focus()
    assert alice.get(f"/articles/{article_id}").json()["status"] == "published"

    person.tab_to("button", "Remove by hand.jpg")
    person.press("Enter")
    expect(author.page.get_by_role("dialog")).to_be_visible()
    person.has_focus()
    person.tab_to("button", "Remove it")
    person.press("Enter")
    expect(author.picture("by hand.jpg")).to_have_count(0)
    person.has_focus()

    author.open(f"#/articles/{article_id}")
    person.tab_to("button", "Delete")
    person.press("Enter")
    expect(author.page.get_by_role("dialog")).to_be_visible()
    person.has_focus()
    person.press("Escape")
    expect(author.page.get_by_role("dialog")).to_have_count(0)
    assert "Delete" in author.focused(), "Escape leads back to what was pressed"
    person.press("Enter")
    person.tab_to("button", "Delete it")
    person.press("Enter")
    expect(author.heading).not_to_have_text(f"By hand {word}")
    person.has_focus()
    assert alice.get(f"/articles/{article_id}").status_code == 404


def test_a_conflict_is_heard_of_and_solved_with_a_keyboard(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Shared {word}", body="Before.")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    person = Keyboard(author)
    expect(author.box("Text")).to_have_value("Before.")
    alice.patch(f"/articles/{article_id}", json={"body": "Theirs."})
    author.box("Text").fill("Mine.")
    person.press("Control+s")
    expect(author.conflict).to_be_visible()
    person.has_focus()

    person.tab_to("button", "Keep editing")
    person.press("Enter")
    expect(author.page.get_by_text("Someone else saved first")).to_have_count(0)
    person.has_focus()
    person.press("Control+s")
    expect(author.status("Saved").first).to_be_visible()
    assert alice.get(f"/articles/{article_id}").json()["body"] == "Mine."


def test_going_elsewhere_begins_where_the_new_view_begins(visit: Visit) -> None:
    reader = visit()
    person = Keyboard(reader)
    person.tab_to("link", "Labels")
    person.press("Enter")
    expect(reader.heading).to_have_text("Labels")
    person.has_focus()
    assert reader.evaluate("() => document.activeElement.closest('main') !== null")
    assert "Labels" in reader.page.title()
