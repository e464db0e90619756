"""The pictures of the page that README.md and docs/page.md show. GAZETTE_PAGE_IMAGES=docs/images keeps them.

They are best taken of a stack that `make up` has just started, where no other articles are in the way.
"""

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import FilePayload, expect

from local.demo.tour import PHOTOGRAPH
from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage, payload

pytestmark = pytest.mark.e2e

LARGEST = 250_000  # bytes of a picture: the checkout holds them for ever
WIDE = {"width": 900, "height": 700}
PHONE = {"width": 390, "height": 780}

TITLE = "Eileen Collins commands the shuttle"
BODY = """A portrait, taken **before the flight**.

She had been a pilot on two missions, and was to be the first woman who commanded one.
"""
THEIRS = """A portrait, taken **before the flight**.

She had been a pilot on STS-63 and STS-84, and was to be the first woman who commanded one.
"""
MINE = (
    BODY
    + """
> The patch on her arm says so.
"""
)
OTHERS = [
    ("What the harbour looks like at five", ["morning", "harbour"]),
    ("Three ways to fold a map", ["paper", "maps"]),
    ("The fox that waits for the tram", ["city"]),
    ("Bread, and what the oven has to do with it", ["kitchen"]),
]
# Of the photograph, in its pixels: left, top, right, bottom.
PARTS = {
    "flag.jpg": (0, 0, 128, 400),
    "helmet.jpg": (280, 330, 512, 512),
    "shuttle.jpg": (350, 0, 480, 300),
    "patch.jpg": (120, 340, 220, 440),
}


class Take(Protocol):
    """Takes a picture of a window; `whole`: of all that one can scroll to."""

    def __call__(self, window: WebPage, name: str, *, whole: bool = False) -> None: ...


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Keeps what a window shows as page-<name>.png, in few colours, which takes a fifth of the bytes."""
    folder = Path(os.environ.get("GAZETTE_PAGE_IMAGES", tmp_path))

    def picture(window: WebPage, name: str, *, whole: bool = False) -> None:
        window.page.wait_for_timeout(300)  # what moves has come to rest
        shown = Image.open(io.BytesIO(window.page.screenshot(full_page=whole)))
        path = folder / f"page-{name}.png"
        shown.convert("RGB").quantize(255, dither=Image.Dither.NONE).save(path, optimize=True)
        assert path.stat().st_size < LARGEST

    return picture


@pytest.fixture
def parts() -> list[FilePayload]:
    """Pieces of the photograph, as files that take a while to send."""
    original = ImageOps.exif_transpose(Image.open(PHOTOGRAPH))
    files = []
    for name, box in PARTS.items():
        content = io.BytesIO()
        original.crop(box).resize((1200, 1200)).save(content, "JPEG", quality=95)
        files.append(payload(content.getvalue(), name))
    return files


@pytest.fixture
def article_id(alice: ApiClient, portraits: Callable[..., FilePayload]) -> str:
    """The article of all pictures, with others below it."""
    for title, tags in reversed(OTHERS):
        alice.create_article(title=title, tags=tags)
    article = alice.create_article(title=TITLE, body=BODY, tags=["portrait", "space"])
    alice.wait_for(alice.upload(article["id"], portraits()["buffer"], alt="A woman in an orange suit, before a flag"))
    return str(article["id"])


def pin(window: WebPage, article_id: str) -> None:
    """Shows where the face is, as a person does."""
    window.open(f"#/articles/{article_id}")
    expect(window.pictures.get_by_role("img")).to_be_visible()
    face = window.pictures.get_by_role("button", name=re.compile("^Face, "))
    face.click()
    window.page.wait_for_function("() => document.querySelector('figure img').complete")
    window.pictures.locator("figure").evaluate(
        "(e) => scrollBy(0, e.getBoundingClientRect().bottom - innerHeight + 24)"
    )


def test_what_a_reader_sees(visit: Visit, article_id: str, take: Take) -> None:
    looks: dict[str, dict[str, Any]] = {
        "article": {"viewport": WIDE},
        "phone": {"viewport": PHONE},
        "dark": {"viewport": WIDE, "color_scheme": "dark"},
    }
    for name, look in looks.items():
        reader = visit(**look)
        pin(reader, article_id)
        take(reader, name, whole=True)

    reader = visit(viewport=WIDE)
    expect(reader.link(TITLE).first).to_be_visible()
    take(reader, "feed")


def test_what_an_author_sees(
    visit: Visit,
    alice: ApiClient,
    article_id: str,
    colours: Callable[..., FilePayload],
    parts: list[FilePayload],
    take: Take,
) -> None:
    author = visit("alice", viewport={"width": 900, "height": 860}, at=f"#/articles/{article_id}/edit")
    expect(author.pictures.get_by_role("img").first).to_be_visible()
    author.stack.rekognition.moderate_next([{"Name": "Weapons", "ParentName": "Violence", "Confidence": 96.0}])
    author.choose(colours("armoury.jpg"))
    expect(author.picture("armoury.jpg").get_by_text("Rejected")).to_be_visible()
    author.choose([payload(b"no picture", "torn.jpg")])
    expect(author.picture("torn.jpg").get_by_text("Failed")).to_be_visible()
    with author.thin_line(bytes_a_second=40_000):
        author.choose(parts)
        expect(author.pictures.get_by_role("progressbar")).to_have_count(3)
        author.picture("patch.jpg").evaluate("(e) => e.scrollIntoView({block: 'end'})")
        author.evaluate("() => scrollBy(0, 24)")
        author.page.wait_for_timeout(1500)
        take(author, "editor")
    for name in PARTS:
        expect(author.picture(name).locator("figure")).to_be_visible()

    alice.patch(f"/articles/{article_id}", json={"body": THEIRS, "title": f"{TITLE} at last"})
    author.box("Text").fill(MINE)
    author.button("Save").click()
    expect(author.conflict).to_be_visible()
    take(author, "conflict")
