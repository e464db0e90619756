"""The page as it is in AWS: the API under its own origin, at /<stage>; config.json names no host of it."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, FilePayload, expect

from local.layout import CHECKOUT
from local.page.headers import security_headers
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.e2e.page.conftest import DESKTOP
from tests.e2e.page.web_page import SIGNED_IN, WATCH, WebPage

pytestmark = pytest.mark.e2e

STAGE = "/dev"
ELSEWHERE = {"host", "connection", "accept-encoding", "origin"}
OWN = {"connection", "content-encoding", "content-length", "transfer-encoding", "content-security-policy"}


@pytest.fixture
def one_origin(stack: RunningStack) -> Iterator[str]:
    """Hands /dev/* to the API and everything else to the page, as CloudFront does; gives its address."""
    template = json.loads((CHECKOUT / "services" / "web" / "security_headers.json").read_text())
    known = {name: value for name, value in stack.outputs.items() if name != "api_url"}
    policy = security_headers(template, known)["Content-Security-Policy"]
    names = {"api_url": STAGE, "sign_in_url": known["sign_in_url"], "client_id": known["user_pool_client_id"]}

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ELSEWHERE}
            if self.path == "/config.json":
                self.send(200, {"Content-Type": "application/json"}, json.dumps(names).encode())
                return
            is_call = self.path.startswith(f"{STAGE}/")
            url = known["page_url"] + self.path
            if is_call:
                url = stack.outputs["api_url"] + self.path.removeprefix(STAGE)
            with requests.Session() as session:
                session.trust_env = False
                found = session.request(self.command, url, data=body, headers=headers, timeout=30)
            kept = {name: value for name, value in found.headers.items() if name.lower() not in OWN}
            kept = {name: value for name, value in kept.items() if not name.lower().startswith("access-control-")}
            if not is_call:
                kept["Content-Security-Policy"] = policy
            self.send(found.status_code, kept, found.content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the base class names them so

        def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status not in (204, 304):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_everything_works_under_one_origin(
    browser: Browser,
    stack: RunningStack,
    one_origin: str,
    session_of: Callable[[str, str | None], dict[str, str]],
    alice: ApiClient,
    colours: Callable[..., FilePayload],
    word: str,
) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", timezone_id="UTC")
    context.add_init_script(WATCH)
    context.add_init_script(SIGNED_IN % json.dumps([one_origin, session_of("alice", None)]))
    author = WebPage(context.new_page(), stack)
    author.url = one_origin
    author.origins.add(urlsplit(one_origin).netloc)

    author.open("#/new")
    author.write(title=f"One origin {word}", body="Hello.", tags=word)
    author.choose(colours("here.jpg"))
    expect(author.picture("here.jpg").get_by_role("figure")).to_be_visible()
    author.save("Publish")
    author.box("Text").fill("Hello again.")
    author.save()
    author.link("See the article").click()
    expect(author.main.get_by_text("Hello again.")).to_be_visible()
    expect(author.pictures.get_by_role("figure")).to_be_visible()
    author.open(f"#/?tag={word}")
    expect(author.main.get_by_role("article")).to_have_count(1)
    author.open("#/labels")
    author.open("#/mine")
    author.link(f"One origin {word}").click()
    author.button("Delete").click()
    author.button("Delete it").click()
    expect(author.heading).to_have_text("My articles")

    assert alice.get(f"/articles?tag={word}").json()["items"] == []
    own = [r.url for r in author.requests if r.url.startswith(f"{one_origin}{STAGE}/")]
    assert own
    assert not [r.url for r in author.requests if r.url.startswith(stack.outputs["api_url"])]
    assert {r.method for r in author.requests} <= {"GET", "POST", "PATCH", "DELETE"}
    context.close()
    assert author.complaints == []
