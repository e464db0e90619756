"""The label index and its counters, which must never drift from what readers can see."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from msgspec.structs import replace

from articles.image_repository import ImageRepository
from articles.label_index import LabelIndex
from articles.model import MAX_LABELS_PER_IMAGE, ArticleStatus, Image, ImageStatus
from articles.repository import ArticleRepository
from articles.table import Table
from tests.dynamodb import Wire
from tests.samples import NOON, a_label, an_analysis, an_article, an_id, an_image, finish


@pytest.fixture
def articles(table: Table) -> ArticleRepository:
    return ArticleRepository(table)


@pytest.fixture
def images(table: Table) -> ImageRepository:
    return ImageRepository(table)


@pytest.fixture
def index(table: Table) -> LabelIndex:
    return LabelIndex(table)


def counts(index: LabelIndex) -> dict[str, int]:
    return {label.name: label.images for label in index.labels(None, 100).items}


def showing(index: LabelIndex, label: str) -> list[str]:
    return [image.id for image in index.images(label, None, 100).items]


def ready(images: ImageRepository, number: int, *labels: str) -> Image:
    images.register(an_image(number))
    return finish(images, an_image(number), an_analysis(*map(a_label, labels)))


def test_a_ready_image_of_a_published_article_is_counted(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex
) -> None:
    articles.create(an_article())
    ready(images, 1, "Dog", "Cat")
    ready(images, 2, "Dog")
    assert counts(index) == {"Cat": 1, "Dog": 2}
    assert showing(index, "Dog") == [an_id(2), an_id(1)]
    found = index.images("Cat", None, 10).items[0]
    assert (found.label, found.width, found.height, found.renditions) == (a_label("Cat"), 640, 480, "0f0f")


def test_all_labels_of_an_image_can_be_replaced_in_one_transaction(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex, wire: Wire
) -> None:
    articles.create(an_article())
    images.register(an_image(1))

    def claimed(sequencer: str) -> Image:
        image = images.claim(
            an_id(1), an_id(1), token="t", sequencer=sequencer, now=NOON, lease_until=NOON + timedelta(minutes=5)
        )
        assert isinstance(image, Image)
        return image

    old = [a_label(f"Old {n}") for n in range(MAX_LABELS_PER_IMAGE)]
    assert images.finish(claimed("1"), an_analysis(*old), due_at=NOON)
    newer = claimed("2")
    items: list[int] = []

    def count(body: dict[str, Any], carry_out: Callable[[], AWSResponse]) -> AWSResponse:
        items.append(len(body["TransactItems"]))
        return carry_out()

    wire.next("TransactWriteItems", count)
    labels = [a_label(f"New {n}") for n in range(MAX_LABELS_PER_IMAGE)]
    analysis = an_analysis(*labels, event_id="event-2", content="0f", looked_at=NOON)
    assert images.finish(newer, analysis, due_at=NOON, upload_etag='"etag"')
    assert items == [2 + 4 * MAX_LABELS_PER_IMAGE]
    assert items[0] <= 100
    assert set(counts(index)) == {label.name for label in labels}


def test_nothing_of_a_draft_is_counted_until_it_is_published_and_after_it_is_withdrawn(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex
) -> None:
    draft = an_article(status=ArticleStatus.DRAFT)
    articles.create(draft)
    image = ready(images, 1, "Dog")
    images.list_labels(image)
    assert counts(index) == {}
    published = replace(draft, status=ArticleStatus.PUBLISHED, version=2)
    articles.save(draft, published)
    for _ in range(2):
        images.list_labels(image)
        assert (counts(index), showing(index, "Dog")) == ({"Dog": 1}, [an_id(1)])
    articles.save(published, replace(published, status=ArticleStatus.DRAFT, version=3))
    for _ in range(2):
        images.unlist_labels(image)
        assert (counts(index), showing(index, "Dog")) == ({}, [])


@pytest.mark.parametrize("status", [ImageStatus.REJECTED, ImageStatus.FAILED])
def test_an_image_that_nobody_may_see_is_not_counted(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex, status: ImageStatus
) -> None:
    articles.create(an_article())
    images.register(an_image())
    image = finish(images, an_image(), an_analysis(a_label("Dog"), status=status, renditions=None))
    images.list_labels(image)
    assert counts(index) == {}


def test_a_deleted_image_is_taken_out_once(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex
) -> None:
    articles.create(an_article())
    ready(images, 1, "Dog")
    keeps = ready(images, 2, "Dog")
    tomb = images.bury(an_id(1), an_id(1), due_at=NOON)
    for _ in range(2):
        images.unlist_labels(tomb)
    assert (counts(index), showing(index, "Dog")) == ({"Dog": 1}, [keeps.id])


def test_a_newer_upload_replaces_the_older_ones_labels(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex
) -> None:
    articles.create(an_article())
    images.register(an_image())
    for sequencer, labels in (("1" * 32, ("Dog", "Cat")), ("2" * 32, ("Cat", "Bird"))):
        claimed = images.claim(an_id(1), an_id(1), token=sequencer, sequencer=sequencer, now=NOON, lease_until=NOON)
        assert isinstance(claimed, Image)
        assert images.finish(claimed, an_analysis(*map(a_label, labels)), due_at=NOON)
    assert counts(index) == {"Bird": 1, "Cat": 1}
    assert [showing(index, label) for label in ("Dog", "Cat", "Bird")] == [[], [an_id(1)], [an_id(1)]]


def test_counts_are_exact_when_many_images_come_and_go_at_once(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex
) -> None:
    articles.create(an_article())
    with ThreadPoolExecutor(8) as pool:
        finished = list(pool.map(lambda number: ready(images, number, "Dog", f"Only {number}"), range(16)))
        assert counts(index)["Dog"] == 16
        list(pool.map(images.unlist_labels, [*finished[:10], *finished[:10]]))
    assert counts(index) == {"Dog": 6} | {f"Only {number}": 1 for number in range(10, 16)}
    assert len(showing(index, "Dog")) == 6


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_labels_come_by_name_and_once_though_counted_in_shards(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex, limit: int
) -> None:
    articles.create(an_article())
    for number in range(8):
        ready(images, number, "Dog", f"Label {number % 5}")
    seen, after = [], None
    while True:
        page = index.labels(after, limit)
        seen += page.items
        after = page.next
        if after is None:
            break
    names = [label.name for label in seen]
    assert names == ["Dog", "Label 0", "Label 1", "Label 2", "Label 3", "Label 4"]
    assert [label.images for label in seen] == [8, 2, 2, 2, 1, 1]


def test_images_of_a_label_come_newest_first_page_by_page(
    articles: ArticleRepository, images: ImageRepository, index: LabelIndex
) -> None:
    articles.create(an_article())
    for number in range(5):
        ready(images, number, "Dog")
    first = index.images("Dog", None, 2)
    second = index.images("Dog", first.next, 2)
    third = index.images("Dog", second.next, 2)
    seen = [image.id for page in (first, second, third) for image in page.items]
    assert seen == [an_id(number) for number in (4, 3, 2, 1, 0)]
    assert third.next is None
    assert all(newer > older for newer, older in pairwise(seen))
