"""/articles through the Lambda handler: events of the gateway in, proxy answers out."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urljoin

import pytest

from articles.ids import new_id
from tests.dynamodb import Wire, lost_answer, refused
from tests.gateway import ALICE, BOB, EDITOR, HOST, Answer, Gateway, User, recorded

ABSENT = "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC"


def problem(answer: Answer) -> tuple[int, str]:
    """The status and type of an answer that is a whole problem in every respect."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.raw["isBase64Encoded"] is False
    assert answer.json["status"] == answer.status
    assert answer.json["title"]
    assert answer.json["detail"]
    return answer.status, answer.json["type"].removeprefix("urn:gazette:problem:")


def test_a_new_article_is_answered_whole_with_its_address_and_validator(api: Gateway) -> None:
    answer = api.post("/articles", ALICE, json_body={"title": "Grüße", "body": "👋", "tags": ["a", "b"]})
    assert answer.status == 201
    made = answer.json
    assert {name: made[name] for name in ("title", "body", "tags", "status", "version", "images", "author")} == {
        "title": "Grüße",
        "body": "👋",
        "tags": ["a", "b"],
        "status": "draft",
        "version": 1,
        "images": [],
        "author": {"id": ALICE.id, "name": "alice"},
    }
    assert made["created_at"] == made["updated_at"]
    assert answer.headers["etag"] == '"1"'
    address = urljoin(f"https://{HOST}/dev/articles", answer.headers["location"])
    assert address == f"https://{HOST}/dev/articles/{made['id']}"
    assert api.get(f"/articles/{made['id']}", ALICE).json == made


def test_the_life_of_an_article(api: Gateway) -> None:
    path = f"/articles/{api.create()['id']}"
    replaced = api.put(path, ALICE, json_body={"title": "New", "body": "Text", "tags": ["x"], "status": "published"})
    assert (replaced.status, replaced.headers["etag"], replaced.json["status"]) == (200, '"2"', "published")
    changed = api.patch(path, EDITOR, json_body={"title": "Newer"})
    assert (changed.status, changed.json["version"], changed.json["tags"]) == (200, 3, ["x"])
    assert changed.json["author"]["id"] == ALICE.id
    gone = api.delete(path, ALICE)
    assert (gone.status, gone.text) == (204, "")
    for again in (api.get(path, ALICE), api.delete(path, ALICE), api.patch(path, ALICE, json_body={"title": "x"})):
        assert problem(again) == (404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nobody_and_strangers_change_nothing(api: Gateway, method: str) -> None:
    body = {"title": "Mine", "body": "now"} if method != "DELETE" else None
    draft, published = (api.create(status=status) for status in ("draft", "published"))
    for article, status in ((draft, 404), (published, 403)):
        path = f"/articles/{article['id']}"
        assert problem(api.call(method, path, json_body=body))[0] == 401
        assert problem(api.call(method, path, BOB, json_body=body))[0] == status
        assert api.get(path, ALICE).json == article


@pytest.mark.parametrize(("who", "status"), [(None, 404), (BOB, 404), (ALICE, 200), (EDITOR, 200)])
def test_a_draft_is_its_authors_and_the_editors_affair(api: Gateway, who: User | None, status: int) -> None:
    assert api.get(f"/articles/{api.create()['id']}", who).status == status


@pytest.mark.parametrize("who", [None, BOB, ALICE, EDITOR])
def test_everybody_reads_what_is_published(api: Gateway, who: User | None) -> None:
    assert api.get(f"/articles/{api.create(status='published')['id']}", who).status == 200


@pytest.mark.parametrize(
    "wrong", ["x", ABSENT.lower(), ABSENT[:-1], ABSENT + "A", "8" + ABSENT[1:], "%00", "..", "ü" * 26, ABSENT + "%0A"]
)
def test_what_is_no_id_is_not_found_without_a_look_into_the_table(api: Gateway, wire: Wire, wrong: str) -> None:
    assert problem(api.get(f"/articles/{quote(wrong, safe='%')}"))[0] == 404
    assert wire.calls == []


def test_an_article_that_never_was_is_not_found(api: Gateway) -> None:
    assert problem(api.get(f"/articles/{ABSENT}")) == (404, "not-found")


# Who is calling


def test_headers_make_nobody(api: Gateway) -> None:
    forged = {
        "X-Amzn-Claims": json.dumps({"sub": ALICE.id}),
        "Serverless.Authorizer": json.dumps({"claims": {"sub": ALICE.id}}),
        "Claims": json.dumps({"sub": ALICE.id}),
        "Sub": ALICE.id,
        "X-User-Id": ALICE.id,
        "Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.",
    }
    path = f"/articles/{api.create()['id']}"
    assert api.get(path, headers=forged).status == 404
    assert api.post("/articles", headers=forged, json_body={"title": "t", "body": "b"}).status == 401


@pytest.mark.parametrize("authorizer", [None, {}, {"claims": None}, {"claims": {}}, {"principalId": ALICE.id}])
def test_an_authorizer_that_names_nobody_makes_nobody(api: Gateway, authorizer: Any) -> None:
    made = api.post("/articles", json_body={"title": "t", "body": "b"}, authorizer=authorizer)
    assert problem(made) == (401, "unauthorized")


@pytest.mark.parametrize("flat", [True, False])
def test_an_access_token_is_no_identity(api: Gateway, flat: bool) -> None:
    claims = ALICE.as_claims()["claims"] | {"token_use": "access"}
    authorizer = claims if flat else {"claims": claims}
    made = api.post("/articles", json_body={"title": "t", "body": "b"}, authorizer=authorizer)
    assert problem(made) == (401, "unauthorized")


@pytest.mark.parametrize("authorizer", [ALICE.as_claims(), ALICE.as_context()])
def test_both_authorizers_name_the_caller(api: Gateway, authorizer: Any) -> None:
    made = api.post("/articles", json_body={"title": "t", "body": "b"}, authorizer=authorizer)
    assert made.json["author"] == {"id": ALICE.id, "name": "alice"}


def test_a_call_without_an_identity_is_refused_before_its_body_is_read(api: Gateway) -> None:
    path = f"/articles/{ABSENT}"
    for method, target in (("POST", "/articles"), ("PUT", path), ("PATCH", path), ("POST", f"{path}/images")):
        assert api.call(method, target, body="{").status == 401


# Bodies


def test_every_bad_field_is_pointed_at(api: Gateway) -> None:
    answer = api.post(
        "/articles",
        ALICE,
        json_body={
            "title": "",
            "body": 7,
            "tags": ["ok", "", 3, "a" * 51, "nul\x00"],
            "status": "deleted",
            "a/b~c": 1,
            "id": ABSENT,
        },
    )
    assert problem(answer) == (400, "bad-request")
    assert sorted(answer.pointers) == sorted(
        ["/title", "/body", "/tags/1", "/tags/2", "/tags/3", "/tags/4", "/status", "/a~1b~0c", "/id"]
    )
    assert all(error["detail"].endswith(".") for error in answer.json["errors"])


DRAFT = {"title": "t", "body": "b"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"title": "x" * 201}, "/title"),
        ({"title": None}, "/title"),
        ({"title": ["t"]}, "/title"),
        ({"title": " \t"}, "/title"),
        ({"title": "\x00"}, "/title"),
        ({"body": "x" * 100_001}, "/body"),
        ({"body": "ä" * 50_001}, "/body"),
        ({"body": "a\x00b"}, "/body"),
        ({"body": {}}, "/body"),
        ({"tags": [f"t{n}" for n in range(21)]}, "/tags"),
        ({"tags": ["a", "b", "a"]}, "/tags"),
        ({"tags": "news"}, "/tags"),
        ({"tags": {"0": "news"}}, "/tags"),
        ({"tags": [["news"]]}, "/tags/0"),
        ({"status": "Published"}, "/status"),
        ({"status": True}, "/status"),
        ({"author": "bob"}, "/author"),
    ],
)
def test_a_bad_field_is_refused_alike_everywhere_and_nothing_is_written(
    api: Gateway, wire: Wire, fields: dict[str, Any], pointer: str
) -> None:
    path = f"/articles/{ABSENT}"
    for method, target, base in (("POST", "/articles", DRAFT), ("PUT", path, DRAFT), ("PATCH", path, {})):
        answer = api.call(method, target, ALICE, json_body=base | fields)
        assert (answer.status, answer.pointers) == (400, [pointer])
    assert wire.calls == []


def test_the_bytes_of_a_body_are_counted_though_another_field_is_bad(api: Gateway) -> None:
    answer = api.post("/articles", ALICE, json_body={"title": "", "body": "ä" * 50_001})
    assert sorted(answer.pointers) == ["/body", "/title"]


@pytest.mark.parametrize("body", ["x" * 100_000, "ä" * 50_000, "👋" * 25_000, ""])
def test_a_body_may_be_as_long_as_the_limit_says(api: Gateway, body: str) -> None:
    made = api.create(body=body, title="t" * 200, tags=[f"{n:050d}" for n in range(20)])
    assert api.get(f"/articles/{made['id']}", ALICE).json["body"] == body


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"title": "t", "body": "b"}}',
        "null",
        "[]",
        '"text"',
        "7",
        "[" * 10_000,
        '{"a":' * 10_000,
        '{"title": "\\ud800", "body": "b"}',
        '{"title": "\\udc00\\ud800", "body": "b"}',
        '{"\\ud800": 1}',
        '{"title": NaN}',
        '{"title": 1e999}',
        "\ufeff{}",
        b"\xff\xfe",
        b'{"title": "\xed\xa0\x80", "body": "b"}',
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_is_no_json_object_is_refused_as_a_whole(api: Gateway, method: str, body: str | bytes) -> None:
    target = "/articles" if method == "POST" else f"/articles/{ABSENT}"
    answer = api.call(method, target, ALICE, body=body)
    assert problem(answer) == (400, "bad-request")
    assert answer.pointers == [""]


def test_an_empty_patch_is_told_what_it_could_hold(api: Gateway) -> None:
    answer = api.patch(f"/articles/{ABSENT}", ALICE, json_body={})
    assert (answer.status, answer.pointers) == (400, [""])
    assert "title" in answer.json["errors"][0]["detail"]


def test_required_fields_are_missed_by_name(api: Gateway) -> None:
    answer = api.post("/articles", ALICE, json_body={})
    assert (answer.status, answer.pointers) == (400, ["/title", "/body"])


def test_a_megabyte_of_nonsense_gets_an_answer_that_the_gateway_can_carry(api: Gateway) -> None:
    answer = api.post("/articles", ALICE, json_body={f"{n:05d}": 0 for n in range(80_000)})
    assert answer.status == 400
    assert len(answer.json["errors"]) == 100


def test_a_request_larger_than_a_mebibyte_is_too_large(api: Gateway) -> None:
    answer = api.post("/articles", ALICE, body=" " * 1_048_577)
    assert problem(answer) == (413, "content-too-large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "junk"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_another_media_type_than_json_is_refused(api: Gateway, method: str, kind: str) -> None:
    target = "/articles" if method == "POST" else f"/articles/{ABSENT}"
    answer = api.call(method, target, ALICE, json_body=DRAFT, headers={"Content-Type": kind})
    assert problem(answer) == (415, "unsupported-media-type")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_however_its_type_is_written(api: Gateway, kind: str) -> None:
    assert api.post("/articles", ALICE, json_body=DRAFT, headers={"Content-Type": kind}).status == 201


def test_a_body_that_travels_in_base64_is_read(api: Gateway) -> None:
    assert api.post("/articles", ALICE, body=json.dumps(DRAFT).encode()).status == 201


NAUGHTY = ["🏳️‍🌈", "\u202e", "'; DROP TABLE--", "${jndi:x}", "<script>", "\ufffe", "\U0010ffff", "\x7f"]


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_text_comes_back_as_it_went_in(api: Gateway, text: str) -> None:
    made = api.create(title=text, body=text, tags=[text], status="published")
    assert api.get(f"/articles/{made['id']}").json["title"] == text
    found = api.get(f"/articles?tag={quote(text)}").json["items"]
    assert [article["tags"] for article in found] == [[text]]


# Conditions


@pytest.mark.parametrize("header", ['"1"', 'W/"1"', '"9", "1"', "*"])
def test_a_reader_who_has_it_already_is_told_so(api: Gateway, header: str) -> None:
    answer = api.get(f"/articles/{api.create()['id']}", ALICE, headers={"If-None-Match": header})
    assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", '"1"')


@pytest.mark.parametrize("header", ['"2"', 'W/"0"', '"1-abc"', "junk", '"', ""])
def test_a_reader_who_has_something_else_gets_the_article(api: Gateway, header: str) -> None:
    assert api.get(f"/articles/{api.create()['id']}", ALICE, headers={"If-None-Match": header}).status == 200


@pytest.mark.parametrize("header", ['"1"', '"7", "1"', "*", '"1-0123456789abcdef"', ""])
def test_a_change_of_the_version_seen_is_done(api: Gateway, header: str) -> None:
    path = f"/articles/{api.create()['id']}"
    assert api.patch(path, ALICE, json_body={"title": "x"}, headers={"If-Match": header}).status == 200


@pytest.mark.parametrize("header", ['"2"', 'W/"1"', '"x"', "junk", '""', '"01"', '"1.0"', f'"{"9" * 5000}"', '"-1"'])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_another_version_is_refused(api: Gateway, method: str, header: str) -> None:
    article = api.create()
    path = f"/articles/{article['id']}"
    body = None if method == "DELETE" else DRAFT
    answer = api.call(method, path, ALICE, json_body=body, headers={"If-Match": header})
    assert problem(answer) == (412, "precondition-failed")
    assert api.get(path, ALICE).json == article


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("header", ["*", '"1"', 'W/"1"', '"9", "1"'])
def test_a_change_of_what_must_not_be_there_is_refused(api: Gateway, method: str, header: str) -> None:
    article = api.create()
    path = f"/articles/{article['id']}"
    body = None if method == "DELETE" else DRAFT
    answer = api.call(method, path, ALICE, json_body=body, headers={"If-None-Match": header})
    assert problem(answer) == (412, "precondition-failed")
    assert api.get(path, ALICE).json == article


def test_a_change_of_another_version_than_the_one_named_is_done(api: Gateway) -> None:
    path = f"/articles/{api.create()['id']}"
    assert api.patch(path, ALICE, json_body={"title": "x"}, headers={"If-None-Match": '"2"'}).status == 200


def test_putting_what_is_not_there_creates_nothing(api: Gateway) -> None:
    answer = api.put(f"/articles/{ABSENT}", ALICE, json_body=DRAFT, headers={"If-None-Match": "*"})
    assert problem(answer) == (404, "not-found")


def test_a_new_article_is_there_for_the_first_time_whatever_must_not_be(api: Gateway) -> None:
    assert api.post("/articles", ALICE, json_body=DRAFT, headers={"If-None-Match": "*"}).status == 201


# Idempotency-Key


def test_the_same_request_with_the_same_key_gives_the_first_answer_again(api: Gateway) -> None:
    first, again = (
        api.post("/articles", ALICE, json_body=body, headers={"Idempotency-Key": "k1"})
        for body in (DRAFT, DRAFT | {"status": "draft", "tags": []})
    )
    assert (again.status, again.json, again.headers["etag"]) == (201, first.json, first.headers["etag"])
    assert again.headers["location"] == first.headers["location"]
    assert len(api.get("/articles?author=me", ALICE).json["items"]) == 1


def test_another_body_with_the_same_key_is_refused(api: Gateway) -> None:
    for title, status in (("one", 201), ("two", 422)):
        answer = api.post("/articles", ALICE, json_body={"title": title, "body": ""}, headers={"Idempotency-Key": "k1"})
        assert answer.status == status
    assert problem(answer) == (422, "idempotency-key-reused")


def test_keys_of_two_people_do_not_meet(api: Gateway) -> None:
    ids = {
        api.post("/articles", who, json_body=DRAFT, headers={"Idempotency-Key": "k1"}).json["id"]
        for who in (ALICE, BOB)
    }
    assert len(ids) == 2


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "schlüssel", "a\tb", " k"])
def test_a_key_that_is_none_is_refused(api: Gateway, key: str) -> None:
    answer = api.post("/articles", ALICE, json_body=DRAFT, headers={"Idempotency-Key": key})
    assert (problem(answer)[0], answer.pointers) == (400, ["#Idempotency-Key"])


def test_twenty_at_once_get_the_same_answer(api: Gateway) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda _: api.post("/articles", ALICE, json_body=DRAFT, headers={"Idempotency-Key": "k1"}), range(20)
            )
        )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(api.get("/articles?author=me", ALICE).json["items"]) == 1


# Lists


def titles(answer: Answer) -> list[str]:
    return [article["title"] for article in answer.json["items"]]


def test_lists_show_whose_and_what_they_are_asked_for(api: Gateway) -> None:
    for who, title, status, tags in (
        (ALICE, "a draft", "draft", ["x"]),
        (ALICE, "alice's", "published", ["x"]),
        (BOB, "bob's", "published", ["x", "y"]),
    ):
        api.create(who, title=title, status=status, tags=tags)
    assert sorted(titles(api.get("/articles"))) == ["alice's", "bob's"]
    assert sorted(titles(api.get("/articles", ALICE))) == ["alice's", "bob's"]
    assert titles(api.get("/articles?tag=y")) == ["bob's"]
    assert titles(api.get(f"/articles?author={ALICE.id}", BOB)) == ["alice's"]
    assert sorted(titles(api.get("/articles?author=me", ALICE))) == ["a draft", "alice's"]
    assert titles(api.get(f"/articles?author={BOB.id}&tag=x")) == ["bob's"]
    assert titles(api.get("/articles?tag=nothing")) == []
    assert titles(api.get("/articles?author=me&status=draft", ALICE)) == ["a draft"]
    assert titles(api.get("/articles?author=me&status=published&tag=x", ALICE)) == ["alice's"]
    assert sorted(titles(api.get("/articles?status=published"))) == ["alice's", "bob's"]
    assert "body" not in api.get("/articles").json["items"][0]


def test_ones_own_articles_need_to_be_somebodys(api: Gateway) -> None:
    assert problem(api.get("/articles?author=me")) == (401, "unauthorized")


def test_pages_lead_from_one_to_the_next(api: Gateway) -> None:
    for number in range(5):
        api.create(title=str(number), status="published")
    seen, target = [], "/articles?limit=2"
    while target:
        page = api.get(target)
        seen += titles(page)
        cursor = page.json["next_cursor"]
        target = f"/articles?limit=2&cursor={cursor}" if cursor else ""
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


def test_the_next_page_is_linked_to_with_everything_that_was_asked_for(api: Gateway) -> None:
    for number in range(3):
        api.create(title=str(number), status="published", tags=["a&b c"])
    address = f"https://{HOST}/dev/articles?limit=2&tag={quote('a&b c')}"
    first = api.get(address.removeprefix(f"https://{HOST}/dev"))
    link = re.fullmatch(r'<([^<>]+)>; rel="next"', first.headers["link"])
    assert link
    following = urljoin(address, link[1])
    assert following.startswith(f"https://{HOST}/dev/articles?")
    second = api.get(following.removeprefix(f"https://{HOST}/dev"))
    assert sorted(titles(first) + titles(second)) == ["0", "1", "2"]
    assert "link" not in second.headers


def test_a_cursor_opens_the_list_that_it_came_from_and_no_other(api: Gateway) -> None:
    for _ in range(2):
        api.create(status="published", tags=["a:b"])
    cursor = api.get("/articles?limit=1&tag=a:b").json["next_cursor"]
    assert api.get(f"/articles?limit=1&tag=a:b&cursor={cursor}").status == 200
    for query in ("articles?", "articles?tag=a&", "articles?author=a&tag=b&", "articles?author=me&", "labels?"):
        answer = api.get(f"/{query}cursor={cursor}", ALICE)
        assert (answer.status, answer.pointers) == (400, ["#cursor"]), query


def test_a_cursor_that_was_tampered_with_is_refused(api: Gateway) -> None:
    for _ in range(2):
        api.create(status="published")
    cursor = api.get("/articles?limit=1").json["next_cursor"]
    other = quote(f'"{new_id()}"')
    for wrong in ("", "x", cursor[:-1], cursor + "A", cursor.swapcase(), f"{other}.{cursor.split('.')[1]}", "ü", "%00"):
        answer = api.get(f"/articles?cursor={quote(wrong, safe='%')}")
        assert (answer.status, answer.pointers) == (400, ["#cursor"]), wrong


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.0", "1e1", "", "x", "٣", "+1", "%201", "9" * 5000])
def test_a_limit_outside_its_bounds_is_refused(api: Gateway, limit: str) -> None:
    for path in ("/articles", "/labels", "/labels/Dog/images"):
        answer = api.get(f"{path}?limit={limit}")
        assert (answer.status, answer.pointers) == (400, ["#limit"])


@pytest.mark.parametrize("limit", ["1", "100"])
def test_a_limit_may_be_its_bounds(api: Gateway, limit: str) -> None:
    assert api.get(f"/articles?limit={limit}").status == 200


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("tag=", ["#tag"]),
        ("tag=" + "x" * 51, ["#tag"]),
        ("tag=%00", ["#tag"]),
        ("author=", ["#author"]),
        ("author=" + "x" * 129, ["#author"]),
        ("author=%20", ["#author"]),
        ("tag=%20%09", ["#tag"]),
        ("label=", ["#label"]),
        ("label=" + "x" * 101, ["#label"]),
        ("status=deleted", ["#status"]),
        ("status=", ["#status"]),
        ("status=draft", ["#status"]),
        ("status=draft&author=alice", ["#status"]),
        ("limit=1&limit=2", ["#limit"]),
        ("sort=title", ["#sort"]),
        ("sort=title&limit=0", ["#sort", "#limit"]),
    ],
)
def test_a_bad_parameter_is_pointed_at(api: Gateway, query: str, pointers: list[str]) -> None:
    answer = api.get(f"/articles?{query}")
    assert (answer.status, answer.pointers) == (400, pointers)


# Accidents


def test_a_create_whose_answer_was_lost_is_created_once(api: Gateway, wire: Wire) -> None:
    wire.next("TransactWriteItems", lost_answer)
    assert api.post("/articles", ALICE, json_body=DRAFT).status == 201
    assert len(api.get("/articles?author=me", ALICE).json["items"]) == 1


@pytest.mark.parametrize(
    ("code", "http_status", "status"),
    [
        ("ProvisionedThroughputExceededException", 400, 503),
        ("ThrottlingException", 400, 503),
        ("RequestLimitExceeded", 400, 503),
        ("InternalServerError", 500, 503),
        ("AccessDeniedException", 400, 500),
        ("ResourceNotFoundException", 400, 500),
    ],
)
def test_what_ails_the_table_is_told_apart(api: Gateway, wire: Wire, code: str, http_status: int, status: int) -> None:
    wire.next("Query", *[refused(code, http_status)] * 3)
    answer = api.get(f"/articles/{ABSENT}")
    assert problem(answer)[0] == status
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    assert code not in answer.text
    assert answer.headers["access-control-allow-origin"] == "https://web.example"


def test_an_event_as_the_gateway_sent_it_is_answered(api: Gateway) -> None:
    answer = api.send(recorded("rest_proxy"))
    assert problem(answer) == (404, "not-found")
    assert set(answer.raw) == {"statusCode", "multiValueHeaders", "body", "isBase64Encoded"}
