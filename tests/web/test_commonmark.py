"""services/web/js/markdown.js on the examples of CommonMark's specification, in a browser. What differs is named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, Route

from local.layout import CHECKOUT
from tests import npm

WEB = CHECKOUT / "services" / "web"
ORIGIN = "http://page.test"
TYPES = {".html": "text/html", ".js": "text/javascript"}

# Both texts as trees of what counts. Beforehand the specification's takes over what we do otherwise on purpose: a title
# is above all headings of a text, a link leads to the web or nowhere, and a picture from elsewhere is a link to it.
SHOWN = """async ([text, expected]) => {
  const { html, render } = await import('/vendor/lit-html.js');
  const { markdown } = await import('/js/markdown.js');
  const allowed = (href) => URL.canParse(href) && ['http:', 'https:', 'mailto:'].includes(new URL(href).protocol);
  const link = (href, words) => {
    const made = document.createElement(allowed(href) ? 'a' : 'span');
    if (allowed(href)) made.setAttribute('href', new URL(href).href);
    made.append(...words);
    return made;
  };
  const tree = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE) return '';
    const name = node.localName;
    const inside = [...node.childNodes].map(tree).join('');
    if (name === 'span') return inside;
    const kept = ['href', 'start'].filter((one) => node.hasAttribute(one) && node.getAttribute(one) !== '1');
    return `<${name}${kept.map((one) => ` ${one}=${node.getAttribute(one)}`).join('')}>${inside}</${name}>`;
  };
  const settled = (body) => [...body.childNodes].map(tree).join('')
    .replace(/\\s+/g, ' ')
    .replace(/ *(<\\/?(?:p|ul|ol|li|blockquote|pre|h\\d|hr|br)(?: [^>]*)?>) */g, '$1')
    .replace(/ *(<\\/code>)(<\\/pre>)/g, '$1$2');
  const ours = document.createElement('div');
  render(html`${markdown(text)}`, ours);
  for (const one of ours.querySelectorAll('a')) one.setAttribute('href', new URL(one.getAttribute('href')).href);
  const theirs = new DOMParser().parseFromString(expected, 'text/html').body;
  const all = (names) => theirs.querySelectorAll(names);
  for (const one of all('img')) one.replaceWith(link(one.getAttribute('src'), [one.alt || 'Picture']));
  for (const one of all('a')) one.replaceWith(link(one.getAttribute('href'), [...one.childNodes]));
  for (const one of all('h1, h2, h3, h4, h5')) {
    const lower = document.createElement(`h${Number(one.localName[1]) + 1}`);
    lower.append(...one.childNodes);
    one.replaceWith(lower);
  }
  return [settled(ours), settled(theirs)];
}"""

WITHOUT = ("HTML blocks", "Raw HTML", "Link reference definitions")
DEFINITION = re.compile(r"^[ >]*\[[^\]]*\]:", re.MULTILINE)
ELEMENT = re.compile(r"<(?!https?:|mailto:)[A-Za-z/!?][^>]*>")
DIFFERENT = {
    "of the named entities, only those that people type": {25},
    "tabs count at the beginning of a line alone": {5, 6, 7},
    "a line without a > goes on with a quote's heading or block of code, too": {
        93,
        236,
        237,
    },
    "how far apart a list's entries stand": {264, 270, 271, 280, 318},
    "an address with brackets in brackets, a title in brackets": {496, 505},
    "emphasis that begins before a bracket and ends in it": {523},
    "brackets in brackets; Markdown in a picture's description": {
        520,
        526,
        574,
        575,
    },
    "the browser encodes addresses": {20, 603},
    "an address is a link by itself, as in GitHub's Markdown": {602, 608, 611},
}
"""What else differs, by the specification's numbers. HTML, and definitions of links, are text: see WITHOUT."""


class Example(NamedTuple):
    """One of the specification."""

    number: int
    section: str
    text: str
    html: str


def examples() -> Iterator[Example]:
    """All of them, from spec.txt."""
    spec = (npm.install(Path(__file__).parent) / "commonmark-spec" / "spec.txt").read_text().replace("→", "\t")
    found = re.finditer(r"^#{1,6} +(.+)$|^`{32} example\n([\s\S]*?)^\.\n([\s\S]*?)^`{32}$", spec, re.MULTILINE)
    section, number = "", 0
    for title, text, html in (one.groups() for one in found):
        if title:
            section = title
            continue
        number += 1
        yield Example(number, section, text, html)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty document that can import the modules."""
    page = browser.new_page()

    def serve(route: Route) -> None:
        path = WEB / route.request.url.removeprefix(f"{ORIGIN}/")
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")
    yield page
    page.close()


def test_it_reads_markdown_as_the_specification_does_but_where_that_is_said(page: Page) -> None:
    different = set()
    for one in examples():
        ours, theirs = page.evaluate(SHOWN, [one.text, one.html])
        left_out = one.section in WITHOUT or DEFINITION.search(one.text) or ELEMENT.search(one.text)
        if ours != theirs and not left_out:
            different.add(one.number)
            print(one.number, one.section, repr(one.text), ours, theirs, sep="\n    ")

    assert different == set.union(*DIFFERENT.values())
