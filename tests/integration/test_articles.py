"""Articles in the table, and what callers do with them."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from articles.errors import (
    ArticlesError,
    ConditionFailedError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    VersionMismatchError,
)
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobKind
from articles.model import EDITORS, ArticleStatus, ArticleWithImages, ImageStatus, Principal
from articles.repository import ArticleRepository
from articles.service import ArticleChange, ArticleService, Upload
from articles.table import Table
from tests.samples import NOON, a_label, an_analysis, an_article, an_id, an_image, finish

ALICE = Principal("alice", "Alice")
BOB = Principal("bob", "Bob")
ERIN = Principal("erin", "Erin", frozenset({EDITORS}))
UPLOAD = Upload("portrait.jpg", "image/jpeg", 181_234, "A portrait")


class FakeJobs:
    def __init__(self) -> None:
        self.sent: list[Job] = []

    def send(self, job: Job) -> None:
        self.sent.append(job)


@pytest.fixture
def articles(table: Table) -> ArticleRepository:
    return ArticleRepository(table)


@pytest.fixture
def images(table: Table) -> ImageRepository:
    return ImageRepository(table)


@pytest.fixture
def jobs() -> FakeJobs:
    return FakeJobs()


@pytest.fixture
def service(articles: ArticleRepository, images: ImageRepository, jobs: FakeJobs) -> ArticleService:
    return ArticleService(articles, images, jobs)


def everywhere(articles: ArticleRepository, author: str = "alice", tags: Iterable[str] = ()) -> set[str]:
    """Where readers find articles: "feed", "author", "#tag"."""
    pages = {
        "feed": articles.feed(None, 100),
        "author": articles.of_author(author, list(ArticleStatus), None, None, 100),
        **{f"#{tag}": articles.with_tag(tag, None, 100) for tag in tags},
    }
    return {name for name, page in pages.items() if page.items}


def test_an_article_comes_back_as_it_was_created(articles: ArticleRepository) -> None:
    article = an_article(title="Grüße 👋", body="ä" * 50_000, tags=("news", "Ω"), status=ArticleStatus.DRAFT)
    articles.create(article)
    assert articles.get(article.id) == article
    assert articles.get_with_images(article.id) == ArticleWithImages(article)


def test_a_second_create_of_the_same_id_is_refused_and_changes_nothing(articles: ArticleRepository) -> None:
    articles.create(an_article(title="first"))
    with pytest.raises(ConditionFailedError):
        articles.create(an_article(title="second", tags=("new",)))
    assert articles.get(an_id(1)).title == "first"
    assert articles.with_tag("new", None, 10).items == ()


def test_an_article_that_is_not_there_is_not_found(articles: ArticleRepository) -> None:
    with pytest.raises(NotFoundError):
        articles.get(an_id(1))
    with pytest.raises(NotFoundError):
        articles.get_with_images(an_id(1))


def test_an_image_without_its_article_is_no_article(articles: ArticleRepository, images: ImageRepository) -> None:
    article = an_article()
    articles.create(article)
    images.register(an_image())
    articles.bury(article, at=NOON, due_at=NOON)
    articles.remove(articles.get(article.id))
    with pytest.raises(NotFoundError):
        articles.get_with_images(article.id)


def test_images_come_with_their_article_oldest_first(articles: ArticleRepository, images: ImageRepository) -> None:
    articles.create(an_article())
    for number in (3, 1, 2):
        images.register(an_image(number))
    assert [image.id for image in articles.get_with_images(an_id(1)).images] == [an_id(1), an_id(2), an_id(3)]


def test_an_analysed_image_keeps_its_fractions_exactly(articles: ArticleRepository, images: ImageRepository) -> None:
    articles.create(an_article())
    images.register(an_image())
    label = a_label(confidence=99.12345678901234)
    finish(images, an_image(), an_analysis(label))
    assert articles.get_with_images(an_id(1)).images[0].labels == (label,)


def test_a_save_replaces_what_stood_there(articles: ArticleRepository) -> None:
    old = an_article(tags=("a",))
    articles.create(old)
    new = replace(old, title="new", version=2)
    articles.save(old, new)
    assert articles.get(old.id) == new
    assert articles.feed(None, 10).items == (replace(new, body=""),)


def test_a_save_over_another_version_writes_nothing_at_all(articles: ArticleRepository) -> None:
    old = an_article(tags=("a",))
    articles.create(old)
    articles.save(old, replace(old, title="theirs", version=2))
    with pytest.raises(ConflictError):
        articles.save(old, replace(old, title="mine", tags=("b",), version=2))
    assert articles.get(old.id).title == "theirs"
    assert everywhere(articles, tags=["a", "b"]) == {"feed", "author", "#a"}


def test_a_save_of_a_removed_article_does_not_bring_it_back(articles: ArticleRepository) -> None:
    with pytest.raises(ConflictError):
        articles.save(an_article(), an_article(version=2))
    with pytest.raises(NotFoundError):
        articles.get(an_id(1))


def test_a_buried_article_is_found_nowhere_and_keeps_nothing_of_its_text(articles: ArticleRepository) -> None:
    article = an_article(tags=("a",), body="secret")
    articles.create(article)
    articles.bury(article, at=NOON, due_at=NOON + timedelta(minutes=2))
    assert everywhere(articles, tags=["a"]) == set()
    tomb = articles.get(article.id)
    assert (tomb.status, tomb.body, tomb.version, tomb.due_at) == (
        ArticleStatus.DELETED,
        "",
        2,
        NOON + timedelta(minutes=2),
    )


def test_a_tombstone_is_removed_once_and_a_living_article_never(articles: ArticleRepository) -> None:
    article = an_article()
    articles.create(article)
    articles.remove(article)
    assert articles.get(article.id) == article
    articles.bury(article, at=NOON, due_at=NOON)
    articles.remove(article)
    articles.remove(article)
    with pytest.raises(NotFoundError):
        articles.get(article.id)


def test_settling_takes_away_what_is_owed_by_that_version_only(
    articles: ArticleRepository, images: ImageRepository
) -> None:
    owing = an_article(due_at=NOON)
    articles.create(owing)
    articles.settle(replace(owing, version=7))
    assert [due.article_id for due in images.overdue(NOON + timedelta(seconds=1), 10)] == [owing.id]
    articles.settle(owing)
    assert images.overdue(NOON + timedelta(seconds=1), 10) == []
    assert articles.get(owing.id) == replace(owing, due_at=None)


@pytest.mark.parametrize(
    ("status", "tags", "found"),
    [
        (ArticleStatus.PUBLISHED, ("a", "b"), {"feed", "author", "#a", "#b"}),
        (ArticleStatus.PUBLISHED, ("b",), {"feed", "author", "#b"}),
        (ArticleStatus.PUBLISHED, (), {"feed", "author"}),
        (ArticleStatus.DRAFT, ("a", "b"), {"author"}),
    ],
)
@pytest.mark.parametrize("before", [ArticleStatus.DRAFT, ArticleStatus.PUBLISHED])
def test_lists_follow_the_article(
    articles: ArticleRepository, before: ArticleStatus, status: ArticleStatus, tags: tuple[str, ...], found: set[str]
) -> None:
    old = an_article(tags=("a", "c"), status=before)
    articles.create(old)
    articles.save(old, replace(old, tags=tags, status=status, version=2))
    assert everywhere(articles, tags=["a", "b", "c"]) == found


def test_a_tags_entry_shows_the_title_as_it_is_now(articles: ArticleRepository) -> None:
    old = an_article(tags=("a",))
    articles.create(old)
    articles.save(old, replace(old, title="better", version=2))
    assert [found.title for found in articles.with_tag("a", None, 10).items] == ["better"]


def test_a_change_of_nothing_is_not_written(service: ArticleService) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    assert service.change(ALICE, article.id, ArticleChange(title="t")).article == article


def test_a_change_raises_the_version_and_tells_when(service: ArticleService) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    changed = service.change(ALICE, article.id, ArticleChange(title="u")).article
    assert (changed.version, changed.title, changed.body) == (2, "u", "b")
    assert changed.updated_at >= article.updated_at


class Crowd(ArticleRepository):
    """Whoever reads an article waits until everybody has read it, once: so all of them change the same version."""

    def __init__(self, table: Table, readers: int) -> None:
        super().__init__(table)
        self._barrier = threading.Barrier(readers)
        self._been = threading.local()

    def get_with_images(self, article_id: str) -> ArticleWithImages:
        found = super().get_with_images(article_id)
        self._meet()
        return found

    def get(self, article_id: str) -> Any:
        found = super().get(article_id)
        self._meet()
        return found

    def _meet(self) -> None:
        if not getattr(self._been, "once", False):
            self._been.once = True
            self._barrier.wait(timeout=10)


def outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except ArticlesError as error:
        return type(error).__name__
    return "done"


def at_once(*calls: Callable[[], object]) -> list[str]:
    """How each ended: "done", or the domain's error."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(outcome, calls))


@pytest.fixture
def crowded(table: Table, images: ImageRepository, jobs: FakeJobs) -> Callable[[int], ArticleService]:
    return lambda readers: ArticleService(Crowd(table, readers), images, jobs)


def test_merging_changes_of_the_same_version_all_survive(
    crowded: Callable[[int], ArticleService], articles: ArticleRepository
) -> None:
    articles.create(an_article())
    service = crowded(2)
    ends = at_once(
        lambda: service.change(ALICE, an_id(1), ArticleChange(title="new title")),
        lambda: service.change(ERIN, an_id(1), ArticleChange(tags=("news",))),
    )
    assert ends == ["done", "done"]
    found = articles.get(an_id(1))
    assert (found.title, found.tags, found.version) == ("new title", ("news",), 3)


def test_of_two_replacements_of_the_same_version_one_is_refused(
    crowded: Callable[[int], ArticleService], articles: ArticleRepository
) -> None:
    articles.create(an_article())
    service = crowded(2)
    ends = at_once(
        *[
            lambda title=title: service.change(ALICE, an_id(1), ArticleChange(title=title), merge=False)
            for title in ("one", "two")
        ]
    )
    assert ends == ["ConflictError", "done"]
    assert articles.get(an_id(1)).version == 2


@pytest.mark.parametrize("merge", [True, False])
def test_of_two_changes_that_name_the_version_the_later_is_told_that_it_is_stale(
    crowded: Callable[[int], ArticleService], articles: ArticleRepository, merge: bool
) -> None:
    articles.create(an_article())
    service = crowded(2)
    ends = at_once(
        *[
            lambda title=title: service.change(
                ALICE, an_id(1), ArticleChange(title=title), versions=frozenset({1}), merge=merge
            )
            for title in ("one", "two")
        ]
    )
    assert ends == ["VersionMismatchError", "done"]


def test_a_deletion_wins_over_a_change_in_the_same_moment(
    crowded: Callable[[int], ArticleService], articles: ArticleRepository, jobs: FakeJobs
) -> None:
    articles.create(an_article())
    service = crowded(2)
    ends = at_once(
        lambda: service.delete(ALICE, an_id(1)),
        lambda: service.change(ALICE, an_id(1), ArticleChange(title="late")),
    )
    assert ends in (["NotFoundError", "done"], ["done", "done"])  # done twice where the change came first
    assert articles.get(an_id(1)).status is ArticleStatus.DELETED
    assert Job(JobKind.PURGE_ARTICLE, an_id(1)) in jobs.sent


@pytest.mark.parametrize("who", [ALICE, ERIN])
def test_author_and_editors_may_change_and_delete(service: ArticleService, who: Principal) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    assert service.change(who, article.id, ArticleChange(title="u")).article.author.id == "alice"
    service.delete(who, article.id)
    with pytest.raises(NotFoundError):
        service.read(ALICE, article.id)


@pytest.mark.parametrize(
    ("status", "error"), [(ArticleStatus.DRAFT, NotFoundError), (ArticleStatus.PUBLISHED, ForbiddenError)]
)
def test_a_stranger_learns_of_published_articles_only_and_changes_none(
    service: ArticleService, images: ImageRepository, status: ArticleStatus, error: type[ArticlesError]
) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b", status=status))
    image = service.register_image(ALICE, article.id, UPLOAD)
    with pytest.raises(error):
        service.change(BOB, article.id, ArticleChange(title="mine"))
    with pytest.raises(error):
        service.delete(BOB, article.id)
    with pytest.raises(error):
        service.register_image(BOB, article.id, UPLOAD)
    with pytest.raises(error):
        service.delete_image(BOB, article.id, image.id)
    assert images.get(article.id, image.id).status is ImageStatus.PENDING
    assert service.read(ALICE, article.id).article == article


@pytest.mark.parametrize("versions", [frozenset({2}), frozenset()])
def test_a_stale_version_is_told_so_and_nothing_happens(service: ArticleService, versions: frozenset[int]) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    with pytest.raises(VersionMismatchError):
        service.change(ALICE, article.id, ArticleChange(title="u"), versions=versions)
    with pytest.raises(VersionMismatchError):
        service.delete(ALICE, article.id, versions)
    assert service.read(ALICE, article.id).article == article


def test_publishing_and_withdrawing_ask_for_the_label_index_to_follow(service: ArticleService, jobs: FakeJobs) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    assert jobs.sent == []
    for status in (ArticleStatus.PUBLISHED, ArticleStatus.DRAFT):
        changed = service.change(ALICE, article.id, ArticleChange(status=status)).article
        assert jobs.sent.pop() == Job(JobKind.INDEX_ARTICLE, article.id)
        assert changed.due_at is not None
    service.change(ALICE, article.id, ArticleChange(title="u"))
    assert jobs.sent == []


def test_a_deleted_image_is_gone_for_everybody_at_once(service: ArticleService, jobs: FakeJobs) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    image = service.register_image(ALICE, article.id, UPLOAD)
    service.delete_image(ALICE, article.id, image.id)
    assert jobs.sent == [Job(JobKind.PURGE_IMAGE, article.id, image.id)]
    assert service.read(ALICE, article.id).images == ()
    with pytest.raises(NotFoundError):
        service.read_image(ALICE, article.id, image.id)
    with pytest.raises(NotFoundError):
        service.delete_image(ALICE, article.id, image.id)


def test_an_upload_into_an_article_that_goes_away_meanwhile_is_refused(
    service: ArticleService, articles: ArticleRepository, images: ImageRepository
) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    articles.bury(article, at=NOON, due_at=NOON)
    with pytest.raises(NotFoundError):
        images.register(an_image(article=article))
    with pytest.raises(NotFoundError):
        images.get(article.id, an_id(1))


def test_an_article_takes_fifty_images_and_room_comes_back(service: ArticleService, images: ImageRepository) -> None:
    article = service.create(ALICE, ArticleChange(title="t", body="b"))
    for number in range(50):
        images.register(an_image(number, article))
    with pytest.raises(ConflictError):
        service.register_image(ALICE, article.id, UPLOAD)
    service.delete_image(ALICE, article.id, an_id(7))
    assert service.register_image(ALICE, article.id, UPLOAD).status is ImageStatus.PENDING
