"""openapi.yaml is the only source of the HTTP contract: the app, its limits and Terraform's conventions agree."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from flask import Flask
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator import OpenAPIV30SpecValidator

from api.app import EXPOSED_HEADERS, create_app
from api.docs_routes import ASSETS
from api.inputs import MAX_BODY_BYTES, ArticleDraft, ArticlePatch, ImageUpload, parse
from api.once import KEY, LONGEST
from api.problems import MIME_TYPE, ProblemError
from articles.ids import is_id, new_id
from articles.model import ArticleStatus, ImageStatus
from local import openapi

SERVICES = Path(__file__).parents[2] / "services"
DOCUMENT: dict[str, Any] = yaml.safe_load((SERVICES / "api" / "openapi.yaml").read_text("utf-8"))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
VERBS = ("get", "post", "put", "patch", "delete")
OPERATIONS: dict[str, Any] = {
    f"{verb.upper()} {path}": item[verb] for path, item in DOCUMENT["paths"].items() for verb in VERBS if verb in item
}


@pytest.fixture
def app() -> Flask:
    """The app without collaborators: its routes are all that is asked for."""
    nobody: Any = None
    return create_app(
        nobody, nobody, nobody, cursor_key="0" * 64, token_audience="client", cors_allow_origin="", max_upload_bytes=1
    )


def test_the_document_is_valid_openapi() -> None:
    OpenAPIV30SpecValidator(DOCUMENT).validate()


def test_the_served_document_is_fresh() -> None:
    assert openapi.DOCUMENT.read_text("utf-8") == openapi.rendered(), "run `make openapi`"


def test_the_app_registers_exactly_the_documents_operations(app: Flask) -> None:
    braces = str.maketrans("<>", "{}")
    registered = {
        f"{method} {rule.rule.translate(braces)}": rule.endpoint.split(".")[-1]
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set())
    }
    heads = {
        operation.replace("GET", "HEAD", 1): OPERATIONS[operation] for operation in OPERATIONS if "GET " in operation
    }
    assert registered == {name: operation["operationId"] for name, operation in (OPERATIONS | heads).items()}


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_path_is_no_deeper_than_terraform_builds(path: str) -> None:
    assert path.startswith("/")
    assert not path.endswith("/")
    assert path.count("/") <= 4


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_path_describes_exactly_the_parameters_in_it(path: str) -> None:
    described = [_resolved(parameter)["name"] for parameter in DOCUMENT["paths"][path].get("parameters", [])]
    assert described == re.findall(r"{([^}]+)}", path)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_asks_for_a_token_in_one_of_the_three_forms_that_terraform_reads(operation: str) -> None:
    required, optional, none = [{"idToken": []}], [{}, {"idToken": []}], []
    security = OPERATIONS[operation]["security"]
    assert security in (required, optional, none)
    if not operation.startswith("GET "):
        assert security == required


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_with_a_token_documents_its_refusal(operation: str) -> None:
    assert ("401" in OPERATIONS[operation]["responses"]) == bool(OPERATIONS[operation]["security"])


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if "requestBody" in OPERATIONS[name]])
def test_a_body_is_json_of_a_named_schema_and_its_refusals_are_documented(operation: str) -> None:
    content = OPERATIONS[operation]["requestBody"]["content"]
    assert list(content) == ["application/json"]
    name = content["application/json"]["schema"]["$ref"].removeprefix("#/components/schemas/")
    assert SCHEMAS[name]["type"] == "object"
    assert SCHEMAS[name]["additionalProperties"] is False
    assert {"400", "413", "415"} <= OPERATIONS[operation]["responses"].keys()


def test_only_health_is_answered_by_the_gateway_itself() -> None:
    mocks = {name for name, operation in OPERATIONS.items() if "x-gazette-integration" in operation}
    assert mocks == {"GET /health"}
    assert OPERATIONS["GET /health"]["x-gazette-integration"] == "mock"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_error_is_a_problem(operation: str) -> None:
    for status, response in OPERATIONS[operation]["responses"].items():
        if status[0] in "45":
            assert list(_resolved(response)["content"]) == [MIME_TYPE]


@pytest.mark.parametrize("model", [ArticleDraft, ArticlePatch, ImageUpload])
def test_a_bodys_limits_are_the_documents(model: type[msgspec.Struct]) -> None:
    ours = msgspec.json.schema(model)["$defs"][model.__name__]
    theirs = SCHEMAS[model.__name__]
    assert ours.get("required", []) == theirs.get("required", [])
    assert ours["additionalProperties"] is theirs["additionalProperties"]
    assert ours["properties"].keys() == theirs["properties"].keys()
    for name, limits in ours["properties"].items():
        assert _limits(limits) == _limits(theirs["properties"][name]), name


def test_text_is_limited_in_bytes_by_what_the_document_says() -> None:
    assert SCHEMAS["ArticleDraft"]["properties"]["body"]["maxLength"] == MAX_BODY_BYTES
    assert f"{MAX_BODY_BYTES:,} bytes" in SCHEMAS["ArticleDraft"]["properties"]["body"]["description"]


@pytest.mark.parametrize("model", [ArticleDraft, ArticlePatch, ImageUpload])
@pytest.mark.parametrize(
    "text", ["a", " a\n", "\n", "\x1f ", "\u3000", "a\x00b", "\x00", "", "👋", "\ufeff", "a\n\x00"]
)
def test_text_is_refused_where_the_documents_pattern_refuses_it(model: type[msgspec.Struct], text: str) -> None:
    enough = {"title": "t", "body": "b", "filename": "f", "content_type": "image/png", "size": 1}
    for name, schema in SCHEMAS[model.__name__]["properties"].items():
        inner = _resolved(_resolved(schema).get("items", schema))
        if "pattern" not in inner:
            continue
        fitting = len(text) >= inner.get("minLength", 0) and bool(re.search(inner["pattern"], text))
        body = {key: enough[key] for key in SCHEMAS[model.__name__].get("required", [])}
        body[name] = [text] if "items" in _resolved(schema) else text
        assert _accepts(model, body) is fitting, (name, text)


def _accepts(model: type[msgspec.Struct], body: dict[str, Any]) -> bool:
    try:
        parse(json.dumps(body).encode(), model)
    except ProblemError:
        return False
    return True


@pytest.mark.parametrize("key", ["k", "a b", " a", "a ", "", " ", "\x7f", "é", "k\n", "~!"])
def test_an_idempotency_key_is_refused_where_the_documents_pattern_refuses_it(key: str) -> None:
    schema = DOCUMENT["components"]["parameters"]["IdempotencyKey"]["schema"]
    assert (KEY.fullmatch(key) is not None) == (re.search(schema["pattern"].removesuffix("$") + r"\Z", key) is not None)
    assert schema["maxLength"] == LONGEST


def test_examples_are_what_they_are_examples_of() -> None:
    checked = 0
    for node in _nodes(DOCUMENT):
        if isinstance(node, dict) and "example" in node and ("schema" in node or "type" in node):
            schema = node.get("schema", node) | {"components": DOCUMENT["components"]}
            OAS30Validator(schema, format_checker=oas30_format_checker).validate(node["example"])
            checked += 1
    assert checked > 8


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(inner)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_says_what_any_call_can_end_in(operation: str) -> None:
    assert {"400", "403", "429", "500", "502", "503", "504"} <= OPERATIONS[operation]["responses"].keys()


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if "parameters/Limit" in str(OPERATIONS[name])])
def test_a_list_documents_its_links(operation: str) -> None:
    assert "Link" in OPERATIONS[operation]["responses"]["200"]["headers"]


def test_the_pages_assets_are_the_documents() -> None:
    (asset,) = DOCUMENT["paths"]["/docs/{asset}"]["parameters"]
    assert sorted(asset["schema"]["enum"]) == sorted(ASSETS)
    content = OPERATIONS["GET /docs/{asset}"]["responses"]["200"]["content"]
    assert set(content) == set(ASSETS.values())


def test_the_gateway_shows_browsers_the_headers_that_the_app_shows() -> None:
    module = SERVICES.parent / "terraform" / "modules" / "rest_api" / "cors.tf"
    assert f'"Access-Control-Expose-Headers" = "{EXPOSED_HEADERS}"' in module.read_text("utf-8")


def test_browsers_may_send_every_header_that_the_document_knows() -> None:
    module = SERVICES.parent / "terraform" / "modules" / "rest_api" / "cors.tf"
    (allowed,) = re.findall(r'"Access-Control-Allow-Headers" = "([^"]+)"', module.read_text("utf-8"))
    named = {
        parameter["name"] for parameter in DOCUMENT["components"]["parameters"].values() if parameter["in"] == "header"
    }
    assert set(allowed.split(",")) == named | {"Authorization", "Content-Type", "X-API-Key"}


def test_the_documents_ids_are_ours() -> None:
    pattern = re.compile(SCHEMAS["Id"]["pattern"])
    for text in (new_id(), SCHEMAS["Id"]["example"], "8" * 26, "x", "I" * 26):
        assert bool(pattern.search(text)) is is_id(text)


def test_the_documents_states_are_the_models() -> None:
    assert set(SCHEMAS["ArticleStatus"]["enum"]) == set(ArticleStatus) - {ArticleStatus.DELETED}
    assert set(SCHEMAS["Image"]["properties"]["status"]["enum"]) == set(ImageStatus) - {ImageStatus.DELETED}


def test_nothing_in_the_services_can_scan_the_table() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in SERVICES.rglob("*.py"))
    assert not re.search(r"\.scan\(|get_paginator\(\s*.scan|batch_execute_statement|execute_statement", sources)


def _resolved(node: Any) -> Any:
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


_LIMITS = ("type", "minLength", "maxLength", "minimum", "maximum", "maxItems", "default")


def _limits(schema: Any) -> dict[str, Any]:
    """What both sides say about a value; which duplicates are refused only the app's code knows."""
    schema = _resolved(schema)
    limits = {name: schema[name] for name in _LIMITS if name in schema}
    if "enum" in schema:
        limits |= {"type": "string", "enum": sorted(schema["enum"])}
    if "items" in schema:
        limits["items"] = _limits(schema["items"])
    return limits
