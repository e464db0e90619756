"""What API Gateway answers by itself, and that it does so in the API's own words."""

import re
from urllib.parse import urljoin

import boto3
import pytest

from local.clients import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

ABSENT = "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC"


def test_health_is_answered_without_a_function(stack: RunningStack, anonymous: ApiClient) -> None:
    log = stack.layout.log("api")
    before = log.read_text() if log.exists() else ""

    answer = anonymous.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (log.read_text() if log.exists() else "") == before


def test_an_unknown_route_is_a_problem(anonymous: ApiClient) -> None:
    answer = anonymous.get("/nothing/here")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_a_body_that_is_no_json_object_never_reaches_the_function(stack: RunningStack, alice: ApiClient) -> None:
    log = stack.layout.log("api")
    before = log.read_text() if log.exists() else ""

    answers = [
        alice.request("POST", "/articles", data=body, headers={"Content-Type": "application/json"})
        for body in ("{", "[]", '"text"', "42")
    ]

    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"][0]["pointer"] == ""
    assert (log.read_text() if log.exists() else "") == before


def test_every_bad_field_gets_a_pointer(alice: ApiClient) -> None:
    answer = alice.post("/articles", json={"title": "", "body": 7, "tags": ["ok", ""], "colour": "red"})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/title", "/body", "/tags/1", "/colour"}


@pytest.mark.parametrize("path", ["/articles", "/articles/x", "/articles/x/images", "/labels", "/health"])
def test_preflights_are_answered_for_every_route(anonymous: ApiClient, path: str) -> None:
    headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}

    answer = anonymous.request("OPTIONS", path, headers=headers)

    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_preflights_promise_exactly_what_the_document_has(anonymous: ApiClient) -> None:
    paths = anonymous.get("/openapi.json").json()["paths"]

    for path, item in paths.items():
        answer = anonymous.request("OPTIONS", re.sub("{[^}]+}", "x", path))
        methods = {verb.upper() for verb in item if verb in ("get", "post", "put", "patch", "delete")}
        wanted = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        assert set(answer.headers["Access-Control-Allow-Methods"].split(",")) == wanted, path


def test_success_and_refusals_alike_carry_the_same_cors_headers(anonymous: ApiClient) -> None:
    answers = {
        "the app's": (200, anonymous.get("/articles")),
        "the app's refusal": (400, anonymous.get("/articles?limit=0")),
        "the app's 404": (404, anonymous.get(f"/articles/{ABSENT}")),
        "the gateway's": (200, anonymous.get("/health")),
        "the gateway's 401": (401, anonymous.post("/articles", json={})),
        "the gateway's 404": (404, anonymous.get("/nothing")),
        "the preflight": (204, anonymous.request("OPTIONS", "/articles")),
    }

    for whose, (status, answer) in answers.items():
        assert answer.status_code == status, whose
        for name in ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Vary"):
            assert answer.headers[name] == answers["the app's"][1].headers[name], whose


def test_what_can_be_got_can_be_asked_about(anonymous: ApiClient, alice: ApiClient) -> None:
    made = alice.create_article()["id"]

    for path in ("/articles", f"/articles/{made}", f"/articles/{made}/images", "/labels", "/health", "/docs"):
        got, asked = anonymous.get(path), anonymous.request("HEAD", path)
        assert (asked.status_code, asked.content) == (got.status_code, b""), path
        assert asked.headers.get("ETag") == got.headers.get("ETag")
        assert asked.headers["Content-Type"] == got.headers["Content-Type"]
    assert anonymous.request("HEAD", f"/articles/{ABSENT}").status_code == 404


def test_who_calls_too_often_is_told_when_to_come_back(stack: RunningStack, anonymous: ApiClient) -> None:
    limits = "/~1labels~1{label}~1images/GET/throttling"
    (api_id, stage) = re.findall(r"/restapis/([^/]+)/([^/]+)/", stack.outputs["api_url"])[0]
    api = {"restApiId": api_id, "stageName": stage}
    gateway = boto3.client(
        "apigateway",
        endpoint_url=stack.outputs["endpoint_url"],
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )
    changes = [("rateLimit", "1"), ("burstLimit", "1")]
    gateway.update_stage(
        **api,
        patchOperations=[{"op": "replace", "path": f"{limits}/{name}", "value": value} for name, value in changes],
    )
    try:
        answers = [anonymous.get("/labels/Dog/images") for _ in range(5)]
    finally:
        gateway.update_stage(**api, patchOperations=[{"op": "remove", "path": limits.rpartition("/")[0]}])

    assert answers[0].status_code == 200
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["type"] == "urn:gazette:problem:too-many-requests"
    assert anonymous.get("/labels/Dog/images").status_code == 200


def test_the_contract_is_served_with_the_stages_own_address(anonymous: ApiClient) -> None:
    document = anonymous.get("/openapi.json").json()

    assert document["openapi"].startswith("3.")
    assert "/articles/{article_id}/images" in document["paths"]
    assert document["servers"] == [{"url": anonymous.url}]


def test_a_location_leads_to_what_was_created(alice: ApiClient) -> None:
    created = alice.post("/articles", json={"title": "Here", "body": "I am"})

    followed = alice.session.get(urljoin(created.url, created.headers["Location"]), timeout=10)

    assert followed.status_code == 200
    assert followed.json()["id"] == created.json()["id"]
    assert followed.headers["ETag"] == created.headers["ETag"]


def test_pages_are_linked(alice: ApiClient, anonymous: ApiClient) -> None:
    made = [alice.create_article(tags=["linked & paged"])["id"] for _ in range(3)]

    page = anonymous.get("/articles", params={"tag": "linked & paged", "limit": 2})
    following = anonymous.session.get(urljoin(page.url, page.links["next"]["url"]), timeout=10)

    assert [item["id"] for item in page.json()["items"] + following.json()["items"]] == made[::-1]
    assert "next" not in following.links


def test_pages_follow_one_another_and_a_changed_cursor_is_refused(alice: ApiClient, anonymous: ApiClient) -> None:
    made = [alice.create_article(tags=["paging"])["id"] for _ in range(5)]

    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"tag": "paging", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = anonymous.get("/articles", params=parameters).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        last = cursor

    assert seen == made[::-1]
    assert anonymous.get("/articles", params={"tag": "paging", "cursor": last[:-1] + "x"}).status_code == 400
    assert anonymous.get("/articles", params={"tag": "other", "cursor": last}).status_code == 400
