"""The peers that the API is measured beside, each in its locked environment: all do the same work."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench.one_article import VARIANTS
from bench.peers import PEERS
from bench.stacks import Stack, ours, peer
from bench.warm import Standing, requested
from local.errors import LocalError


@pytest.fixture(scope="module")
def request_file() -> Iterator[Path]:
    with requested() as file:
        yield file


@pytest.fixture(scope="module")
def expected(request_file: Path) -> dict[str, Any]:
    """What our API answers, by variant."""
    return answered(installed(lambda: ours("unpatched")), request_file)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_answers_with_the_same_article_as_ours(name: str, expected: dict[str, Any], request_file: Path) -> None:
    assert answered(installed(lambda: peer(name)), request_file) == expected


def test_one_variant_has_labels_and_urls_and_the_other_neither(expected: dict[str, Any]) -> None:
    plain, full = (expected[variant]["images"] for variant in VARIANTS)
    assert [(len(image["labels"]), image["urls"]) for image in plain] == [(0, None)] * 2
    assert [(len(image["labels"]), sorted(image["urls"])) for image in full] == [(8, ["large", "thumbnail"])] * 2


def installed(make: Any) -> Stack:
    try:
        stack: Stack = make()
    except LocalError as error:
        pytest.skip(f"no packages can be installed here: {error}")
    return stack


def answered(stack: Stack, request_file: Path) -> dict[str, Any]:
    """The articles, with what every signer words differently, host and signature, taken off the URLs."""
    with Standing(stack, request_file) as standing:
        articles = standing.articles
    for article in articles.values():
        for image in article["images"]:
            if image["urls"]:
                image["urls"] = {name: urlsplit(url).path for name, url in image["urls"].items()}
    return articles
