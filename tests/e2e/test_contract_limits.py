"""What schemathesis does not do: the same call many times at once, lists that change under a walk, nasty bodies, and
refusals that must cost no invocation."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

AT_ONCE = 20
ABSENT = "/articles/01JD9Z6M3T8Q4V7W2X5Y1Z0ABC"
JSON = {"Content-Type": "application/json"}

NAUGHTY = [
    "undefined",
    "NaN",
    "-1e+999",
    "0x7fffffffffffffff",
    "true",
    "\\",
    "'\"`",
    "%00 %2e%2e%2f",
    "../../../../etc/passwd",
    "{{7*7}} ${7*7} #{7*7}",
    "'; DROP TABLE articles; --",
    "<script>alert(1)</script>",
    "$util.escapeJavaScript($input.json('$'))",
    "\x01\x02\x1b[31m\x7f",
    "a\r\nSet-Cookie: a=b",
    "\u202etxet thgir-ot-thgiL",
    "\ufeffbyte order mark",
    "zero\u200bwidth\u2060joiner",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪",
    "\ufffe\uffff\U0010ffff",
]

REFUSED = {
    "NUL in a title": b'{"title": "a\\u0000b", "body": ""}',
    "half of a surrogate pair": b'{"title": "\\ud800", "body": ""}',
    "10,000 deep lists": b'{"title": ' + b"[" * 10_000 + b"]" * 10_000 + b', "body": ""}',
    "10,000 deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "an endless number": b'{"title": 1' + b"0" * 100_000 + b', "body": ""}',
    "an unknown field": b'{"title": "t", "body": "", "__proto__": {"author": "bob"}}',
    "a megabyte and more": b'{"title": "t", "body": "' + b"x" * 1_100_000 + b'"}',
}


@pytest.fixture(scope="module")
def carol(stack: RunningStack) -> Iterator[ApiClient]:
    """Somebody whose articles are known to the last one."""
    client = stack.api(f"carol-{uuid.uuid4().hex[:8]}")
    yield client
    client.close()


def _own(client: ApiClient) -> list[str]:
    return [item["id"] for item in client.get("/articles?author=me&limit=100").json()["items"]]


def _is_problem(answer: requests.Response, statuses: tuple[int, ...]) -> None:
    assert answer.status_code in statuses, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code


def test_naughty_text_comes_back_as_it_went_in(carol: ApiClient) -> None:
    for text in NAUGHTY:
        made = carol.create_article(title=text, body=text, tags=[text])
        assert (made["title"], made["body"], made["tags"]) == (text, text, [text])
        assert carol.get(f"/articles/{made['id']}").json() == made
        found = carol.get("/articles", params={"tag": text, "author": "me"}).json()["items"]
        assert [item["id"] for item in found] == [made["id"]], text


@pytest.mark.parametrize("name", REFUSED)
def test_a_nasty_body_is_refused_and_nothing_is_written(carol: ApiClient, name: str) -> None:
    before = _own(carol)

    _is_problem(carol.post("/articles", data=REFUSED[name], headers=JSON), (400, 413))

    assert _own(carol) == before


def test_one_post_twenty_times_at_once_makes_one_article(stack: RunningStack, carol: ApiClient) -> None:
    before = set(_own(carol))
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    together = threading.Barrier(AT_ONCE)

    def post(_: int) -> requests.Response:
        client = ApiClient(stack.outputs["api_url"], carol.token)
        together.wait()
        answer = client.post("/articles", json={"title": "One", "body": "of twenty"}, headers=headers)
        client.close()
        return answer

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(post, range(AT_ONCE)))

    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.text for answer in answers}) == 1
    assert set(_own(carol)) - before == {answers[0].json()["id"]}


def test_a_walk_sees_everything_that_was_there_once_while_others_write(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient
) -> None:
    tag = f"walk-{uuid.uuid4().hex[:8]}"
    there = [alice.create_article(tags=[tag])["id"] for _ in range(12)]
    stop = threading.Event()
    added: list[str] = []

    def write() -> None:
        client = ApiClient(stack.outputs["api_url"], alice.token)
        while not stop.is_set():
            added.append(client.create_article(tags=[tag])["id"])
        client.close()

    seen: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        try:
            cursor: dict[str, str] = {}
            while True:
                page = anonymous.get("/articles", params={"tag": tag, "limit": 2, **cursor}).json()
                seen += [item["id"] for item in page["items"]]
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
        finally:
            stop.set()
        writing.result()

    assert added
    assert len(set(seen)) == len(seen)
    assert [one for one in seen if one in there] == there[::-1]


def test_what_the_gateway_refuses_or_answers_itself_invokes_no_function(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient
) -> None:
    forger = ApiClient(stack.outputs["api_url"], "no.such.token")
    draft = json.dumps({"title": "t", "body": "b"})
    bodies = ("{", "[]", "7", '"text"', "null", "")
    before = _invocations(stack)

    refused = [
        *((client.post("/articles", data=draft, headers=JSON), 401) for client in (anonymous, forger)),
        *((client.put(ABSENT, data=draft, headers=JSON), 401) for client in (anonymous, forger)),
        *((client.patch(ABSENT, data=draft, headers=JSON), 401) for client in (anonymous, forger)),
        *((client.delete(ABSENT), 401) for client in (anonymous, forger)),
        *((client.post(f"{ABSENT}/images", data="{}", headers=JSON), 401) for client in (anonymous, forger)),
        *((alice.post("/articles", data=body, headers=JSON), 400) for body in bodies),
        *((alice.patch(ABSENT, data=body, headers=JSON), 400) for body in bodies),
        *((anonymous.get(path), 404) for path in ("/nothing", "/articles/x/y", "/.env", "/health/x")),
        *((alice.request(method, "/health"), 404) for method in ("POST", "DELETE", "PATCH")),
    ]
    answered = [
        anonymous.get("/health"),
        *(anonymous.request("OPTIONS", path) for path in ("/articles", ABSENT, f"{ABSENT}/images", "/labels")),
    ]
    time.sleep(0.5)  # a line of the log is written after its answer

    for answer, status in refused:
        _is_problem(answer, (status,))
    assert all(answer.ok for answer in answered)
    assert _invocations(stack) == before
    print(f"{len(refused) + len(answered)} calls, 0 invocations")


def _invocations(stack: RunningStack) -> dict[str, int]:
    """How often the API's two functions have been invoked so far."""
    logs = {name: stack.layout.log(name) for name in ("api", "authorizer")}
    return {name: log.read_text("utf-8").count("REPORT RequestId") if log.exists() else 0 for name, log in logs.items()}
