"""The API's JSON bodies: any bytes are a value of their type or a problem that can be sent."""

import json
from typing import Any

import msgspec

from api.inputs import ArticleDraft, ArticlePatch, ImageUpload, parse
from api.problems import ProblemError
from tests.fuzz.bounds import within_seconds

SCHEMAS: tuple[Any, ...] = (ArticleDraft, ArticlePatch, ImageUpload)
LONGEST = 16_384
WORDS = [
    *(b'"title"', b'"body"', b'"tags"', b'"status"', b'"draft"', b'"published"', b'"filename"', b'"size"', b'"alt"'),
    *(b'"content_type"', b'"image/jpeg"', b"\\u0000", b"\\ud800", b"\\/~", b"null", b"1e999", b"[[[[", b'{"a":'),
]


def seeds() -> dict[str, bytes]:
    article = {"title": "A walk", "body": "…", "tags": ["cats", "dogs"], "status": "draft"}
    upload = {"filename": "cat.jpg", "content_type": "image/jpeg", "size": 1024, "alt": "A cat"}
    documents: dict[str, str] = {
        "0-article": json.dumps(article),
        "1-article": json.dumps({"tags": ["a", "a"], "title": " "}),
        "2-upload": json.dumps(upload),
        "0-unknown": json.dumps({"a/b~c": 1, **article}),
        "1-nothing": "{}",
        "0-deep": '{"tags":' + "[" * 3000 + "]" * 3000 + "}",
        "2-number": '{"size":' + "9" * 5000 + "}",
        "0-half-a-pair": '{"title":"\\ud800","\\udfff":1}',
        "1-zero": '{"body":"\\u0000","tags":["\\u0000"]}',
    }
    return {name[2:]: bytes([int(name[0])]) + text.encode() for name, text in documents.items()}


def check(data: bytes) -> None:
    """The first byte says which schema the rest is read with."""
    if not data:
        return
    schema = SCHEMAS[data[0] % len(SCHEMAS)]
    problem = None
    with within_seconds(1):
        try:
            value = parse(data[1:], schema)
        except ProblemError as raised:
            problem = raised
    if problem:
        assert problem.status == 400
        assert problem.errors
        assert all(error.pointer == "" or error.pointer.startswith("/") for error in problem.errors)
        msgspec.json.encode([(error.pointer, error.detail) for error in problem.errors])
        return
    assert isinstance(value, schema)
    assert parse(msgspec.json.encode(value), schema) == value
