"""What the page is for: write, drop pictures, watch them being understood. Somebody else reads it and finds it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

BODY = """Launched **at night**, and *back* by noon.

## The crew

1. A commander
2. A pilot

> We saw it all.

`go` or [no go](https://example.org/go)
"""
CHIP = re.compile(r"^Face, \d+([.,]\d+)? %$")


def chip(figure: Locator, name: re.Pattern[str] | str = CHIP) -> Locator:
    return figure.get_by_role("list", name="Labels").get_by_role("button", name=name)


def test_a_person_writes_an_article_with_pictures_and_a_reader_finds_it(
    visit: Visit, alice: ApiClient, portraits: Callable[..., FilePayload], tmp_path: Path, word: str
) -> None:
    author = visit("alice")
    author.navigation.get_by_role("link", name="Write").click()
    expect(author.heading).to_have_text("New article")

    author.write(title=f"The flight {word}", body=BODY, tags=f"space, {word}")
    expect(author.preview.get_by_role("heading", name="The crew")).to_be_visible()
    expect(author.preview.locator("strong")).to_have_text("at night")
    expect(author.preview.get_by_role("listitem")).to_have_count(2)
    expect(author.preview.get_by_role("link", name="no go")).to_have_attribute("href", "https://example.org/go")
    author.save("Save draft")
    article_id = author.wait_for_article()
    drafted = alice.get(f"/articles/{article_id}").json()
    assert (drafted["status"], drafted["tags"], drafted["body"]) == ("draft", ["space", word], BODY)

    # Nobody else sees it yet.
    reader = visit(at=f"#/articles/{article_id}")
    expect(reader.main.get_by_role("alert").or_(reader.heading).first).to_be_visible()
    assert word not in reader.html()

    # Four pictures at once: one more than go at a time.
    author.box("Description").fill("A woman in an orange suit")
    names = [f"flight {number}.jpg" for number in range(4)]
    for name in names:
        (tmp_path / name).write_bytes(portraits(name)["buffer"])
    with author.slow_uploads() as held:
        author.drop([tmp_path / name for name in names])
        expect(author.pictures.get_by_role("progressbar", name=re.compile("^Uploading flight"))).to_have_count(3)
        expect(author.pictures.get_by_text("Waiting to upload")).to_have_count(1)
        author.wait_for(lambda: len(held) >= 3)
        author.page.wait_for_timeout(200)
        assert len(held) == 3, "no more than three are on their way at once"
    for name in names:
        expect(author.picture(name).get_by_role("img", name="A woman in an orange suit")).to_be_visible()
    expect(chip(author.picture(names[0]))).to_be_visible()

    author.save("Publish")
    assert alice.get(f"/articles/{article_id}").json()["status"] == "published"

    # A reader without a token: the newest article, its pictures, what is on them, and where else that is seen.
    reader.open("#/")
    reader.link(f"The flight {word}").click()
    expect(reader.heading).to_have_text(f"The flight {word}")
    expect(reader.main.get_by_text("Alice", exact=True)).to_be_visible()
    expect(reader.main.locator("time").first).to_have_attribute("datetime", drafted["created_at"])
    expect(reader.pictures.get_by_role("img", name="A woman in an orange suit")).to_have_count(4)
    expect(reader.link("Edit")).to_have_count(0)
    expect(reader.button("Delete")).to_have_count(0)

    figure = reader.pictures.locator("figure").first
    figure.get_by_role("link", name="Where else Face is seen").click()
    expect(reader.heading).to_have_text("Face")
    reader.main.get_by_role("link", name="In its article").first.click()
    expect(reader.heading).to_have_text(f"The flight {word}")

    reader.link(word).click()
    expect(reader.heading).to_have_text(f"Articles tagged {word}")
    expect(reader.main.get_by_role("article")).to_have_count(1)
    expect(reader.main.get_by_text("That is all.")).to_be_visible()

    # Its author changes it and takes it away.
    author.open(f"#/articles/{article_id}")
    author.link("Edit").click()
    expect(author.box("Title")).to_have_value(f"The flight {word}")
    author.box("Title").fill(f"The long flight {word}")
    author.page.keyboard.press("Control+s")
    expect(author.status("Saved").first).to_be_visible()
    assert alice.get(f"/articles/{article_id}").json()["title"] == f"The long flight {word}"

    author.open(f"#/articles/{article_id}")
    author.button("Delete").click()
    author.page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(author.page.get_by_role("dialog")).to_have_count(0)
    author.button("Delete").click()
    author.page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    expect(author.heading).not_to_have_text(f"The long flight {word}")
    assert alice.get(f"/articles/{article_id}").status_code == 404


def boxes(figure: Locator) -> Locator:
    """The boxes that somebody sees."""
    return figure.locator("svg rect.above:visible")


@pytest.fixture
def with_a_face(
    alice: ApiClient, portraits: Callable[..., FilePayload], word: str
) -> tuple[str, list[dict[str, float]]]:
    """An article with a portrait, and where the API says that the face is."""
    article = alice.create_article(title=f"A portrait {word}", tags=[word])
    image = alice.wait_for(alice.upload(article["id"], portraits()["buffer"], alt="A portrait"))
    face = next(label for label in image["labels"] if label["name"] == "Face")
    return article["id"], face["boxes"]


def test_a_labels_box_comes_on_hover_and_on_focus_and_goes_again(
    visit: Visit, with_a_face: tuple[str, list[dict[str, float]]]
) -> None:
    article_id, expected = with_a_face
    reader = visit(at=f"#/articles/{article_id}")
    figure = reader.pictures.locator("figure")
    face = chip(figure)
    picture = figure.get_by_role("img", name="A portrait")
    expect(picture).to_be_visible()
    expect(boxes(figure)).to_have_count(0)

    face.hover()
    expect(boxes(figure)).to_have_count(len(expected))
    drawn, shown = boxes(figure).first.bounding_box(), picture.bounding_box()
    assert drawn
    assert shown
    # Where the API says: over the face, to the width of the line.
    found = [
        (drawn["x"] - shown["x"]) / shown["width"],
        (drawn["y"] - shown["y"]) / shown["height"],
        drawn["width"] / shown["width"],
        drawn["height"] / shown["height"],
    ]
    assert found == pytest.approx([expected[0][name] for name in ("left", "top", "width", "height")], abs=0.02)
    reader.heading.hover()
    expect(boxes(figure)).to_have_count(0)

    face.focus()
    expect(boxes(figure)).to_have_count(len(expected))
    face.blur()
    expect(boxes(figure)).to_have_count(0)

    # Pinned, it stays until it is asked to go.
    expect(face).to_have_attribute("aria-pressed", "false")
    face.click()
    expect(face).to_have_attribute("aria-pressed", "true")
    reader.heading.hover()
    face.blur()
    expect(boxes(figure)).to_have_count(len(expected))
    face.click()
    reader.heading.hover()
    face.blur()
    expect(boxes(figure)).to_have_count(0)


def test_confidence_is_a_bar_and_the_surest_label_comes_first(
    visit: Visit, alice: ApiClient, with_a_face: tuple[str, list[dict[str, float]]]
) -> None:
    article_id, _ = with_a_face
    labels = alice.get(f"/articles/{article_id}").json()["images"][0]["labels"]
    figure = visit(at=f"#/articles/{article_id}").pictures.locator("figure")

    for label in labels[:8]:
        meter = figure.get_by_role("meter", name=f"Confidence of {label['name']}", exact=True)
        expect(meter).to_be_visible()
        shown = meter.evaluate("(e) => e.value / e.max")
        assert shown == pytest.approx(label["confidence"] / 100, abs=0.006)
    shown_confidences = [float(part) for part in chips_percent(figure)]
    assert shown_confidences == sorted(shown_confidences, reverse=True)


def chips_percent(figure: Locator) -> list[str]:
    names = (
        figure.get_by_role("list", name="Labels")
        .locator("button[aria-pressed]")
        .evaluate_all("(all) => all.map((e) => e.getAttribute('aria-label') || e.textContent)")
    )
    return [re.search(r"([\d.]+)\s*%", name)[1] for name in names]  # type: ignore[index]


def test_labels_are_found_by_a_part_of_their_name(
    visit: Visit, with_a_face: tuple[str, list[dict[str, float]]]
) -> None:
    article_id, _ = with_a_face
    reader = visit()
    reader.navigation.get_by_role("link", name="Labels").click()
    expect(reader.heading).to_have_text("Labels")

    search = reader.main.get_by_role("searchbox", name="Find a label")
    search.fill("fac")
    expect(reader.main.get_by_role("link", name=re.compile("^Face"))).to_be_visible()
    expect(reader.main.get_by_role("link", name=re.compile("^Person"))).to_have_count(0)
    reader.main.get_by_role("link", name=re.compile("^Face")).first.click()

    expect(reader.heading).to_have_text("Face")
    figure = reader.main.locator("figure").filter(has=reader.page.locator(f"a[href='#/articles/{article_id}']"))
    expect(boxes(figure.first)).not_to_have_count(0)  # what the page is about is shown without asking

    search_again = visit(at="#/labels")
    search_again.main.get_by_role("searchbox", name="Find a label").fill("no such label")
    expect(search_again.main.get_by_role("link")).to_have_count(0)


def test_signing_in_comes_back_to_where_one_was_and_signing_out_forgets(visit: Visit) -> None:
    window: WebPage = visit(at="#/labels")
    window.sign_in("alice", window.stack.users.password("alice"))
    expect(window.heading).to_have_text("Labels")
    assert window.page.url == f"{window.url}/#/labels", "nothing of the code stays in the address"
    expect(window.banner.get_by_text("Alice")).to_be_visible()

    window.page.reload()
    expect(window.banner.get_by_role("button", name="Sign out")).to_be_visible()

    window.banner.get_by_role("button", name="Sign out").click()
    expect(window.banner.get_by_role("button", name="Sign in")).to_be_visible()
    assert "eyJ" not in window.evaluate("() => JSON.stringify({...sessionStorage, ...localStorage})")
    expect(window.navigation.get_by_role("link", name="Write")).to_have_count(0)
    assert [request.method for request in window.requests if request.url.endswith("/oauth2/revoke")] == ["POST"]


def test_writing_asks_to_sign_in_and_comes_back(visit: Visit) -> None:
    window = visit(at="#/new")
    window.main.get_by_role("button", name="Sign in").click()
    window.page.locator("#username").fill("alice")
    window.page.locator("#password").fill(window.stack.users.password("alice"))
    window.page.get_by_role("button", name="Sign in").click()

    expect(window.heading).to_have_text("New article")


@pytest.mark.parametrize("asked", [False, True], ids=["nothing was asked", "something else was asked"])
def test_a_code_that_somebody_else_asked_for_signs_nobody_in(visit: Visit, asked: bool) -> None:
    window = visit()
    if asked:
        window.banner.get_by_role("button", name="Sign in").click()
        window.page.locator("#username").wait_for()
    window.page.goto(f"{window.url}/?code=stolen&state=not-ours")

    expect(window.banner.get_by_role("button", name="Sign in")).to_be_visible()
    expect(window.page.get_by_role("alert")).to_contain_text("Signing in did not work")
    assert "stolen" not in window.page.url
    assert not [request for request in window.requests if "/oauth2/token" in request.url]


def test_what_the_api_does_not_take_is_said_beside_the_field(visit: Visit) -> None:
    author = visit("alice", at="#/new")
    author.write(title="x" * 10, body="", tags=", ".join(f"tag{number}" for number in range(21)))
    author.button("Save draft").click()

    tags = author.box("Tags")
    expect(tags).to_have_attribute("aria-invalid", "true")
    expect(tags).to_have_accessible_description(re.compile("20"))
    expect(tags).to_have_value(re.compile("tag20"))


def test_what_is_not_saved_survives_a_reload_and_is_asked_about(visit: Visit, word: str) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Half a thought {word}", body="that I must not")
    author.page.reload()

    assert author.dialogs == ["beforeunload"]
    expect(author.box("Title")).to_have_value(f"Half a thought {word}")
    expect(author.box("Text")).to_have_value("that I must not")
    author.save("Save draft")
    author.page.reload()
    assert author.dialogs == ["beforeunload"], "what is saved is not asked about"
    expect(author.box("Title")).to_have_value(f"Half a thought {word}")
