"""GET /docs in a real browser: a person signs in with a token, tries a call, reads the answer; nothing else is reached.

GAZETTE_DOCS_IMAGE=docs/images/docs-page.png keeps a picture of the page.
"""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(10_000)
    yield page
    page.close()


def test_a_person_reads_the_document_and_tries_a_call_with_a_token(
    page: Page, stack: RunningStack, alice: ApiClient
) -> None:
    title = f"Seen in a browser {os.urandom(4).hex()}"
    alice.post("/articles", json={"title": title, "body": "by its author", "status": "draft"})
    complaints: list[str] = []
    asked: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{stack.outputs['api_url']}/docs")
    expect(page.get_by_role("heading", name="Gazette")).to_be_visible()

    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("Value:").fill(stack.users.token("alice"))
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Apply credentials").click()
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Close").click()

    operation = page.locator("#operations-articles-list_articles")
    operation.locator(".opblock-summary-control").click()
    operation.locator("tr[data-param-name=author] input").fill("me")
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").nth(1)).to_contain_text("200")
    expect(answer).to_contain_text(title)

    if "GAZETTE_DOCS_IMAGE" in os.environ:
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=os.environ["GAZETTE_DOCS_IMAGE"])
    assert complaints == []
    own = urlsplit(stack.outputs["api_url"]).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {own}
