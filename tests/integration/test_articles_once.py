"""A create with an idempotency key happens once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from articles.errors import ConditionFailedError, IdempotencyKeyReusedError
from articles.idempotency import KEPT_FOR, Created, Once
from articles.image_repository import ImageRepository
from articles.repository import ArticleRepository
from articles.table import Table
from tests.samples import NOON, an_article, an_id, an_image

ONCE = Once("alice", "key", "request")
LATER = NOON + timedelta(hours=1)
AFTER = NOON + KEPT_FOR


@pytest.fixture
def articles(table: Table) -> ArticleRepository:
    return ArticleRepository(table)


@pytest.fixture
def images(table: Table) -> ImageRepository:
    return ImageRepository(table)


def ids(articles: ArticleRepository) -> list[str]:
    return [article.id for article in articles.feed(None, 100).items]


def test_the_same_request_again_gives_what_the_first_one_made(articles: ArticleRepository) -> None:
    first = articles.create(an_article(1, tags=("a",)), ONCE)
    again = articles.create(an_article(2, tags=("a",), created_at=LATER), ONCE)
    assert first == again == Created(an_id(1), NOON)
    assert ids(articles) == [an_id(1)]


def test_another_request_with_the_same_key_is_refused(articles: ArticleRepository) -> None:
    articles.create(an_article(1), ONCE)
    with pytest.raises(IdempotencyKeyReusedError):
        articles.create(an_article(2, created_at=LATER), Once("alice", "key", "another request"))
    assert ids(articles) == [an_id(1)]


@pytest.mark.parametrize("other", [Once("bob", "key", "request"), Once("alice", "another key", "request")])
def test_other_callers_and_other_keys_do_not_meet(articles: ArticleRepository, other: Once) -> None:
    articles.create(an_article(1), ONCE)
    assert articles.create(an_article(2), other) == Created(an_id(2), NOON)
    assert ids(articles) == [an_id(2), an_id(1)]


@pytest.mark.parametrize("fingerprint", ["request", "another request"])
def test_a_record_is_forgotten_after_a_day_though_the_table_still_holds_it(
    articles: ArticleRepository, fingerprint: str
) -> None:
    articles.create(an_article(1), ONCE)
    almost = AFTER - timedelta(seconds=1)
    assert articles.create(an_article(2, created_at=almost), ONCE).id == an_id(1)
    assert articles.create(an_article(3, created_at=AFTER), Once("alice", "key", fingerprint)).id == an_id(3)
    assert articles.create(an_article(4, created_at=AFTER), Once("alice", "key", fingerprint)).id == an_id(3)
    assert ids(articles) == [an_id(3), an_id(1)]


def test_of_twenty_at_once_one_is_made_and_all_are_told_of_it(articles: ArticleRepository) -> None:
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda number: articles.create(an_article(number), ONCE), range(20)))
    assert len(set(made)) == 1
    assert ids(articles) == [made[0].id]


def test_an_id_that_is_taken_is_no_earlier_call(articles: ArticleRepository) -> None:
    articles.create(an_article(1))
    with pytest.raises(ConditionFailedError):
        articles.create(an_article(1), ONCE)


def test_an_upload_is_registered_once(articles: ArticleRepository, images: ImageRepository) -> None:
    articles.create(an_article())
    assert not images.was_registered(ONCE)
    first = images.register(an_image(1), ONCE)
    assert images.register(an_image(2), ONCE) == first
    assert images.was_registered(ONCE)
    with pytest.raises(IdempotencyKeyReusedError):
        images.register(an_image(3), Once("alice", "key", "another request"))
    assert [image.id for image in articles.get_with_images(an_id(1)).images] == [an_id(1)]
