"""axe finds nothing in any view or state, in light and dark, on a phone; size, motion and contrast are people's own."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import DESKTOP, Visit
from tests.e2e.page.web_page import WebPage, payload

pytestmark = pytest.mark.e2e

NARROWEST = {"width": 320, "height": 640}
SMALLEST_TARGET = 24
LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light", "viewport": DESKTOP},
    {"color_scheme": "dark", "viewport": NARROWEST},
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Check = Callable[[WebPage, str], None]


def axe(window: WebPage, state: str) -> None:
    """Nothing that axe knows of is wrong; nothing runs over the window's side; targets are large enough for a thumb."""
    window.page.wait_for_timeout(250)  # a colour on its way from one to the other has no contrast
    found = window.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", RULES
    )
    said = [
        f"{state}: {one['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert said == [], "\n".join(said)
    fits(window, state)


def fits(window: WebPage, state: str) -> None:
    """WCAG 1.4.10 and 2.5.8. Links in a line of text are let off, as there."""
    wide = window.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= width) return [];
          const over = (e) => e.getBoundingClientRect().right > width + 1;
          const found = [...document.querySelectorAll('body *')].filter(over).map((e) => e.outerHTML.slice(0, 120));
          return found.length ? found : ['something that is no element'];
        }"""
    )
    assert wide == [], f"{state}: wider than the window"
    small = window.evaluate(
        """(least) => [...document.querySelectorAll('button, input, select, textarea, summary, a[href]')]
          .map((e) => [e, e.getBoundingClientRect(), getComputedStyle(e)])
          .filter(([e, box, style]) => box.width && style.visibility !== 'hidden' && box.right > 0 && box.bottom > 0
            && !(e.localName === 'a' && style.display === 'inline')
            && (box.width < least - 0.5 || box.height < least - 0.5))
          .map(([e, box]) => `${e.outerHTML.slice(0, 100)} ${box.width} × ${box.height}`)""",
        SMALLEST_TARGET,
    )
    assert small == [], f"{state}: too small to hit"


@pytest.fixture
def portrait_id(alice: ApiClient, portraits: Callable[..., FilePayload], word: str) -> str:
    """An article with a portrait, and with all that Markdown has."""
    body = (
        "# One\n\n## Two\n\ntext with [a link](https://example.org/) and `code`\n\n> quote\n\n- a\n- b\n\n"
        "```\nlong code " + "x" * 200 + "\n```\n\n| a | b |\n|---|---|\n| " + "wide" * 40 + " | 2 |\n\n" + "long" * 60
    )
    article = alice.create_article(title=f"Portrait {word} {'long' * 20}", body=body, tags=[word, "portrait", "t" * 50])
    alice.wait_for(alice.upload(article["id"], portraits()["buffer"], alt="A portrait"))
    return str(article["id"])


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look['color_scheme']}-{look['viewport']['width']}")
def test_what_a_reader_sees(visit: Visit, portrait_id: str, axe_script: str, look: dict[str, Any]) -> None:
    reader = visit(script=axe_script, **look)
    expect(reader.main.get_by_role("article").first).to_be_visible()
    axe(reader, "feed")

    reader.open(f"#/articles/{portrait_id}")
    face = reader.pictures.get_by_role("button", name=re.compile("^Face, "))
    face.click()
    expect(face).to_have_attribute("aria-pressed", "true")
    axe(reader, "article with a pinned box")

    reader.open("#/labels")
    expect(reader.main.get_by_role("link", name=re.compile("^Face"))).to_be_visible()
    reader.main.get_by_role("searchbox").fill("a")
    axe(reader, "labels")

    reader.open("#/labels/Face")
    expect(reader.main.get_by_role("img").first).to_be_visible()
    axe(reader, "a label's page")

    reader.open("#/articles/01JD9Z6M3T8Q4V7W2X5Y1Z0ABC")
    axe(reader, "not found")
    reader.open("#/new")
    axe(reader, "asked to sign in")


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look['color_scheme']}-{look['viewport']['width']}")
def test_what_an_author_sees(
    visit: Visit,
    alice: ApiClient,
    portrait_id: str,
    axe_script: str,
    colours: Callable[..., FilePayload],
    look: dict[str, Any],
) -> None:
    author = visit("alice", script=axe_script, **look)
    author.open("#/new")
    axe(author, "new article")
    author.box("Title").fill("x")
    author.box("Tags").fill(", ".join(f"tag{number}" for number in range(21)))
    author.button("Save draft").click()
    expect(author.box("Tags")).to_have_attribute("aria-invalid", "true")
    axe(author, "a field that is refused")

    author.open(f"#/articles/{portrait_id}/edit")
    expect(author.pictures.get_by_role("img").first).to_be_visible()
    author.stack.rekognition.moderate_next(["Explicit Nudity"])
    author.choose(colours("rejected.jpg"))
    expect(author.picture("rejected.jpg").get_by_text("Rejected")).to_be_visible()
    author.choose([payload(b"no picture", "broken.jpg"), payload(b"", "empty.jpg")])
    expect(author.picture("broken.jpg").get_by_text("Failed")).to_be_visible()
    with author.slow_uploads() as held:
        author.choose([colours(f"{number}.jpg") for number in range(4)])
        expect(author.pictures.get_by_role("progressbar")).to_have_count(3)
        axe(author, "editor with uploads in every state")
        author.page.wait_for_timeout(100)
        for route in held:
            route.abort("connectionreset")
        held.clear()

    alice.patch(f"/articles/{portrait_id}", json={"body": "Theirs."})
    author.box("Text").fill("Mine.\n\n" + "wide" * 60)
    author.button("Save").click()
    expect(author.page.get_by_text("Someone else saved first")).to_be_visible()
    axe(author, "conflict")

    author.open(f"#/articles/{portrait_id}")
    author.button("Delete").click()
    expect(author.page.get_by_role("dialog")).to_be_visible()
    axe(author, "dialog")
    author.page.keyboard.press("Escape")
    author.open("#/mine")
    expect(author.main.get_by_role("article").first).to_be_visible()
    axe(author, "my articles")


def test_light_and_dark_are_different_and_the_systems_choice(visit: Visit) -> None:
    look = "() => [document.documentElement, document.body].map((e) => getComputedStyle(e).backgroundColor).join()"
    light, dark = (visit(color_scheme=scheme).evaluate(look) for scheme in ("light", "dark"))
    assert light != dark


def test_nothing_moves_for_those_who_asked_for_that(visit: Visit, portrait_id: str) -> None:
    moving = """() => [...document.querySelectorAll('*')].filter((e) => {
      const s = getComputedStyle(e);
      return [...s.transitionDuration.split(','), ...(s.animationName === 'none' ? [] : s.animationDuration.split(','))]
        .some((time) => parseFloat(time) > 0.02) || s.scrollBehavior === 'smooth';
    }).map((e) => e.outerHTML.slice(0, 80))"""
    reader = visit(at=f"#/articles/{portrait_id}", reduced_motion="reduce")
    expect(reader.pictures.get_by_role("img").first).to_be_visible()
    assert reader.evaluate(moving) == []


def looks(one: Locator) -> str:
    """What tells an element from another without its text."""
    seen: str = one.evaluate(
        """(e) => {
          const s = getComputedStyle(e);
          return [s.borderColor, s.borderWidth, s.outline, s.color, s.backgroundColor].join();
        }"""
    )
    return seen


def test_forced_colours_leave_the_boxes_and_the_pressed_chip_to_be_seen(visit: Visit, portrait_id: str) -> None:
    reader = visit(at=f"#/articles/{portrait_id}", forced_colors="active")
    face = reader.pictures.get_by_role("button", name=re.compile("^Face, "))
    reader.heading.hover()
    before = looks(face)
    face.click()
    reader.heading.hover()
    face.blur()
    assert looks(face) != before
    stroke = reader.pictures.locator("svg rect").first.evaluate("(e) => getComputedStyle(e).stroke")
    assert stroke not in ("none", "")


@pytest.mark.parametrize("width", [320, 390])
def test_text_twice_as_large_still_fits_a_phone(visit: Visit, portrait_id: str, width: int) -> None:
    larger = "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; });"
    reader = visit(at=f"#/articles/{portrait_id}", viewport={"width": width, "height": 800}, script=larger)
    expect(reader.pictures.get_by_role("img").first).to_be_visible()
    assert reader.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), json.dumps(width)
