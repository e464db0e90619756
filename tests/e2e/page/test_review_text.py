"""Text that means something to a program: names that every object has."""

import pytest
from playwright.sync_api import expect

from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.e2e


def test_entities_that_are_none_are_text(visit: Visit) -> None:
    author = visit("alice", at="#/new")
    text = "&constructor; &toString; &__proto__; &hasOwnProperty; [link](https://example.org/&constructor;)"
    author.box("Text").fill(text)
    expect(author.preview.get_by_role("paragraph")).to_have_text(text.split("[", 1)[0] + "link")
    expect(author.preview.get_by_role("link")).to_have_attribute("href", "https://example.org/&constructor;")


LONG = 100_000  # characters: about what an article may have
# Of each kind as much as fits: some parsers take minutes for one of these, or make millions of cells of it.
LENGTHY = {
    "a wide table": "|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "x\n" * (LONG // 2 - 900),
    "emphasis": "*a_b~~c**" * (LONG // 9),
    "brackets": "![" * (LONG // 2),
    "links that don't end": "[a](<b " * (LONG // 7),
    "a lazy quote": "> a\n" + "b\n" * (LONG // 2),
    "backticks": " ".join("`" * number for number in range(1, 440)),
    "addresses": ("http://a.b/" + "(" * 900 + ")" * 1000) * 52,
}


@pytest.mark.parametrize("kind", LENGTHY)
def test_no_text_keeps_its_readers_waiting(visit: Visit, kind: str) -> None:
    reader = visit()
    took = reader.evaluate(
        """async (text) => {
          const { markdown } = await import(new URL('js/markdown.js', document.baseURI));
          const { html, render } = await import(new URL('vendor/lit-html.js', document.baseURI));
          const began = performance.now();
          render(html`${markdown(text)}`, document.createElement('div'));
          return performance.now() - began;
        }""",
        LENGTHY[kind],
    )
    assert took < 4000, "on a machine that is busy with other tests"
