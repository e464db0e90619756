"""services/web/js/markdown.js in the browser, on Markdown that nobody thought of."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.e2e

# What Markdown can mean, and nothing else: no element here loads or runs anything.
# fmt: off
ELEMENTS = {
    "p", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "br", "table", "thead", "tbody", "tr", "th", "td", "input", "div",
}
ATTRIBUTES = {"href", "rel", "title", "start", "type", "checked", "disabled", "class", "tabindex", "role", "aria-label"}
PROTOCOLS = {"http:", "https:", "mailto:"}
PIECES = st.sampled_from([
    "*", "**", "_", "~~", "`", "```\n", "> ", "- ", "- [ ] ", "1. ", "# ", "###### ", "\n", "\n\n", "    ",
    "\t", "|", "|---|---|\n",
    "---\n", "[", "]", "(", ")", "](", "![", "][", "]: ", "<", ">", "</", "<!--", "-->", "&", "&lt;",
    "&#106;", "&colon;", "\\", '"', "'",
    "javascript:", "JAVASCRIPT:", "data:text/html,", "vbscript:", "http://", "https://example.org/",
    "//example.org", "mailto:a@b.c",
    "<script>", "<img src=x onerror=window.ran=1>", "<svg/onload=window.ran=1>", "onclick=", "style=",
    "<iframe srcdoc=",
    "\u0000", "\u0001", "\u200b", "\u202e", "\ufeff", "\u2028", "é", "名", "🙂", "www.example.org", "$lit$",
    "${1}", "<!--?lit$",
])
# fmt: on
WORDS = st.from_regex(re.compile(r"[a-z]{3,8}"), fullmatch=True)
MARKDOWN = st.lists(PIECES | WORDS | st.text(max_size=6), max_size=40).map("".join)

LOOK = """async (text) => {
  const { html, render } = await import(new URL('vendor/lit-html.js', document.baseURI));
  const { markdown } = await import(new URL('js/markdown.js', document.baseURI));
  const box = document.createElement('div');
  document.body.append(box);
  render(html`${markdown(text)}`, box);
  const all = [...box.querySelectorAll('*')];
  const found = {
    elements: [...new Set(all.map((e) => e.localName))],
    attributes: [...new Set(all.flatMap((e) => e.getAttributeNames()))],
    protocols: [...new Set(all.filter((e) => e.hasAttribute('href')).map((e) => e.protocol))],
    text: box.textContent,
    ran: window.ran ?? null,
  };
  box.remove();
  return found;
}"""


@pytest.fixture
def look(visit: Visit) -> Callable[[str], dict[str, Any]]:
    """What becomes of a Markdown text in a document."""
    window = visit()

    def render(text: str) -> dict[str, Any]:
        found: dict[str, Any] = window.evaluate(LOOK, text)
        return found

    return render


def test_whatever_is_written_only_harmless_elements_come_of_it_and_no_word_is_lost(
    look: Callable[[str], dict[str, Any]],
) -> None:
    @settings(
        max_examples=150, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate, Phase.shrink)
    )
    @given(MARKDOWN, WORDS)
    def harmless(text: str, word: str) -> None:
        found = look(f"{text}\n\n{word}")
        assert set(found["elements"]) <= ELEMENTS
        assert set(found["attributes"]) <= ATTRIBUTES
        assert set(found["protocols"]) <= PROTOCOLS
        assert found["ran"] is None
        if "]: " not in text and "[" not in text:  # a definition of a link is not shown
            assert word in found["text"]

    harmless()


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("plain", {"p"}),
        ("# one\n\n## two", None),
        ("**a** *b* ~~c~~ `d`", {"p", "strong", "em", "del", "code"}),
        ("> quote", {"blockquote", "p"}),
        ("1. one\n2. two", None),
        ("```\ncode\n```", {"pre", "code"}),
        ("<b>bold</b>", {"p"}),
        ("a  \nb", {"p", "br"}),
        ("---", {"hr"}),
        ("<https://example.org/>", {"p", "a"}),
    ],
)
def test_markdown_means_what_it_means_everywhere(
    look: Callable[[str], dict[str, Any]], text: str, elements: set[str] | None
) -> None:
    found = look(text)
    if elements is not None:
        assert set(found["elements"]) == elements
    assert found["text"].strip() or elements == {"hr"}


def test_an_article_as_long_as_can_be_is_shown_at_once(look: Callable[[str], dict[str, Any]]) -> None:
    found = look(("**word** [link](https://example.org/) `code`\n\n" * 3000)[:100_000])
    assert {"strong", "a", "code"} <= set(found["elements"])


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    ["[" * 20_000, "> " * 3_000 + "x", "*" * 20_000, "`" * 20_000, "- " * 2_000 + "x", "<" * 20_000, "|" * 20_000],
)
def test_depth_and_repetition_neither_hang_nor_break_it(look: Callable[[str], dict[str, Any]], text: str) -> None:
    found = look(text + "\n\nend")
    assert "end" in found["text"] or text[0] in found["text"]


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


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", LENGTHY)
def test_a_text_becomes_no_more_elements_than_it_has_characters(visit: Visit, kind: str) -> None:
    reader = visit()
    text = LENGTHY[kind]
    made = reader.evaluate(
        """async (text) => {
          const { markdown } = await import(new URL('js/markdown.js', document.baseURI));
          const { html, render } = await import(new URL('vendor/lit-html.js', document.baseURI));
          const box = document.createElement('div');
          render(html`${markdown(text)}`, box);
          return box.querySelectorAll('*').length;
        }""",
        text,
    )
    assert 0 < made <= len(text)
