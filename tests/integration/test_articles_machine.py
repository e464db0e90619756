"""Any sequence of calls by two authors, an editor and passers-by: the API behaves as a plain dict of articles does."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.dynamodb import create_table
from tests.gateway import ALICE, BOB, EDITOR, Answer, Gateway, User
from tests.integration.conftest import TABLE_NAME

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

RUNS = 200
STEPS = 15  # of one run, at most

Json = dict[str, Any]

# Few values of each, so that they meet often: the same tag, the same key, a change that changes nothing.
writers = st.sampled_from([ALICE, BOB, EDITOR])
readers = st.sampled_from([None, ALICE, BOB, EDITOR])
titles = st.sampled_from(["One", "Zwei ✓", "'; DROP TABLE--"])
bodies = st.sampled_from(["", "Text.", "👋"])
tag = st.sampled_from(["news", "a:b", "#ünder/score?"])
tags = st.lists(tag, max_size=3, unique=True)
status = st.sampled_from(["draft", "published"])
drafts = st.fixed_dictionaries({"title": titles, "body": bodies}, optional={"tags": tags, "status": status})
patches = st.fixed_dictionaries({}, optional={"title": titles, "body": bodies, "tags": tags, "status": status}).filter(
    bool
)
conditions = st.sampled_from([None, "this version", "this and another", "any", "an older one", "a newer one", "junk"])


def whole(draft: Json) -> Json:
    """The draft with what it left out."""
    return {"tags": [], "status": "draft", **draft}


def may_change(who: User | None, article: Json) -> bool:
    return who is not None and (who.id == article["author"]["id"] or who is EDITOR)


def may_see(who: User | None, article: Json) -> bool:
    return article["status"] == "published" or may_change(who, article)


def summary(article: Json) -> Json:
    return {name: value for name, value in article.items() if name not in ("body", "images")}


class Articles(RuleBasedStateMachine):
    """`model` has every article as its readers should get it, by id; `first_answers` what each Idempotency-Key made."""

    ids = Bundle("ids")

    def __init__(self, api: Gateway) -> None:
        super().__init__()
        self.api = api
        self.model: dict[str, Json] = {}
        self.first_answers: dict[tuple[User, str], tuple[Json, Json]] = {}

    # Writing

    @rule(target=ids, who=writers, draft=drafts)
    def create(self, who: User, draft: Json) -> str:
        return self._created(who, draft, self.api.post("/articles", who, json_body=draft))

    @rule(target=ids, who=st.sampled_from([ALICE, BOB]), draft=drafts, key=st.sampled_from(["k1", "k2"]))
    def create_once(self, who: User, draft: Json, key: str) -> str:
        answer = self.api.post("/articles", who, json_body=draft, headers={"Idempotency-Key": key})
        if (who, key) not in self.first_answers:
            made = self._created(who, draft, answer)
            self.first_answers[who, key] = (whole(draft), answer.json)
            return made
        first_draft, first_answer = self.first_answers[who, key]
        if whole(draft) == first_draft:
            assert (answer.status, answer.json) == (201, first_answer)
        else:
            self._is_problem(answer, 422)
        return str(first_answer["id"])

    def _created(self, who: User, draft: Json, answer: Answer) -> str:
        assert answer.status == 201, answer
        made = answer.json
        assert made["id"] not in self.model
        assert made["created_at"] == made["updated_at"]
        author = {"id": who.id, "name": who.name}
        assert made == {**made, **whole(draft), "author": author, "version": 1, "images": []}
        assert answer.headers["location"] == f"articles/{made['id']}"
        assert answer.headers["etag"] == '"1"'
        self.model[made["id"]] = made
        return str(made["id"])

    @rule(article_id=ids, who=writers, draft=drafts, condition=conditions)
    def replace(self, article_id: str, who: User, draft: Json, condition: str | None) -> None:
        headers, holds = self._if_match(article_id, condition)
        answer = self.api.put(f"/articles/{article_id}", who, json_body=draft, headers=headers)
        self._changed(article_id, who, whole(draft), answer, holds=holds)

    @rule(article_id=ids, who=writers, patch=patches, condition=conditions)
    def update(self, article_id: str, who: User, patch: Json, condition: str | None) -> None:
        headers, holds = self._if_match(article_id, condition)
        answer = self.api.patch(f"/articles/{article_id}", who, json_body=patch, headers=headers)
        self._changed(article_id, who, patch, answer, holds=holds)

    @rule(article_id=ids, who=writers, to=status)
    def publish_or_withdraw(self, article_id: str, who: User, to: str) -> None:
        answer = self.api.patch(f"/articles/{article_id}", who, json_body={"status": to})
        self._changed(article_id, who, {"status": to}, answer)

    @rule(article_id=ids, who=writers, condition=conditions)
    def delete(self, article_id: str, who: User, condition: str | None) -> None:
        headers, holds = self._if_match(article_id, condition)
        answer = self.api.delete(f"/articles/{article_id}", who, headers=headers)
        if refusal := self._refusal(article_id, who, holds=holds):
            self._is_problem(answer, refusal)
        else:
            assert (answer.status, answer.text) == (204, "")
            del self.model[article_id]

    @rule(article_id=ids, method=st.sampled_from(["PUT", "PATCH", "DELETE"]))
    def nobody_changes_anything(self, article_id: str, method: str) -> None:
        body = None if method == "DELETE" else {"title": "Mine", "body": "now"}
        self._is_problem(self.api.call(method, f"/articles/{article_id}", json_body=body), 401)

    def _if_match(self, article_id: str, condition: str | None) -> tuple[dict[str, str], bool]:
        """The header, and whether it allows the change."""
        version = self.model[article_id]["version"] if article_id in self.model else 1
        headers = {
            "this version": f'"{version}"',
            "this and another": f'"{version + 7}", "{version}"',
            "any": "*",
            "an older one": f'"{version - 1}"',
            "a newer one": f'"{version + 1}"',
            "junk": "junk",
        }
        if condition is None:
            return {}, True
        return {"If-Match": headers[condition]}, condition in ("this version", "this and another", "any")

    def _refusal(self, article_id: str, who: User | None, *, holds: bool = True) -> int | None:
        """The status that a change must get, or None where it must succeed."""
        article = self.model.get(article_id)
        if article is None or not may_see(who, article):
            return 404
        if not may_change(who, article):
            return 403
        return None if holds else 412

    def _changed(self, article_id: str, who: User, change: Json, answer: Answer, *, holds: bool = True) -> None:
        if refusal := self._refusal(article_id, who, holds=holds):
            self._is_problem(answer, refusal)
            return
        assert answer.status == 200, answer
        old, now = self.model[article_id], answer.json
        if {**old, **change} == old:
            assert now == old  # a change that changes nothing makes no version
        else:
            assert now["updated_at"] >= old["updated_at"]
            assert now == {**old, **change, "version": old["version"] + 1, "updated_at": now["updated_at"]}
        assert answer.headers["etag"] == f'"{now["version"]}"'
        self.model[article_id] = now

    # Reading

    @rule(article_id=ids, who=readers)
    def read(self, article_id: str, who: User | None) -> None:
        answer = self.api.get(f"/articles/{article_id}", who)
        article = self.model.get(article_id)
        if article is None or not may_see(who, article):
            self._is_problem(answer, 404)
            return
        assert (answer.status, answer.json) == (200, article)
        again = self.api.get(f"/articles/{article_id}", who, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status, again.text) == (304, "")

    @rule(who=readers, limit=st.integers(1, 4), only=st.none() | tag, author=st.sampled_from([None, ALICE, BOB]))
    def list_published(self, who: User | None, limit: int, only: str | None, author: User | None) -> None:
        query = {"limit": limit, "tag": only, "author": author and author.id}
        assert list(self._walk(who, query)) == self._expected(query, {"published"})

    @rule(who=writers, limit=st.integers(1, 4), only=st.none() | tag, state=st.none() | status)
    def list_own(self, who: User, limit: int, only: str | None, state: str | None) -> None:
        found = list(self._walk(who, {"limit": limit, "tag": only, "status": state, "author": "me"}))
        assert found == self._expected({"tag": only, "author": who.id}, {state} if state else {"draft", "published"})

    @rule(target=ids, who=writers, reader=readers, limit=st.integers(1, 3), only=st.none() | tag, draft=drafts)
    def list_while_another_writes(
        self, who: User, reader: User | None, limit: int, only: str | None, draft: Json
    ) -> str:
        query = {"limit": limit, "tag": only}
        before = self._expected(query, {"published"})
        walk = self._walk(reader, query)
        seen = list(islice(walk, limit))  # the first page
        made = self.create(who, draft)
        seen += walk
        assert [item for item in seen if item["id"] != made] == before
        assert len({item["id"] for item in seen}) == len(seen)
        return made

    def _walk(self, who: User | None, query: Json) -> Iterator[Json]:
        """Every item of a list, page by page; the next page is asked for when it is needed."""
        query = {name: value for name, value in query.items() if value is not None}
        cursor: dict[str, str] = {}
        while True:
            answer = self.api.get(f"/articles?{urlencode(query | cursor)}", who)
            assert answer.status == 200, answer
            page = answer.json
            assert len(page["items"]) == query["limit"] or page["next_cursor"] is None
            assert page["items"] or not cursor, "a cursor that leads to nothing"
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def _expected(self, query: Json, statuses: set[str]) -> list[Json]:
        return [
            summary(article)
            for _, article in sorted(self.model.items(), reverse=True)
            if article["status"] in statuses
            and query.get("tag") in (None, *article["tags"])
            and query.get("author") in (None, article["author"]["id"])
        ]

    def _is_problem(self, answer: Answer, status: int) -> None:
        assert answer.status == status, answer
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == status


@pytest.mark.timeout(300)
def test_any_sequence_of_calls_leaves_what_a_dict_would_hold(api: Gateway, dynamodb: "DynamoDBClient") -> None:
    def machine() -> Articles:
        dynamodb.delete_table(TableName=TABLE_NAME)
        create_table(dynamodb, TABLE_NAME)
        return Articles(api)

    run_state_machine_as_test(machine, settings=settings(max_examples=RUNS, stateful_step_count=STEPS))
