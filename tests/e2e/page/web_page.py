"""A browser's window on the page, as a person sees it: everything is found by its role and its name."""

import base64
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Dialog, Error, FilePayload, Locator, Page, Request, Route, expect

from tests.e2e.conftest import RunningStack

PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)
ADDRESS = re.compile(r"#/articles/([0-7][0-9A-HJKMNP-TV-Z]{25})")

# What a policy forbids is reported wherever it happens, and a script that got in would leave its mark.
WATCH = """
addEventListener("securitypolicyviolation", (e) => console.error(`CSP: ${e.effectiveDirective} ${e.blockedURI}`));
"""
SIGNED_IN = """
(([origin, kept]) => {
  if (location.origin === origin && !sessionStorage.length) {
    for (const [name, value] of Object.entries(kept)) sessionStorage.setItem(name, value);
  }
})(%s)
"""


class WebPage:
    """`complaints` are what no visit may cause: errors in the console or of a script, breaches of the policy, requests
    to other origins than the stack's own, dialogs. `dialogs` are those that are expected: the question before leaving.
    """

    def __init__(self, page: Page, stack: RunningStack) -> None:
        self.page = page
        self.url: str = stack.outputs["page_url"]
        self.stack = stack
        self.complaints: list[str] = []
        self.dialogs: list[str] = []
        self.requests: list[Request] = []
        names = ("page_url", "api_url", "sign_in_url", "endpoint_url")
        self.origins = {urlsplit(stack.outputs[name]).netloc for name in names}
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._request)
        page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        # A refused call is logged too, as an error at the address that was called: those are the API's answers.
        is_answer = message.text.startswith("Failed to load resource") and not self._is_own(message.location["url"])
        if message.type in ("error", "warning") and not is_answer:
            self.complaints.append(f"console: {message.text}")

    def _is_own(self, address: str) -> bool:
        return urlsplit(address).netloc == urlsplit(self.url).netloc

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc not in self.origins:
            self.complaints.append(f"foreign: {request.url}")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            self.dialogs.append(dialog.type)
            dialog.accept()
        else:
            self.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

    # Going somewhere

    def open(self, address: str = "#/") -> None:
        """Goes to an address of the page; waits until a view is there."""
        self.page.goto(f"{self.url}/{address}")
        # A new fragment alone loads nothing: the view that is left may stand there for a moment still.
        self.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        expect(self.main.get_by_role("heading", level=1)).to_be_visible()

    def sign_in(self, username: str, password: str) -> None:
        """Through the user pool's own page, as a person does."""
        self.banner.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(re.compile(r"/(oauth2/authorize|login)\b"))
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.banner.get_by_role("button", name="Sign out")).to_be_visible()

    @property
    def article_id(self) -> str:
        """Of the address that the window shows."""
        found = ADDRESS.search(self.page.url)
        assert found, f"{self.page.url} is no article's address"
        return found[1]

    def wait_for_article(self) -> str:
        """The id of the article whose address the window shows soon."""
        self.page.wait_for_url(ADDRESS)
        return self.article_id

    # The places

    @property
    def banner(self) -> Locator:
        return self.page.get_by_role("banner")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def heading(self) -> Locator:
        return self.main.get_by_role("heading", level=1)

    @property
    def navigation(self) -> Locator:
        return self.page.get_by_role("navigation", name="Main")

    @property
    def pictures(self) -> Locator:
        return self.page.get_by_role("region", name="Pictures")

    @property
    def preview(self) -> Locator:
        return self.page.get_by_role("region", name="Preview")

    @property
    def conflict(self) -> Locator:
        return (
            self.page.locator("[role=region], [role=alertdialog], section, dialog")
            .filter(has=self.page.get_by_role("button", name="Save mine over theirs"))
            .last
        )

    def box(self, name: str) -> Locator:
        """A textbox of the editor."""
        return self.main.get_by_role("textbox", name=name)

    def button(self, name: str) -> Locator:
        return self.main.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.main.get_by_role("link", name=name, exact=True)

    def status(self, text: str | re.Pattern[str]) -> Locator:
        """A status line that says it."""
        return self.page.get_by_role("status").filter(has_text=text)

    # Writing

    def write(self, *, title: str, body: str, tags: str = "") -> None:
        """Fills in the editor."""
        self.box("Title").fill(title)
        self.box("Text").fill(body)
        self.box("Tags").fill(tags)

    def save(self, button: str = "Save") -> None:
        """Presses that button, and waits until it is done."""
        self.button(button).click()
        expect(self.status("Saved").first).to_be_visible()

    def choose(self, files: FilePayload | Sequence[FilePayload] | Path) -> None:
        """Adds pictures by the file input."""
        self.pictures.get_by_label("Add pictures").set_input_files(files)

    def drop(self, paths: Sequence[Path], where: Locator | None = None) -> None:
        """Drags files from elsewhere onto the editor's pictures, as the browser does: with a real DataTransfer."""
        where = where or self.pictures.get_by_label("Add pictures")
        where.scroll_into_view_if_needed()
        at = where.bounding_box()
        assert at
        devtools = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            devtools.send(
                "Input.dispatchDragEvent",
                {"type": kind, "x": at["x"] + at["width"] / 2, "y": at["y"] + at["height"] / 2, "data": data},
            )
        devtools.detach()

    def picture(self, filename: str) -> Locator:
        """The editor's list item of that file."""
        return self.pictures.get_by_role("listitem").filter(has=self.page.get_by_text(filename, exact=True))

    def wait_for(self, come: Callable[[], bool]) -> None:
        """Lets the page work until something that happens beside it has come."""
        for _ in range(PATIENCE_MS // 50):
            if come():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("waited in vain")

    def hold(self, address: re.Pattern[str], method: str = "", *, times: int | None = None) -> list[Route]:
        """Holds such calls back from now on, or so many of them; gives those that wait."""
        held: list[Route] = []

        def keep(route: Route) -> None:
            if method in ("", route.request.method):
                held.append(route)
            else:
                route.fallback()

        self.page.route(address, keep, times=times)
        return held

    def let_go(self, held: list[Route]) -> None:
        """Lets one that is held back through, once it has come."""
        self.wait_for(lambda: bool(held))
        held.pop().continue_()

    @contextmanager
    def slow_uploads(self) -> Iterator[list[Route]]:
        """Holds files back on their way to the bucket, and lets go of them at the end: gives those that wait."""
        waiting: list[Route] = []
        self.page.route(self.bucket, lambda route: waiting.append(route))  # noqa: PLW0108 - it takes no built-in
        yield waiting
        self.page.unroute(self.bucket)
        for route in waiting:
            with suppress(Error):  # a cancelled one is over
                route.continue_()

    @contextmanager
    def thin_line(self, *, bytes_a_second: int) -> Iterator[None]:
        """Sends no faster than that meanwhile, as from a train."""
        devtools = self.page.context.new_cdp_session(self.page)
        free = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        devtools.send("Network.emulateNetworkConditions", {**free, "uploadThroughput": bytes_a_second})
        yield
        devtools.send("Network.emulateNetworkConditions", free)
        devtools.detach()

    @property
    def bucket(self) -> re.Pattern[str]:
        """The addresses that files are posted to."""
        return re.compile(re.escape(self.stack.outputs["uploads_bucket"]))

    # What the browser knows

    def evaluate(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def focused(self) -> str:
        """What has the focus: its tag, and its text or name."""
        told: str = self.page.evaluate(
            "() => { const e = document.activeElement; return `${e.localName} ${e.id} "
            "${(e.ariaLabel || e.textContent || '').trim().slice(0, 40)}`; }"
        )
        return told

    def html(self) -> str:
        """The whole document as it is now."""
        content: str = self.page.evaluate("() => document.documentElement.outerHTML")
        return content


def payload(content: bytes, name: str = "photograph.jpg", kind: str = "image/jpeg") -> FilePayload:
    """A file as the file input takes it."""
    return {"name": name, "mimeType": kind, "buffer": content}


def with_comment(jpeg: bytes) -> bytes:
    """The same picture in another file: the analysis of an identical one would be reused."""
    comment = base64.b16encode(os.urandom(16))
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]
