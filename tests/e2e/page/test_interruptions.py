"""A token that runs out, a service that doesn't answer: work goes on, or at least nothing of it is lost."""

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.client import ApiClient
from tests.e2e.page.conftest import Visit
from tests.e2e.page.web_page import WebPage

pytestmark = pytest.mark.e2e

# The ID token becomes one that nobody signed: the API refuses it as it does one that is over.
SPOIL = """() => {
  for (const [name, value] of Object.entries(sessionStorage)) {
    if (!value.includes('"id_token"')) continue;
    const tokens = JSON.parse(value);
    const [head, claims, signature] = tokens.id_token.split('.');
    const spoilt = {...tokens, id_token: [head, claims, [...signature].reverse().join('')].join('.')};
    sessionStorage.setItem(name, JSON.stringify(spoilt));
  }
}"""


def token_calls(window: WebPage) -> list[str]:
    return [request.post_data or "" for request in window.requests if "/oauth2/token" in request.url]


def test_a_token_that_is_over_is_renewed_in_the_midst_of_work(visit: Visit, alice: ApiClient, word: str) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Long thought {word}", body="about this")
    author.evaluate(SPOIL)
    author.page.reload()  # what is kept is read anew; the text comes back with it
    expect(author.box("Title")).to_have_value(f"Long thought {word}")
    author.save("Save draft")

    assert any("grant_type=refresh_token" in call for call in token_calls(author))
    assert alice.get(f"/articles/{author.wait_for_article()}").json()["body"] == "about this"


def test_a_call_that_is_refused_for_its_token_is_made_again_with_a_new_one(visit: Visit, word: str) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Refused once {word}", body="")
    problem = {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "The token has expired."}

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        headers = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(problem), headers=headers)

    author.page.route(re.compile(r"/articles$"), refuse, times=1)
    author.save("Save draft")
    assert sum("grant_type=refresh_token" in call for call in token_calls(author)) == 1


def test_a_session_that_is_over_keeps_the_text_and_asks_to_sign_in(visit: Visit, word: str) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Too late {word}", body="but not lost")
    headers = {"Access-Control-Allow-Origin": "*"}
    refused = {
        "status": 400,
        "content_type": "application/json",
        "body": '{"error": "invalid_grant"}',
        "headers": headers,
    }
    author.page.route(re.compile("/oauth2/token"), lambda route: route.fulfill(**refused))
    author.evaluate(SPOIL)
    author.page.reload()
    author.main.get_by_role("button").first.wait_for()
    if author.button("Save draft").is_visible():
        author.button("Save draft").click()
    expect(author.page.get_by_role("button", name="Sign in").first).to_be_visible()
    author.page.unroute(re.compile("/oauth2/token"))
    author.banner.get_by_role("button", name="Sign in").click()
    author.page.locator("#username").fill("alice")
    author.page.locator("#password").fill(author.stack.users.password("alice"))
    author.page.get_by_role("button", name="Sign in").click()

    expect(author.box("Title")).to_have_value(f"Too late {word}")
    expect(author.box("Text")).to_have_value("but not lost")


def test_an_api_that_does_not_answer_says_so_and_the_text_stays(visit: Visit, alice: ApiClient, word: str) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Offline {word}", body="still here")
    api = re.compile(re.escape(author.stack.outputs["api_url"]))
    author.page.route(api, lambda route: route.abort("connectionrefused"))
    author.button("Save draft").click()
    expect(author.main.get_by_role("alert").first).to_contain_text(
        re.compile("did not answer|connection", re.IGNORECASE)
    )
    expect(author.box("Text")).to_have_value("still here")

    author.page.unroute(api)
    author.save("Save draft")
    assert alice.get(f"/articles/{author.wait_for_article()}").json()["body"] == "still here"


def test_a_save_whose_answer_was_lost_makes_no_second_article(visit: Visit, alice: ApiClient, word: str) -> None:
    author = visit("alice", at="#/new")
    author.write(title=f"Only once {word}", body="", tags=word)

    def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        route.fetch()
        route.abort("connectionreset")

    author.page.route(re.compile(r"/articles$"), lose_the_answer, times=1)
    author.button("Save draft").click()
    expect(author.main.get_by_role("alert").first).to_be_visible()
    author.page.unroute(re.compile(r"/articles$"))
    author.save("Save draft")
    mine = alice.get(f"/articles?author=me&tag={word}").json()["items"]
    if not mine:  # a draft is not under its tag
        mine = [one for one in alice.get("/articles?author=me&limit=100").json()["items"] if word in one["title"]]
    assert len(mine) == 1


def test_a_feed_that_cannot_be_had_says_so_and_can_be_asked_for_again(visit: Visit) -> None:
    reader = visit(at="#/labels")
    api = re.compile(re.escape(reader.stack.outputs["api_url"]))
    reader.page.route(api, lambda route: route.abort("connectionrefused"))
    reader.navigation.get_by_role("link", name="Newest").click()
    expect(reader.main.get_by_role("alert").first).to_be_visible()
