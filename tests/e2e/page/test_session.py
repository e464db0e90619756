"""Signing out leaves nothing behind, whatever is on its way; and a sign-in that comes back to a broken tab says so."""

import re
from functools import partial

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.e2e


def test_a_token_that_comes_after_signing_out_is_not_kept(visit: Visit) -> None:
    author = visit("alice")
    held: dict[str, Route] = {}
    for page in ("token", "revoke"):
        author.page.route(re.compile(f"/oauth2/{page}"), partial(held.setdefault, page), times=1)
    author.page.route(re.compile("/logout"), lambda route: route.fulfill(status=204))
    author.evaluate(
        """() => {
          const tokens = JSON.parse(sessionStorage.getItem('gazette.tokens'));
          sessionStorage.setItem('gazette.tokens', JSON.stringify({...tokens, until: 0}));
        }"""
    )
    author.page.reload()
    author.banner.get_by_role("button", name="Sign out").click()
    author.page.wait_for_timeout(300)
    author.wait_for(lambda: sorted(held) == ["revoke", "token"])
    held["token"].continue_()
    expect(author.main.get_by_role("article").first).to_be_visible()
    assert author.evaluate("() => Object.keys(sessionStorage)") == []
    held["revoke"].continue_()


def test_going_back_after_signing_out_finds_a_reader(visit: Visit) -> None:
    author = visit("alice", at="#/new")
    author.page.route(re.compile("/logout"), lambda route: route.fulfill(status=204))
    with author.page.expect_request(re.compile("/logout")):
        author.banner.get_by_role("button", name="Sign out").click()
    # What the browser keeps in memory is shown as it was: this is what it says then.
    author.evaluate("() => { window.same = 1; sessionStorage.setItem('kept', 1); }")
    author.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true})); }")
    expect(author.banner.get_by_role("button", name="Sign in")).to_be_visible()
    assert author.evaluate("() => window.same ?? null") is None


def test_a_sign_in_that_comes_back_to_a_broken_memory_says_so(visit: Visit) -> None:
    reader = visit()
    for asked in ("{", "5", "null"):
        reader.evaluate("(asked) => sessionStorage.setItem('gazette.sign_in', asked)", asked)
        reader.page.goto(f"{reader.url}/?code=1&state=undefined")
        expect(reader.banner.get_by_role("alert")).to_contain_text("Signing in did not work")
        expect(reader.heading).to_be_visible()
        assert "code=" not in reader.page.url


def test_nothing_of_a_sign_in_stays_where_others_read_it(visit: Visit) -> None:
    window = visit()
    window.sign_in("alice", window.stack.users.password("alice"))
    codes = [request.url for request in window.requests if "?code=" in request.url]
    assert len(codes) == 1
    code = re.findall(r"code=([^&]+)", codes[0])[0]
    assert code not in window.page.url
    window.page.go_back()
    window.page.wait_for_timeout(300)
    window.page.go_forward()
    assert code not in window.page.url
    tokens = window.evaluate("() => JSON.parse(sessionStorage.getItem('gazette.tokens') ?? '{}')")
    for name in ("id_token", "access_token", "refresh_token"):
        assert name in tokens
        assert not [request.url for request in window.requests if tokens[name] in request.url]
    assert not [r for r in window.requests if r.headers.get("referer") and "?code=" in r.headers["referer"]]
    assert window.evaluate("() => [document.cookie, Object.keys(localStorage).length]") == ["", 0]
