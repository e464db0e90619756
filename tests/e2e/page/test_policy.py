"""The Content-Security-Policy is strict, and holds: nothing inline runs, nothing from elsewhere is asked for."""

import json
import re
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import expect

from local.layout import CHECKOUT
from tests.e2e.conftest import RunningStack
from tests.e2e.page.conftest import Visit

pytestmark = pytest.mark.e2e


KINDS = {
    "": "text/html",
    "js/app.js": "text/javascript",
    "style.css": "text/css",
    "favicon.svg": "image/svg+xml",
    "config.json": "application/json",
}


@pytest.fixture
def headers(stack: RunningStack) -> dict[str, str]:
    """Of the page, as it is served."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{stack.outputs['page_url']}/", timeout=10)
    assert answer.status_code == 200
    return dict(answer.headers)


@pytest.fixture
def policy(headers: dict[str, str]) -> dict[str, list[str]]:
    parts = [part.split() for part in headers["Content-Security-Policy"].split(";") if part.strip()]
    return {name: values for name, *values in parts}


def test_the_policy_allows_what_the_page_needs_and_no_more(policy: dict[str, list[str]], stack: RunningStack) -> None:
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["style-src"] == ["'self'"]
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert policy[name] == ["'none'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    allowed = {value for values in policy.values() for value in values}
    assert not [
        value for value in allowed if "unsafe" in value or "*" in value or value in ("data:", "http:", "https:")
    ]
    known = {
        urlsplit(str(stack.outputs[name])).netloc for name in ("page_url", "api_url", "sign_in_url", "endpoint_url")
    }
    assert {urlsplit(value).netloc for value in allowed if "//" in value} <= known


def test_the_other_headers_are_there(headers: dict[str, str]) -> None:
    wanted = json.loads((CHECKOUT / "services" / "web" / "security_headers.json").read_text())
    for name, value in wanted.items():
        if name != "Content-Security-Policy":
            assert headers[name] == value


def test_what_the_page_is_made_of_is_served_as_what_it_is_and_the_rest_is_not(stack: RunningStack) -> None:
    with requests.Session() as session:
        session.trust_env = False
        url = stack.outputs["page_url"]
        for path, kind in KINDS.items():
            answer = session.get(f"{url}/{path}", timeout=10)
            assert answer.headers["Content-Type"].startswith(kind)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for path in ("security_headers.json", "nothing.js", "../api/openapi.yaml", "%2e%2e/api/openapi.yaml", "js/"):
            assert session.get(f"{url}/{path}", timeout=10).status_code == 404, path
        config = session.get(f"{url}/config.json", timeout=10).json()
    assert config == {
        "api_url": stack.outputs["api_url"],
        "sign_in_url": stack.outputs["sign_in_url"],
        "client_id": stack.outputs["user_pool_client_id"],
    }


OUTLINED = "if (getComputedStyle(document.body).outlineStyle === 'solid') window.ran = 1;"
RULE = "'body { outline: 3px solid }'"
REBASED = "if (document.baseURI.includes('example')) window.ran = 1;"
# What somebody would try who got a script's hands on the document; and what then stands in the way.
ATTEMPTS = {
    "an inline script": (
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);",
        "TrustedScript",
    ),
    "markup": ("document.body.innerHTML = '<img src=x onerror=\"window.ran = 1\">';", "TrustedHTML"),
    "a handler": (
        "document.body.setAttribute('onclick', 'window.ran = 1'); document.body.click();",
        "TrustedScript|script-src",
    ),
    "a style sheet": (
        f"const s = document.createElement('style'); s.textContent = {RULE}; document.body.append(s); {OUTLINED}",
        "style-src",
    ),
    "a style attribute": (f"document.body.setAttribute('style', 'outline: 3px solid'); {OUTLINED}", "style-src"),
    "a foreign script": (
        "const s = document.createElement('script'); s.src = 'https://example.org/x.js'; document.body.append(s);",
        "TrustedScriptURL",
    ),
    "a foreign call": ("await fetch('https://example.org/').catch(() => 0);", "connect-src"),
    "a foreign picture": ("new Image().src = 'https://example.org/x.png';", "img-src"),
    "a frame": (
        "const f = document.createElement('iframe'); f.src = 'https://example.org/'; document.body.append(f);",
        "frame-src",
    ),
    "another policy": (
        "trustedTypes.createPolicy('mine', {createHTML: (text) => text});",
        "TrustedTypes|trusted-types",
    ),
    "a form": (
        "const f = document.createElement('form'); f.action = '//example.org/'; document.body.append(f); f.submit();",
        "form-action",
    ),
    "another base": (
        f"const b = document.createElement('base'); b.href = '//example.org/'; document.head.append(b); {REBASED}",
        "base-uri",
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_what_gets_into_the_page_does_nothing(visit: Visit, name: str) -> None:
    attempt, obstacle = ATTEMPTS[name]
    window = visit()
    error = window.evaluate(f"async () => {{ try {{ {attempt} }} catch (error) {{ return `${{error}}`; }} }}")
    window.page.wait_for_timeout(100)

    assert window.evaluate("() => window.ran ?? null") is None
    complaints, window.complaints[:] = list(window.complaints), []
    assert any(re.search(obstacle, text) for text in [*complaints, error or ""]), (error, complaints)
    answered = [request.url for request in window.requests if "example.org" in request.url and not request.failure]
    assert answered == [], "the browser tells of a picture that it is not going to ask for"


def test_eval_is_no_way_in(visit: Visit) -> None:
    window = visit()
    # As a script of the page would call it: a timer's string, which the browser has to compile.
    window.evaluate("() => { try { setTimeout('window.ran = 1', 0); } catch { } }")
    window.page.wait_for_timeout(100)
    assert window.evaluate("() => window.ran ?? null") is None
    assert window.complaints
    window.complaints.clear()


def test_the_page_is_loaded_at_once_and_from_nowhere_else(visit: Visit) -> None:
    window = visit()
    expect(window.heading).to_have_text("Newest articles")
    window.page.wait_for_load_state("networkidle")
    own = urlsplit(window.url).netloc
    files = [request for request in window.requests if urlsplit(request.url).netloc == own]
    assert len(files) == len({request.url for request in files}), "nothing is asked for twice"
    calls = [request.url for request in window.requests if urlsplit(request.url).netloc != own]
    assert all(url.startswith(window.stack.outputs["api_url"]) for url in calls), calls
