"""The small item that says an article's status once more: with it, without it, and changed in between."""

from collections.abc import Callable

import pytest

from articles import keys
from articles.errors import NotFoundError
from articles.image_repository import ImageRepository
from articles.label_index import LabelIndex
from articles.model import ArticleStatus, Image
from articles.repository import ArticleRepository
from articles.service import ArticleService
from articles.standing import Standing
from articles.table import Delete, Put, Table
from tests.access_patterns import ALICE, UPLOAD, NoJobs
from tests.dynamodb import Wire, first
from tests.samples import NOON, a_label, an_analysis, an_article, an_id, an_image, finish

WRITE = "TransactWriteItems"


@pytest.fixture
def articles(table: Table) -> ArticleRepository:
    return ArticleRepository(table)


@pytest.fixture
def images(table: Table) -> ImageRepository:
    return ImageRepository(table)


def noted(table: Table) -> str | None:
    item = table.get(keys.standing_key(an_id(1)))
    return item["status"] if item else None


def forget(table: Table) -> None:
    """As articles are whose images are older than the item."""
    table.delete(Delete(keys.standing_key(an_id(1))))


def test_it_comes_with_the_first_image_follows_the_status_and_goes_with_the_article(
    articles: ArticleRepository, images: ImageRepository, table: Table
) -> None:
    draft = an_article(status=ArticleStatus.DRAFT)
    articles.create(draft)
    assert noted(table) is None
    images.register(an_image(1))
    assert noted(table) == "draft"
    published = an_article(version=2)
    articles.save(draft, published)
    assert noted(table) == "published"
    articles.bury(published, at=NOON, due_at=NOON)
    assert noted(table) is None


def test_an_older_articles_next_upload_makes_it(
    articles: ArticleRepository, images: ImageRepository, table: Table, wire: Wire
) -> None:
    service = ArticleService(articles, images, NoJobs())
    articles.create(an_article())
    images.register(an_image(1))
    forget(table)
    service.register_image(ALICE, an_id(1), UPLOAD)
    assert noted(table) == "published"
    wire.forget()
    service.register_image(ALICE, an_id(1), UPLOAD)
    assert wire.calls == ["Query", WRITE]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("seen", [None, Standing(ArticleStatus.PUBLISHED, noted=True)])
def test_nothing_is_registered_to_an_article_that_is_deleted_in_this_moment(
    known: bool, seen: Standing | None, articles: ArticleRepository, images: ImageRepository, table: Table, wire: Wire
) -> None:
    articles.create(an_article())
    images.register(an_image(1))
    if not known:
        forget(table)
    wire.next(WRITE, first(lambda: articles.bury(an_article(), at=NOON, due_at=NOON)))
    with pytest.raises(NotFoundError):
        images.register(an_image(2), None, None, seen)
    assert table.get(keys.image_key(an_id(1), an_id(2))) is None
    assert noted(table) is None


@pytest.mark.parametrize("known", [True, False])
def test_an_article_published_in_this_moment_takes_the_upload_all_the_same(
    known: bool, articles: ArticleRepository, images: ImageRepository, table: Table, wire: Wire
) -> None:
    draft = an_article(status=ArticleStatus.DRAFT)
    articles.create(draft)
    if known:
        images.register(an_image(1))
    wire.next(WRITE, first(lambda: articles.save(draft, an_article(version=2))))
    images.register(an_image(2), None, None, Standing(ArticleStatus.DRAFT, noted=known))
    assert table.get(keys.image_key(an_id(1), an_id(2))) is not None
    assert noted(table) == "published"


def as_before_it(table: Table, change: Callable[[], None]) -> None:
    """Changes an article as code does that knows of no such item, of the release before or after a rollback."""
    standing = table.get(keys.standing_key(an_id(1)))
    change()
    assert standing
    table.transact([Put(standing)])


def test_one_that_older_code_has_not_kept_up_is_not_believed_and_mended_by_the_next_upload(
    articles: ArticleRepository, images: ImageRepository, table: Table
) -> None:
    articles.create(an_article())
    images.register(an_image(1))
    as_before_it(table, lambda: articles.save(an_article(), an_article(status=ArticleStatus.DRAFT, version=2)))
    assert noted(table) == "published"
    image = ArticleService(articles, images, NoJobs()).register_image(ALICE, an_id(1), UPLOAD)
    assert noted(table) == "draft"
    assert images.get(an_id(1), image.id).article_status is ArticleStatus.DRAFT


def test_labels_of_an_article_that_older_code_has_withdrawn_are_taken_out_all_the_same(
    articles: ArticleRepository, images: ImageRepository, table: Table
) -> None:
    articles.create(an_article())
    images.register(an_image(1))
    image = finish(images, an_image(1), an_analysis(a_label("Dog")))
    as_before_it(table, lambda: articles.save(an_article(), an_article(status=ArticleStatus.DRAFT, version=2)))
    withdrawing(images, image)
    assert LabelIndex(table).images("Dog", None, 10).items == ()
    assert noted(table) == "draft"


def listing(images: ImageRepository, image: Image) -> None:
    images.list_labels(image)


def withdrawing(images: ImageRepository, image: Image) -> None:
    images.unlist_labels(image, while_withdrawn=True)


@pytest.mark.parametrize(
    ("act", "before", "after", "shown"),
    [
        (listing, ArticleStatus.DRAFT, ArticleStatus.PUBLISHED, 1),
        (listing, ArticleStatus.DRAFT, ArticleStatus.DRAFT, 0),
        (withdrawing, ArticleStatus.PUBLISHED, ArticleStatus.DRAFT, 0),
        (withdrawing, ArticleStatus.PUBLISHED, ArticleStatus.PUBLISHED, 1),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_labels_follow_the_articles_own_status_where_nothing_is_noted(
    known: bool,
    act: Callable[[ImageRepository, Image], None],
    before: ArticleStatus,
    after: ArticleStatus,
    shown: int,
    articles: ArticleRepository,
    images: ImageRepository,
    table: Table,
) -> None:
    articles.create(an_article(status=before))
    images.register(an_image(1))
    image = finish(images, an_image(1), an_analysis(a_label("Dog")))
    articles.save(an_article(status=before), an_article(status=after, version=2))
    if not known:
        forget(table)
    act(images, image)
    assert len(LabelIndex(table).images("Dog", None, 10).items) == shown


def test_a_picture_is_finished_with_one_call_whatever_its_articles_status(
    articles: ArticleRepository, images: ImageRepository, wire: Wire
) -> None:
    for number, status in enumerate((ArticleStatus.DRAFT, ArticleStatus.PUBLISHED)):
        article = an_article(number, status=status)
        articles.create(article)
        images.register(an_image(1, article))
        wire.forget()
        image = finish(images, an_image(1, article), an_analysis(a_label("Dog")))
        assert wire.calls == ["UpdateItem", WRITE, "GetItem"]  # the last is the test's own
        assert image.listed == (status is ArticleStatus.PUBLISHED)


def test_a_picture_of_an_article_published_meanwhile_is_listed_at_the_second_try(
    articles: ArticleRepository, images: ImageRepository, table: Table, wire: Wire
) -> None:
    draft = an_article(status=ArticleStatus.DRAFT)
    articles.create(draft)
    images.register(an_image(1))
    articles.save(draft, an_article(version=2))
    wire.forget()
    assert finish(images, an_image(1), an_analysis(a_label("Dog"))).listed
    assert wire.calls == ["UpdateItem", WRITE, "GetItem", WRITE, "GetItem"]
    assert len(LabelIndex(table).images("Dog", None, 10).items) == 1
