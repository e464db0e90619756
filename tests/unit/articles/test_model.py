"""Who may see and change what."""

import pytest

from articles.model import EDITORS, ArticleStatus, ArticleWithImages, ImageStatus, Principal
from tests.samples import an_article, an_image

ALICE = Principal("alice", "Alice")
BOB = Principal("bob", "Bob", frozenset({"readers"}))
ERIN = Principal("erin", "Erin", frozenset({EDITORS}))


@pytest.mark.parametrize("who", [None, ALICE, BOB, ERIN])
@pytest.mark.parametrize("status", ArticleStatus)
def test_drafts_are_for_those_who_may_change_them_and_tombstones_for_nobody(
    who: Principal | None, status: ArticleStatus
) -> None:
    article = an_article(status=status)
    expected = status is ArticleStatus.PUBLISHED or (status is ArticleStatus.DRAFT and who in (ALICE, ERIN))
    assert article.may_be_seen_by(who) is expected
    assert article.may_be_changed_by(who) is (who in (ALICE, ERIN))


@pytest.mark.parametrize(
    ("who", "status", "seen"),
    [
        (None, ArticleStatus.PUBLISHED, {ImageStatus.READY}),
        (BOB, ArticleStatus.PUBLISHED, {ImageStatus.READY}),
        (ALICE, ArticleStatus.PUBLISHED, set(ImageStatus) - {ImageStatus.DELETED}),
        (ERIN, ArticleStatus.DRAFT, set(ImageStatus) - {ImageStatus.DELETED}),
        (BOB, ArticleStatus.DRAFT, set()),
        (ALICE, ArticleStatus.DELETED, set()),
    ],
)
def test_readers_see_ready_images_and_authors_all_but_deleted_ones(
    who: Principal | None, status: ArticleStatus, seen: set[ImageStatus]
) -> None:
    images = tuple(an_image(n, status=image_status) for n, image_status in enumerate(ImageStatus))
    found = ArticleWithImages(an_article(status=status), images).seen_by(who)
    assert {image.status for image in found.images} == seen
