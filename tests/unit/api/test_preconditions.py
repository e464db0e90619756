import pytest
from flask import Flask
from msgspec.structs import replace

from api.preconditions import allowed_versions, etag, not_modified
from articles.model import ArticleWithImages, ImageStatus
from tests.samples import NOON, an_article, an_image


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        (None, None),
        ("", None),
        ("*", None),
        ('"3"', {3}),
        ('"3-0f0f"', {3}),
        ('"3", "5-aa", "junk"', {3, 5}),
        ('""', set()),
        ('W/"3"', set()),
        ('W/"3", "4"', {4}),
        ('"0"', set()),
        ('"03"', set()),
        ('"-3"', set()),
        ('"٣"', set()),
        ('"' + "9" * 5000 + '"', set()),
    ],
)
def test_if_match_allows_the_versions_of_its_strong_tags(header: str | None, versions: set[int] | None) -> None:
    headers = {"If-Match": header} if header is not None else {}
    with Flask("test").test_request_context(headers=headers):
        assert allowed_versions() == versions


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"If-None-Match": "*"}, set()),
        ({"If-None-Match": '"3"'}, {2, 4}),
        ({"If-None-Match": 'W/"3", "4-0f"'}, {2}),
        ({"If-None-Match": "junk"}, {2, 3, 4}),
        ({"If-None-Match": '"3"', "If-Match": '"3", "4"'}, {4}),
        ({"If-None-Match": '"3"', "If-Match": "*"}, {2, 4}),
    ],
)
def test_a_changes_if_none_match_excludes_the_versions_of_its_tags(headers: dict[str, str], allowed: set[int]) -> None:
    with Flask("test").test_request_context(headers=headers):
        versions = allowed_versions()
    assert versions is not None
    assert {version for version in (2, 3, 4) if version in versions} == allowed


@pytest.mark.parametrize(
    ("header", "known"),
    [('"3"', True), ('W/"3"', True), ('"1", W/"3"', True), ("*", True), ('"4"', False), ("", False), ("junk", False)],
)
def test_if_none_match_compares_weakly(header: str, known: bool) -> None:
    with Flask("test").test_request_context(headers={"If-None-Match": header}):
        assert not_modified("3") is known


def test_a_validator_without_images_is_the_version() -> None:
    assert etag(ArticleWithImages(an_article(version=7))) == "7"


def test_a_validator_follows_everything_that_happens_to_an_image() -> None:
    image = an_image()
    states = [
        image,
        replace(image, status=ImageStatus.PROCESSING, attempts=1),
        replace(image, status=ImageStatus.FAILED, attempts=1, analysed_at=NOON),
        replace(image, status=ImageStatus.READY, attempts=1, analysed_at=NOON),
        replace(image, status=ImageStatus.READY, attempts=2, analysed_at=NOON),
    ]
    tags = [etag(ArticleWithImages(an_article(), (state,))) for state in states]
    assert len(set(tags)) == len(states)
    assert all(tag.startswith("1-") for tag in tags)
