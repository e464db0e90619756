"""The page in a browser: each test has windows of its own, and fails where one of them had something to complain of."""

import io
import json
import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload

from local.layout import CHECKOUT
from tests import npm
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.e2e.page.web_page import SIGNED_IN, WATCH, WebPage, payload, with_comment

DESKTOP = {"width": 1200, "height": 900}


class Visit(Protocol):
    """Opens a window: of that user, or of somebody without a token."""

    def __call__(
        self, username: str | None = None, *, group: str | None = None, at: str = "#/", **options: Any
    ) -> WebPage:
        """`options` are those of a playwright context: color_scheme, viewport, …"""
        ...


@pytest.fixture(scope="session")
def session_of(browser: Browser, stack: RunningStack) -> Callable[[str, str | None], dict[str, str]]:
    """What the page keeps in sessionStorage once that user has signed in: done once a user, for it takes a second."""
    known: dict[tuple[str, str | None], dict[str, str]] = {}

    def session(username: str, group: str | None) -> dict[str, str]:
        if (username, group) not in known:
            page = browser.new_page()
            window = WebPage(page, stack)
            window.open()
            window.sign_in(username, stack.users.password(username, group))
            known[username, group] = page.evaluate("() => ({...sessionStorage})")
            page.close()
            assert window.complaints == []
        return known[username, group]

    return session


@pytest.fixture
def visit(
    browser: Browser, stack: RunningStack, session_of: Callable[[str, str | None], dict[str, str]]
) -> Iterator[Visit]:
    """A window for everybody who takes part; all are closed at the end, and must have had nothing to complain of."""
    windows: list[WebPage] = []

    def open_window(
        username: str | None = None, *, group: str | None = None, at: str = "#/", script: str = "", **options: Any
    ) -> WebPage:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", "timezone_id": "UTC", **options})
        context.add_init_script(WATCH)
        if script:
            context.add_init_script(script)
        if username:
            kept = session_of(username, group)
            context.add_init_script(SIGNED_IN % json.dumps([stack.outputs["page_url"], kept]))
        window = WebPage(context.new_page(), stack)
        windows.append(window)
        window.open(at)
        return window

    yield open_window
    for window in windows:
        window.page.context.close()
    assert [complaint for window in windows for complaint in window.complaints] == []


@pytest.fixture
def word() -> str:
    """A word that no other test has: in a title it finds the article, as a tag it lists what a test made."""
    return f"w{secrets.token_hex(4)}"


@pytest.fixture
def article_id(alice: ApiClient, word: str) -> str:
    """A draft of alice's."""
    identity: str = alice.create_article(title=f"With pictures {word}")["id"]
    return identity


@pytest.fixture
def author(visit: Visit, article_id: str) -> WebPage:
    """alice, about to add pictures to it."""
    return visit("alice", at=f"#/articles/{article_id}/edit")


@pytest.fixture
def portraits() -> Callable[..., FilePayload]:
    """Files of the demo's photograph, as many as are asked for, each with a comment of its own."""
    original = (CHECKOUT / "local" / "demo" / "photograph.jpg").read_bytes()

    def portrait(name: str = "photograph.jpg") -> FilePayload:
        return payload(with_comment(original), name)

    return portrait


@pytest.fixture
def colours() -> Callable[..., FilePayload]:
    """Small pictures of nothing but noise: what takes no face detector long."""

    def colour(name: str = "colour.jpg", size: tuple[int, int] = (160, 120)) -> FilePayload:
        content = io.BytesIO()
        noise = Image.frombytes("RGB", (16, 12), os.urandom(16 * 12 * 3))
        noise.resize(size, Image.Resampling.NEAREST).save(content, "JPEG")
        return payload(content.getvalue(), name)

    return colour


@pytest.fixture(scope="session")
def axe_script() -> str:
    """axe-core, which finds what people with a screen reader or little sight would stumble over."""
    return (npm.install(CHECKOUT / "tests" / "web") / "axe-core" / "axe.min.js").read_text()
