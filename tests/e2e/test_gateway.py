"""What API Gateway answers by itself, and that it does so in the API's own words."""

from urllib.parse import urljoin

import pytest

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


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


def test_answers_and_refusals_alike_carry_the_cors_header(anonymous: ApiClient) -> None:
    answers = {
        200: anonymous.get("/articles"),
        400: anonymous.get("/articles?limit=0"),
        401: anonymous.post("/articles", json={}),
        404: anonymous.get("/nothing"),
    }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"], status


def test_the_contract_is_served_with_the_stages_own_address(anonymous: ApiClient) -> None:
    document = anonymous.get("/openapi.json").json()

    assert document["openapi"].startswith("3.")
    assert "/articles/{article_id}/images" in document["paths"]
    assert document["servers"][0]["url"].startswith("http")


def test_a_location_leads_to_what_was_created(alice: ApiClient) -> None:
    created = alice.post("/articles", json={"title": "Here", "body": "I am"})

    followed = alice.session.get(urljoin(created.url, created.headers["Location"]), timeout=10)

    assert followed.status_code == 200
    assert followed.json()["id"] == created.json()["id"]
    assert followed.headers["ETag"] == created.headers["ETag"]


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
