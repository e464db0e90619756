"""The upload quota: a counter in the registration's own transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from articles.errors import ContentionError, NotFoundError, QuotaExceededError
from articles.idempotency import Once
from articles.image_repository import ImageRepository
from articles.model import Principal
from articles.repository import ArticleRepository
from articles.service import ArticleService, Upload
from articles.table import Table
from tests.samples import NOON, an_article, an_id
from tests.unit.image_worker.fakes import Clock

ALICE, EDITOR = Principal("alice", "Alice"), Principal("erin", "Erin", frozenset({"editors"}))
UPLOAD = Upload("portrait.jpg", "image/jpeg", 181_234, "A portrait")


class NoJobs:
    def send(self, job: object) -> None:
        pass


class World:
    def __init__(self, table: Table, limit: int = 2) -> None:
        self.clock = Clock(NOON + timedelta(minutes=10))
        self.articles = ArticleRepository(table)
        self.images = ImageRepository(table)
        self.service = ArticleService(self.articles, self.images, NoJobs(), self.clock, uploads_per_hour=limit)
        self.articles.create(an_article(1))

    def register(self, who: Principal = ALICE, once: Once | None = None) -> str:
        return self.service.register_image(who, an_id(1), UPLOAD, once).id

    def registered(self) -> int:
        return len(self.articles.get_with_images(an_id(1)).images)


@pytest.fixture
def world(table: Table) -> World:
    return World(table)


def test_one_more_than_the_quota_is_refused_until_the_hour_ends(world: World) -> None:
    world.register()
    world.register()
    with pytest.raises(QuotaExceededError) as refused:
        world.register()
    assert refused.value.retry_after == timedelta(minutes=50)
    assert world.registered() == 2
    world.clock.moment += refused.value.retry_after
    world.register()
    assert world.registered() == 3


def test_a_quota_is_one_persons_own_on_whosever_article(world: World) -> None:
    world.register()
    world.register()
    world.register(EDITOR)
    with pytest.raises(QuotaExceededError):
        world.register()


def test_a_repeated_call_is_counted_once_and_answered_when_the_quota_is_used_up(world: World) -> None:
    once = Once("alice", "key", "request")
    first = world.register(once=once)
    assert world.register(once=once) == first
    world.register()
    assert world.register(once=once) == first
    assert world.registered() == 2


def test_a_registration_that_fails_costs_nothing(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.service.register_image(ALICE, an_id(2), UPLOAD)
    world.register()
    world.register()
    assert world.registered() == 2


def test_of_many_at_once_no_more_than_the_quota_get_through(table: Table) -> None:
    world = World(table, limit=5)

    def attempt(_: int) -> bool:
        try:
            world.register()
        except (QuotaExceededError, ContentionError):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = sum(pool.map(attempt, range(12)))
    assert passed == world.registered() <= 5
    if passed < 5:  # some lost to contention: then there is room for exactly the rest
        for _ in range(5 - passed):
            world.register()
    with pytest.raises(QuotaExceededError):
        world.register()
