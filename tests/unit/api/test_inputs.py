"""parse: whatever comes, the answer is a value or a problem that points at what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from api.inputs import ArticleDraft, ArticlePatch, ImageUpload, parse
from api.problems import ProblemError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = st.dictionaries(
    st.sampled_from(["title", "body", "tags", "status", "filename", "content_type", "size", "alt"]) | st.text(), JSON
)


def problem_of(raw: bytes, schema: Any) -> ProblemError | None:
    try:
        parse(raw, schema)
    except ProblemError as problem:
        return problem
    return None


@given(FIELDS, st.sampled_from([ArticleDraft, ArticlePatch, ImageUpload]))
def test_any_object_is_a_value_or_a_problem_with_pointers(document: dict[str, Any], schema: Any) -> None:
    problem = problem_of(json.dumps(document).encode(), schema)
    if problem:
        assert problem.status == 400
        assert problem.errors
        assert all(error.pointer == "" or error.pointer.startswith("/") for error in problem.errors)


@given(st.binary())
def test_any_bytes_are_a_value_or_a_problem(raw: bytes) -> None:
    with pytest.raises(ProblemError):
        parse(raw, ArticleDraft)


def test_a_patch_tells_what_is_not_there_from_what_is_empty() -> None:
    patch = parse(b'{"body": "", "tags": []}', ArticlePatch)
    assert (patch.title, patch.body, patch.tags, patch.status) == (UNSET, "", [], UNSET)


def test_a_draft_has_defaults() -> None:
    draft = parse(b'{"title": "t", "body": ""}', ArticleDraft)
    assert (draft.tags, draft.status) == ([], "draft")


@pytest.mark.parametrize("wrong", [7, 1.5, True, None, [], {}])
def test_errors_speak_of_json_not_of_python(wrong: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        parse(json.dumps({"status": wrong, "tags": "x", "title": wrong}).encode(), ArticlePatch)
    assert "`" not in " ".join(error.detail for error in caught.value.errors)


@pytest.mark.parametrize(
    ("document", "schema", "field", "some"),
    [
        ({"filename": "f", "content_type": "application/pdf", "size": 1}, ImageUpload, "/content_type", "image/heic"),
        ({"title": "t", "body": "", "status": "deleted"}, ArticleDraft, "/status", "draft, published"),
        ({"status": "Draft"}, ArticlePatch, "/status", "draft, published"),
    ],
)
def test_a_value_that_is_none_of_a_few_is_told_which_they_are(
    document: dict[str, Any], schema: Any, field: str, some: str
) -> None:
    problem = problem_of(json.dumps(document).encode(), schema)
    assert problem
    [error] = problem.errors
    assert error.pointer == field
    assert error.detail.startswith("Must be one of: ")
    assert some in error.detail
