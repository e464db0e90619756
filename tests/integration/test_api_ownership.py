"""Who may do what, by the table of tests/ownership.py, and what of it they get to see. OWASP API1, API3 and API5."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from articles.image_repository import ImageRepository
from articles.model import Failure, Image, ImageStatus, Moderation
from articles.repository import ArticleRepository
from articles.table import Table
from image_worker.indexing import Indexing
from tests.gateway import ALICE, BOB, EDITOR, Gateway, User
from tests.ownership import BODIES, PEOPLE, PICTURE, ROWS, Row
from tests.routes import DOCUMENT, ROUTES
from tests.samples import NOON, a_label, an_analysis, finish

USERS: dict[str, User | None] = dict(zip(PEOPLE, (None, BOB, ALICE, EDITOR), strict=True))
IMAGES = [*(status.value for status in ImageStatus), "elsewhere"]

OUTCOMES: dict[str, dict[str, Any]] = {
    "ready": {},
    "rejected": {"moderation": (Moderation("Weapons", "Violence", 88.0),), "renditions": None},
    "failed": {"error": Failure("corrupt", "The file is damaged."), "renditions": None},
}


class Things:
    """Makes what a row is about."""

    def __init__(self, api: Gateway, table: Table) -> None:
        self._api = api
        self._images = ImageRepository(table)

    def article(self, kind: str) -> Any:
        if kind == "stranger's":
            return self._api.create(BOB, status="published")
        return self._api.create(ALICE, status="draft" if kind == "draft" else "published")

    def image(self, article_id: str, status: str) -> str:
        if status == "elsewhere":
            return self.image(self.article("published")["id"], "ready")
        path = f"/articles/{article_id}/images"
        made: str = self._api.post(path, ALICE, json_body=PICTURE).json["image"]["id"]
        if status == "deleted":
            assert self._api.delete(f"{path}/{made}", ALICE).status == 204
        elif status == "processing":
            claimed = self._images.claim(
                article_id, made, token="t", sequencer=None, now=NOON, lease_until=NOON + timedelta(hours=1)
            )
            assert isinstance(claimed, Image)
        elif status != "pending":
            analysis = an_analysis(a_label("Dog"), status=ImageStatus(status), **OUTCOMES[status])
            finish(self._images, self._images.get(article_id, made), analysis)
        return made

    def of(self, row: Row) -> tuple[str, str]:
        """The ids of a new article and image for the row; nothing where it needs none."""
        if row.article is None:
            return "", ""
        article = self.article(row.article)["id"]
        image = self.image(article, row.image) if row.image else ""
        if row.article == "deleted":
            assert self._api.delete(f"/articles/{article}", ALICE).status == 204
        return article, image


@pytest.fixture
def things(api: Gateway, table: Table) -> Things:
    return Things(api, table)


def test_the_table_has_every_route_with_everything_it_can_be_about() -> None:
    assert {row.route for row in ROWS} == {str(route) for route in ROUTES}
    about = {(row.route, row.article, row.image) for row in ROWS}
    wanted: set[tuple[str, str | None, str | None]]
    for route in map(str, ROUTES):
        if "{image_id}" in route:
            wanted = {(route, article, image) for article in ("draft", "published") for image in IMAGES}
            wanted |= {(route, "deleted", "ready"), (route, "stranger's", "elsewhere")}
        elif "{article_id}" in route:
            wanted = {(route, article, None) for article in ("draft", "published", "deleted")}
        else:
            wanted = {(route, None, None)}
        assert wanted <= about, route


def seen(api: Gateway, article_id: str, owner: User) -> str:
    """The article as its owner gets it, but for how its pictures' URLs are signed, which changes with every second."""
    return re.sub(r'\?[^"]*', "", api.get(f"/articles/{article_id}", owner).text)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_table_says(api: Gateway, things: Things, row: Row) -> None:
    for person, status in row.expected.items():
        article, image = things.of(row)
        owner = BOB if row.article == "stranger's" else ALICE
        before = seen(api, article, owner) if article else ""

        answer = api.call(
            row.method, row.address(article, image), USERS[person], json_body=BODIES.get(row.route), headers={}
        )

        assert answer.status == status, f"{person}: {answer.text}"
        if row.method == "GET":
            head = api.call("HEAD", row.address(article, image), USERS[person])
            assert (head.status, head.text) == (status, ""), person
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            if article:
                assert seen(api, article, owner) == before, f"{person} changed something"


def test_who_may_not_know_of_it_cannot_tell_it_from_what_never_was(api: Gateway, things: Things) -> None:
    draft = things.article("draft")["id"]
    absent = draft[:-1] + ("0" if draft[-1] != "0" else "1")
    for route, body in (
        ("GET", None),
        ("PUT", {"title": "t", "body": "b"}),
        ("PATCH", {"title": "t"}),
        ("DELETE", None),
    ):
        answers = [
            api.call(route, f"/articles/{article}", BOB, json_body=body, headers={"If-Match": '"7"'})
            for article in (draft, absent)
        ]
        assert answers[0].text == answers[1].text
        assert {name: answers[0].headers[name] for name in answers[0].headers} == dict(answers[1].headers)


# What they see (API3)


def _fields(shown: Any, schema: Any, where: str = "") -> Iterator[str]:
    """Where something is shown that the contract does not have, or not shown that it has."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(shown, dict):
        known = schema.get("properties", {})
        if schema.get("additionalProperties"):
            return
        yield from (f"{where}/{name}" for name in shown.keys() ^ known.keys())
        for name in shown.keys() & known.keys():
            yield from _fields(shown[name], known[name], f"{where}/{name}")
    elif isinstance(shown, list):
        for entry in shown:
            yield from _fields(entry, schema["items"], f"{where}[]")


def _schema(method: str, path: str, status: str) -> Any:
    return DOCUMENT["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]


SECRETS = (
    "alice@example.com",
    "uploads/",
    "sequencer",
    "lease",
    "due",
    "claim",
    "listed",
    "looked",
    "event-1",
    "cognito",
)


def test_what_is_shown_has_the_documented_fields_and_nothing_else(api: Gateway, things: Things) -> None:
    article = things.article("published")["id"]
    for status in ImageStatus:
        things.image(article, status.value)
    ready = things.image(article, "ready")
    shown = [
        ("/articles", "/articles"),
        ("/articles/{article_id}", f"/articles/{article}"),
        ("/articles/{article_id}/images", f"/articles/{article}/images"),
        ("/articles/{article_id}/images/{image_id}", f"/articles/{article}/images/{ready}"),
        ("/labels", "/labels"),
        ("/labels/{label}/images", "/labels/Dog/images"),
    ]
    for path, target in shown:
        for who in USERS.values():
            answer = api.get(target, who)
            assert list(_fields(answer.json, _schema("get", path, "200"))) == [], (path, who)
            assert not [secret for secret in SECRETS if secret in answer.text], (path, who)
    for who in (None, BOB):
        seen = api.get(f"/articles/{article}", who).json
        assert [image["status"] for image in seen["images"]] == ["ready", "ready"]
        assert all(image["error"] is None and image["moderation"] == [] for image in seen["images"])
    assert len(api.get(f"/articles/{article}", ALICE).json["images"]) == 6
    for image in api.get(f"/articles/{article}", ALICE).json["images"]:
        assert (image["urls"] is not None) == (image["status"] == "ready")
    for method, path, target, body in (
        ("post", "/articles", "/articles", BODIES["POST /articles"]),
        ("post", "/articles/{article_id}/images", f"/articles/{article}/images", PICTURE),
    ):
        made = api.call(method.upper(), target, ALICE, json_body=body)
        assert list(_fields(made.json, _schema(method, path, "201"))) == []


OF_AN_ARTICLE = "id author version images created_at updated_at due_at PK SK groups listed claims __proto__ Status"
OF_AN_IMAGE = "id article_id status key bucket urls renditions labels error moderation width upload expires_at acl"
WRITES_OF_ARTICLES = ["POST /articles", "PUT /articles/{article_id}", "PATCH /articles/{article_id}"]


@pytest.mark.parametrize("route", WRITES_OF_ARTICLES)
def test_what_is_not_the_clients_to_say_of_an_article_is_refused(api: Gateway, route: str) -> None:
    article = api.create()
    method, path = route.split()
    target = path.format(article_id=article["id"])
    for field in OF_AN_ARTICLE.split():
        values: list[Any] = [BOB.id, {"id": BOB.id}, 7, True, None, []]
        for value in values:
            answer = api.call(method, target, ALICE, json_body=BODIES[route] | {field: value})
            assert (answer.status, answer.pointers) == (400, [f"/{field}"])
    for status in ("deleted", "Draft", "", None, 1, ["published"]):
        answer = api.call(method, target, ALICE, json_body=BODIES[route] | {"status": status})
        assert (answer.status, answer.pointers) == (400, ["/status"])
    assert api.get(f"/articles/{article['id']}", ALICE).json == article
    assert len(api.get("/articles?author=me", ALICE).json["items"]) == 1


def test_what_is_not_the_clients_to_say_of_an_image_is_refused(api: Gateway) -> None:
    article = api.create()["id"]
    for field in OF_AN_IMAGE.split():
        answer = api.post(f"/articles/{article}/images", ALICE, json_body=PICTURE | {field: "ready"})
        assert (answer.status, answer.pointers) == (400, [f"/{field}"])
    assert api.get(f"/articles/{article}", ALICE).json["images"] == []


def test_no_list_shows_what_is_not_published(api: Gateway, things: Things, table: Table) -> None:
    draft = things.article("draft")["id"]
    shown = api.create(status="published", tags=["t"])["id"]
    api.patch(f"/articles/{draft}", ALICE, json_body={"tags": ["t"]})
    things.image(draft, "ready")
    things.image(shown, "ready")
    rejected = things.image(shown, "rejected")
    lists = ["/articles", "/articles?tag=t", f"/articles?author={ALICE.id}", "/articles?label=Dog",
             f"/articles?label=Dog&author={ALICE.id}&tag=t&status=published"]  # fmt: skip

    def listed(who: User | None) -> list[list[str]]:
        return [[item["id"] for item in api.get(target, who).json["items"]] for target in lists]

    for who in USERS.values():
        assert listed(who) == [[shown]] * len(lists)
        pictures = api.get("/labels/Dog/images", who).json["items"]
        assert [picture["article_id"] for picture in pictures] == [shown]
        assert rejected not in [picture["id"] for picture in pictures]
        assert api.get("/labels", who).json["items"] == [{"name": "Dog", "images": 1}]
    assert api.get("/articles?author=me", BOB).json["items"] == []
    assert api.get("/articles?author=me", EDITOR).json["items"] == []

    api.patch(f"/articles/{shown}", ALICE, json_body={"status": "draft"})
    assert listed(None) == [[]] * len(lists), "at once"
    # A label's own pages follow by a job, within seconds.
    Indexing(ArticleRepository(table), ImageRepository(table)).article(shown)
    assert api.get("/labels/Dog/images").json["items"] == []
    assert api.get("/labels").json["items"] == []
