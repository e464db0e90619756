"""docs/postman_collection.json is what local/postman.py makes of openapi.yaml today, and has all of it."""

import json
from collections.abc import Iterator
from typing import Any

import yaml

from local.postman import COLLECTION, DOCUMENT, rendered

VERBS = ("get", "post", "put", "patch", "delete")


def requests(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every request below these items, in the order in which newman runs them."""
    for item in items:
        yield from requests(item["item"]) if "item" in item else (item,)


def test_the_collection_is_fresh() -> None:
    assert COLLECTION.read_text("utf-8") == rendered(), "run `make postman`"


def test_the_collection_has_each_operation_once_and_deletes_last_what_it_made() -> None:
    paths = yaml.safe_load(DOCUMENT.read_text("utf-8"))["paths"]
    wanted = sorted(f"{verb.upper()} {path}" for path, item in paths.items() for verb in VERBS if verb in item)
    items = requests(json.loads(COLLECTION.read_text("utf-8"))["item"])
    found = [
        f"{item['request']['method']} {item['request']['url']['raw']}".replace("{{base_url}}", "")
        .replace("{{", "{")
        .replace("}}", "}")
        for item in items
    ]
    assert sorted(found) == wanted
    about_articles = [name for name in found if " /articles" in name]
    assert about_articles[0] == "POST /articles"
    assert about_articles[-1] == "DELETE /articles/{article_id}"


def test_every_request_tests_the_status_of_its_answer() -> None:
    for item in requests(json.loads(COLLECTION.read_text("utf-8"))["item"]):
        assert "pm.response.to.have.status(2" in "\n".join(item["event"][0]["script"]["exec"]), item["name"]


def test_the_collection_holds_no_token() -> None:
    variables = {entry["key"]: entry["value"] for entry in json.loads(COLLECTION.read_text("utf-8"))["variable"]}
    assert variables["token"] == ""
