"""What holds on every route, and the routes that need no other service."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from api.docs_routes import ASSETS
from tests.dynamodb import Wire
from tests.gateway import ALICE, AUDIENCE, HOST, Gateway, rest_event
from tests.handlers import loaded
from tests.integration.conftest import CORS_ALLOW_ORIGIN

ABSENT = "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC"
EXPOSED = "ETag,Location,Link,Retry-After,WWW-Authenticate,Allow,X-Correlation-Id"


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/articles", 200),
        ("GET", f"/articles/{ABSENT}", 404),
        ("GET", "/articles?limit=0", 400),
        ("POST", "/articles", 401),
        ("GET", "/nowhere", 404),
        ("DELETE", "/articles", 405),
    ],
)
def test_a_browser_may_read_every_answer(api: Gateway, method: str, target: str, status: int) -> None:
    answer = api.call(method, target)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == CORS_ALLOW_ORIGIN
    assert answer.headers["access-control-expose-headers"] == EXPOSED
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("target", ["/nowhere", "/", "/articles/", f"/articles/{ABSENT}/comments", "/Articles"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_none_is_a_problem(api: Gateway, method: str, target: str) -> None:
    answer = api.call(method, target, body="x" if method == "POST" else None, headers={"Content-Type": "text/plain"})
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.raw["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("DELETE", "/articles", {"GET", "HEAD", "POST"}),
        ("POST", f"/articles/{ABSENT}", {"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
        ("PUT", f"/articles/{ABSENT}/images/{ABSENT}", {"GET", "HEAD", "DELETE"}),
        ("POST", "/labels", {"GET", "HEAD"}),
        ("OPTIONS", "/articles", {"GET", "HEAD", "POST"}),
    ],
)
def test_a_method_that_an_address_does_not_take_is_a_problem(
    api: Gateway, method: str, target: str, allowed: set[str]
) -> None:
    answer = api.call(method, target, ALICE)
    assert (answer.status, answer.json["type"]) == (405, "urn:gazette:problem:method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_head_answers_as_get_does_without_the_body(api: Gateway) -> None:
    article = api.create(status="published")
    targets = [
        "/articles",
        f"/articles/{article['id']}",
        f"/articles/{article['id']}/images",
        "/labels",
        "/labels/Dog/images",
        "/health",
        "/openapi.json",
        "/docs",
        "/docs/start.js",
    ]
    for target in targets:
        get, head = api.get(target), api.call("HEAD", target)
        assert (head.status, head.text, head.headers) == (get.status, "", get.headers), target


def test_nothing_between_us_and_the_reader_keeps_an_answer(api: Gateway) -> None:
    path = f"/articles/{api.create(status='published')['id']}"
    for target in (path, "/articles", "/labels"):
        assert api.get(target).headers["cache-control"] == "private, no-cache"
    assert api.get(path, headers={"If-None-Match": "*"}).headers["cache-control"] == "private, no-cache"


def test_no_request_scans_the_table(api: Gateway, wire: Wire) -> None:
    path = f"/articles/{api.create(status='published', tags=['a'])['id']}"
    for target in (path, "/articles", "/articles?tag=a", "/articles?author=me", f"{path}/images", "/labels"):
        assert api.get(target, ALICE).status == 200
    api.put(path, ALICE, json_body={"title": "t", "body": "b"})
    api.delete(path, ALICE)
    assert set(wire.calls) == {"Query", "GetItem", "TransactWriteItems"}


@pytest.mark.parametrize(
    ("host", "prefix", "address"),
    [
        (HOST, "/dev", f"https://{HOST}/dev"),
        ("api.example.org", "", "https://api.example.org"),
        ("api.example.org", "/gazette/v1", "https://api.example.org/gazette/v1"),
    ],
)
def test_the_document_names_the_address_that_it_was_asked_at(
    api: Gateway, host: str, prefix: str, address: str
) -> None:
    document = api.send(rest_event("GET", "/openapi.json", host=host, prefix=prefix))
    assert document.json["servers"] == [{"url": address}]
    assert document.json["openapi"].startswith("3.")
    assert "/articles/{article_id}" in document.json["paths"]


def test_a_list_is_not_mistaken_for_a_base_path(api: Gateway) -> None:
    answer = api.send(
        rest_event(
            "POST",
            "/articles",
            host="api.example.org",
            prefix="/gazette",
            body='{"title": "t", "body": "b"}',
            authorizer=ALICE.as_claims(),
            headers={"Content-Type": "application/json"},
        )
    )
    assert answer.headers["location"] == f"articles/{answer.json['id']}"


# The page


def test_the_page_loads_nothing_but_its_own_parts(api: Gateway) -> None:
    page = api.get("/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    parts = set(re.findall(r'(?:src|href)="([^"]+)"', page.text)) - {"data:,", "openapi.json"}
    assert parts == {f"docs/{asset}" for asset in ASSETS}
    for part in parts:
        assert api.get(f"/{part}").status == 200


@pytest.mark.parametrize("asset", sorted(ASSETS))
def test_a_part_of_the_page_is_text_that_lambda_and_the_gateway_can_carry(api: Gateway, asset: str) -> None:
    answer = api.get(f"/docs/{asset}")
    assert answer.raw["isBase64Encoded"] is False
    assert answer.headers["content-type"] == f"{ASSETS[asset]}; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert len(json.dumps(answer.raw)) < 6_000_000


@pytest.mark.parametrize("asset", ["index.html", "swagger-ui.js", "..", "%2e%2e%2fapp.py", "%00", "start.js%00"])
def test_the_page_has_no_other_parts(api: Gateway, asset: str) -> None:
    answer = api.get(f"/docs/{asset}")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


# Without an AWS that answers


@pytest.fixture
def closed_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world whose AWS is a closed port."""
    environment = {
        "TABLE_NAME": "t",
        "UPLOADS_BUCKET": "u",
        "MEDIA_BUCKET": "m",
        "CURSOR_KEY": "5f" * 32,
        "IMAGE_JOBS_QUEUE_URL": "http://127.0.0.1:9/q",
        "MAX_UPLOAD_BYTES": "1000",
        "UPLOADS_PER_HOUR": "10",
        "TOKEN_AUDIENCE": AUDIENCE,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stranded(closed_port: None) -> Iterator[Gateway]:  # noqa: ARG001
    with loaded("api.handler") as handle:
        yield Gateway(handle)


def test_health_and_the_document_need_no_aws(stranded: Gateway) -> None:
    assert stranded.get("/health").json == {"status": "ok"}
    assert stranded.get("/openapi.json").status == 200
    assert stranded.get("/docs").status == 200


@pytest.mark.parametrize("target", [f"/articles/{ABSENT}", "/articles", "/labels"])
def test_a_table_that_cannot_be_reached_is_a_problem_before_the_gateway_gives_up(
    stranded: Gateway, target: str
) -> None:
    begin = time.monotonic()
    answer = stranded.get(target)
    assert time.monotonic() - begin < 25
    assert (answer.status, answer.json["type"]) == (503, "urn:gazette:problem:service-unavailable")
    assert answer.headers["retry-after"] == "1"
    assert answer.raw["isBase64Encoded"] is False


# Logs


@pytest.mark.usefixtures("closed_port")
def test_a_log_line_is_one_object_that_names_the_request_and_the_article_and_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with loaded("api.handler") as handle:
        answer = Gateway(handle).patch(
            f"/articles/{ABSENT}",
            ALICE,
            json_body={"title": "my private title"},
            headers={"Authorization": "Bearer secret.token.here", "Idempotency-Key": "my-key"},
        )
    assert answer.status == 503
    captured = capsys.readouterr()
    assert captured.err == ""
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["level"] for line in lines] == ["ERROR", "INFO"]
    for line in lines:
        assert line["request_id"] == "8f2e9c1a-1111-4222-8333-444455556666"
        assert line["correlation_id"] == "5e0f1e4b-4a5b-4c8c-9f1e-2f6f2e6b8a10"
        assert line["article_id"] == ABSENT
        assert line["route"] == "PATCH /articles/{article_id}"
        assert line["service"] == "api"
    assert (lines[1]["message"], lines[1]["status"]) == ("answered", 503)
    assert lines[1]["duration_ms"] >= 0
    for secret in ("private title", "secret.token", "my-key", ALICE.id, "alice@example.com"):
        assert secret not in captured.out


@pytest.mark.usefixtures("closed_port")
def test_what_is_no_id_gets_into_no_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    event = rest_event("GET", "/labels", resource="/labels") | {"pathParameters": {"article_id": "alice@home"}}
    with loaded("api.handler") as handle:
        assert Gateway(handle).send(event).status == 503
    out = capsys.readouterr().out
    assert all("request_id" in json.loads(line) for line in out.splitlines())
    assert "alice@home" not in out
