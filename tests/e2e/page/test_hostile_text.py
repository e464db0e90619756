"""What people write is shown as they wrote it, and never becomes markup: wherever it stands, whoever wrote it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

RUN = "window.ran=1"
IMAGE = f"<img src=x onerror={RUN}>"
SCRIPT = f"<script>{RUN}</script>"
SVG = f"<svg onload={RUN}>"
BROKEN = f"\"'></textarea></title><iframe srcdoc='{SCRIPT}'>"

BODY = f"""
{SCRIPT}

{IMAGE}

{SVG}

<a href="javascript:{RUN}">html</a>
<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></mtext></math>
<style>body {{ display: none }}</style> <base href="//example.org/">
<form action=//example.org><button>go</button></form> <meta http-equiv=refresh content=0>
<p style="position:fixed" onclick="{RUN}">paragraph</p> <object data=x></object> <embed src=x>

[plain](javascript:{RUN})
[case](JaVaScRiPt:{RUN})
[blanks]( javascript:{RUN})
[tab](java&#9;script:{RUN})
[line](<java
script:{RUN}>)
[entity](&#106;avascript:{RUN})
[entities](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A{RUN})
[colon](javascript&colon;{RUN})
[control](\u0001javascript:{RUN})
[escaped](\\javascript:{RUN})
[data](data:text/html,{SCRIPT})
[vbscript](vbscript:msgbox)
[file](file:///etc/passwd)
[blob](blob:null/1)
[reference][ref]
<javascript:{RUN}>
<data:text/html,x>
[title](https://example.org "{BROKEN}")
[quote](https://example.org/"onmouseover="{RUN})
[{IMAGE}](https://example.org/safe)
![picture](javascript:{RUN})
![alt {IMAGE}](https://example.org/tracker.png)
![data](data:image/svg+xml,{SVG})

[ref]: javascript:{RUN} "title"

# heading {SCRIPT}

- item {IMAGE}

| a {SCRIPT} | b |
| --- | --- |
| {IMAGE} | {SVG} |

```html" onmouseover="{RUN}
{SCRIPT}
```

`{SCRIPT}` &lt;script&gt;{RUN}&lt;/script&gt; https://example.org/"onmouseover={RUN} www.example.org/<script>

<details open ontoggle={RUN}> <!-- --!> {IMAGE} --> <![CDATA[ {IMAGE} ]]> <?php {IMAGE} ?>
"""

NOW = "2026-11-21T12:00:00.000Z"
FORBIDDEN = (
    "iframe, object, embed, base, form, math, style:not(head style), link:not(head link), "
    "meta:not(head meta), frame, applet, template, foreignObject, animate, set, use"
)


def nothing_got_in(window: WebPage) -> None:
    """Nothing has run, and nothing is there that could."""
    window.page.wait_for_timeout(100)  # an <img onerror> takes a moment
    found: dict[str, Any] = window.evaluate(
        """(forbidden) => ({
          ran: window.ran ?? null,
          scripts: [...document.scripts].map((e) => e.src || e.textContent),
          forbidden: [...document.querySelectorAll(forbidden)].map((e) => e.outerHTML),
          handlers: [...document.querySelectorAll('*')].flatMap((e) => [...e.attributes])
            .filter((a) => /^(on|style$|srcdoc$|formaction$)/i.test(a.name)).map((a) => `${a.name}=${a.value}`),
          links: [...document.querySelectorAll('a')].map((e) => e.protocol),
          sources: [...document.querySelectorAll('[src], image')].map((e) => e.getAttribute('src') ?? `${e.href}`),
        })""",
        FORBIDDEN,
    )
    assert found["ran"] is None
    own = (window.url, *(f"{scheme}://{origin}" for origin in window.origins for scheme in ("http", "https")))
    assert all(script.startswith((window.url, "js/", "./js/")) for script in found["scripts"]), found["scripts"]
    assert found["forbidden"] == []
    assert found["handlers"] == []
    assert set(found["links"]) <= {"http:", "https:", "mailto:"}, found["links"]
    assert all(source.startswith((*own, "blob:", "js/", "./js/")) for source in found["sources"]), found["sources"]


@pytest.fixture
def article_id(alice: ApiClient, word: str) -> str:
    """Hostile in title, body and tag."""
    article = alice.create_article(title=f"{word} {SCRIPT}{IMAGE}{BROKEN}"[:200], body=BODY, tags=[f"{word}{SVG}"[:50]])
    return str(article["id"])


@pytest.fixture
def label(
    stack: RunningStack, alice: ApiClient, article_id: str, word: str, colours: Callable[..., FilePayload]
) -> str:
    """What is on that article's picture, whose file name and description are hostile too.

    Labels are Rekognition's own words, but who knows: here the stand-in is asked to say this one.
    """
    name = f"{word} {IMAGE}"
    stack.rekognition.label_next([{"Name": name, "Confidence": 98.0}])
    image = alice.upload(article_id, colours()["buffer"], filename=f"{IMAGE}.jpg", alt=f"{BROKEN}{SVG}")
    assert [label["name"] for label in alice.wait_for(image)["labels"]] == [name]
    return name


def test_an_article_full_of_markup_is_text(visit: Visit, article_id: str, label: str, word: str) -> None:
    reader = visit(at=f"#/articles/{article_id}")
    expect(reader.heading).to_have_text(f"{word} {SCRIPT}{IMAGE}{BROKEN}"[:200])
    expect(reader.pictures.get_by_role("img").first).to_be_visible()
    expect(reader.pictures.get_by_role("button", name=label)).to_be_visible()
    nothing_got_in(reader)
    text = reader.main.inner_text()
    for part in (SCRIPT, IMAGE, SVG, "heading", "paragraph", f"javascript:{RUN}"):
        assert part in text, part
    for name in (
        "plain",
        "case",
        "blanks",
        "entity",
        "entities",
        "colon",
        "control",
        "data",
        "vbscript",
        "file",
        "reference",
    ):
        assert reader.main.get_by_role("link", name=name, exact=True).count() == 0, name
    expect(reader.main.get_by_role("link", name=IMAGE, exact=True)).to_have_attribute(
        "href", "https://example.org/safe"
    )
    reader.pictures.get_by_role("button", name=label).hover()
    nothing_got_in(reader)
    # Nobody is counted by pictures that somebody else serves, either.
    assert not [request for request in reader.requests if "example.org" in request.url]


def test_lists_searches_and_addresses_are_text(visit: Visit, label: str, word: str) -> None:
    reader = visit()
    expect(reader.main.get_by_role("heading", name=re.compile(f"^{word}"))).to_be_visible()
    nothing_got_in(reader)
    tag = f"{word}{SVG}"[:50]
    reader.main.get_by_role("article").filter(has_text=word).first.get_by_role("link").first.click()
    reader.link(tag).click()
    expect(reader.heading).to_have_text(f"Articles tagged {tag}")
    expect(reader.main.get_by_role("article")).to_have_count(1)
    nothing_got_in(reader)

    reader.open("#/labels")
    reader.main.get_by_role("searchbox").fill(f"{word} <")
    reader.main.get_by_role("link", name=re.compile(re.escape(label))).click()
    expect(reader.heading).to_have_text(label)
    expect(reader.main.get_by_role("img").first).to_be_visible()
    nothing_got_in(reader)

    for address in (
        f"#/?tag={IMAGE}",
        f"#/labels/{IMAGE.replace(' ', '%20')}",
        "#/labels/%E0%A4%A",
        f"#/articles/{SCRIPT}",
        "#/articles/..%2F..%2Fhealth",
        f"#javascript:{RUN}",
        f"#/?tag=a&{SCRIPT}=1",
    ):
        reader.open(address)
        nothing_got_in(reader)


@pytest.mark.usefixtures("label")
def test_the_editor_and_its_preview_show_text(visit: Visit, article_id: str) -> None:
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    expect(author.box("Text")).to_have_value(BODY)
    expect(author.preview.get_by_role("heading", name="heading")).to_be_visible()
    expect(author.picture(f"{IMAGE}.jpg")).to_be_visible()
    nothing_got_in(author)
    author.box("Text").fill(BODY[::-1] + BODY)
    expect(author.preview).to_contain_text("heading")
    nothing_got_in(author)


def test_a_file_with_a_hostile_name_is_uploaded_under_it(
    visit: Visit, alice: ApiClient, colours: Callable[..., FilePayload], word: str
) -> None:
    article_id = alice.create_article(title=f"Files {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    name = f"{IMAGE}\"'&.jpg"
    author.choose(colours(name))
    expect(author.picture(name).get_by_role("img")).to_be_visible()
    nothing_got_in(author)
    expect(author.button(f"Remove {name}")).to_be_visible()
    assert alice.get(f"/articles/{article_id}").json()["images"][0]["filename"] == name


def test_a_conflict_shows_text(visit: Visit, alice: ApiClient, word: str) -> None:
    article_id = alice.create_article(title=f"Conflict {word}")["id"]
    author = visit("alice", at=f"#/articles/{article_id}/edit")
    expect(author.box("Title")).to_have_value(f"Conflict {word}")
    alice.patch(f"/articles/{article_id}", json={"title": SCRIPT + IMAGE, "body": BODY, "tags": [SVG]})
    author.box("Text").fill("Mine.")
    author.button("Save").click()
    expect(author.conflict).to_contain_text(SCRIPT + IMAGE)
    nothing_got_in(author)


def test_an_authors_name_and_a_problem_are_text(visit: Visit, article_id: str) -> None:
    reader = visit()
    answer = {
        "id": article_id, "title": "t", "body": "b", "tags": [], "status": "published", "version": 1, "images": [],
        "author": {"id": "x", "name": IMAGE}, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    problem = {"type": "about:blank", "title": SCRIPT, "status": 404, "detail": IMAGE}
    served: list[tuple[int, Any]] = [(200, answer), (404, problem)]

    def serve(route: Route) -> None:
        status, body = served.pop(0)
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=status, body=json.dumps(body), content_type="application/json", headers=headers)

    reader.page.route(re.compile(f"/articles/{article_id}$"), serve)
    reader.open(f"#/articles/{article_id}")
    expect(reader.main.get_by_text(IMAGE)).to_be_visible()
    nothing_got_in(reader)
    reader.open("#/labels")
    reader.open(f"#/articles/{article_id}")
    expect(reader.heading).to_have_text(SCRIPT)
    expect(reader.main.get_by_role("alert")).to_have_text(IMAGE)
    nothing_got_in(reader)


def test_a_real_user_with_a_hostile_name_is_text(visit: Visit, word: str) -> None:
    window = visit()
    users = window.stack.users
    username = f"mallory-{word}"
    password = users.password(username)
    window.stack.clients.cognito.admin_update_user_attributes(
        UserPoolId=window.stack.outputs["user_pool_id"],
        Username=username,
        UserAttributes=[{"Name": "name", "Value": IMAGE}],
    )
    window.sign_in(username, password)
    expect(window.banner.get_by_text(IMAGE)).to_be_visible()
    nothing_got_in(window)
    title = f"By mallory {word}"
    window.open("#/new")
    window.write(title=title, body="Hello.")
    window.save("Publish")

    reader = visit(at=f"#/articles/{window.wait_for_article()}")
    expect(reader.main.get_by_text(IMAGE).first).to_be_visible()
    nothing_got_in(reader)


def test_a_pasted_text_is_pasted_as_text(visit: Visit) -> None:
    author = visit("alice", at="#/new")
    author.box("Text").focus()
    author.evaluate(
        """(html) => {
          const data = new DataTransfer();
          data.setData('text/html', html); data.setData('text/plain', 'plain');
          const paste = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
          document.activeElement.dispatchEvent(paste);
        }""",
        IMAGE,
    )
    nothing_got_in(author)
