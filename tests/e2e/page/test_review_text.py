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
