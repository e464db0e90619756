"""Erases what an author has left in a stage, and looks again until nothing is left.

Articles go the way that the API deletes them: a tombstone and a job, and the worker removes images, labels and files.
What the product does not do by itself is done here: old versions of files, what is kept under the person's own id,
letters that name their articles.

It may be killed anywhere and run again. Before an article goes, its id is noted in the table: once its items are gone,
nothing else would say whose its files were. The notes go last.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from articles import clock, keys
from articles.clock import from_text
from articles.errors import ConflictError, NotFoundError
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobKind, JobQueue
from articles.model import ArticleStatus, Principal
from articles.repository import ArticleRepository
from articles.service import ArticleService
from articles.table import Table
from local.errors import LocalError
from local.operations.belongings import Belongings, Found
from local.operations.people import People, Person
from local.operations.place import Stores

ROUNDS = 3
"""An author whose token still serves may write while this goes on."""

ASK_EVERY = 15.0
"""Seconds after which the worker is asked again for an article that is due and still there."""

PATIENCE = 1200.0
"""Seconds without any progress after which this gives up: the longest that a function may run is 900."""

DRAIN = 20.0
"""Seconds that the jobs' queue may take to become empty before its letters are looked through."""

_POLL = 0.5


@dataclass
class Plan:
    """What there is of a person. The images are those of their articles, whoever added them."""

    person: Person
    found: Found
    noted: set[str]
    images: int = 0
    letters: int = 0
    """Dead letters and undelivered notifications that name them or their articles."""
    statuses: dict[ArticleStatus, int] = field(default_factory=dict)

    @property
    def articles(self) -> set[str]:
        return self.found.articles | self.noted

    @property
    def nothing(self) -> bool:
        return self.found.nothing and not self.noted and not self.letters


@dataclass
class Erased:
    """What was done. `shared`: letters that ask for something of others too, and stay."""

    articles: int = 0
    versions: int = 0
    records: int = 0
    letters: int = 0
    shared: list[str] = field(default_factory=list)
    jobs_waiting: int = 0


class Eraser:
    def __init__(
        self,
        stores: Stores,
        person: Person,
        *,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], None] = time.sleep,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tell` hears how far it is, in a few words."""
        place = stores.place
        table = Table(place.dynamodb, place.table_name)
        self._person = person
        self._table = table
        self._articles = ArticleRepository(table)
        self._jobs = JobQueue(place.sqs, place.image_jobs_url)
        self._service = ArticleService(self._articles, ImageRepository(table), self._jobs, now)
        self._belongings = Belongings(stores, person.sub, sleep)
        self._people = People(stores.cognito, stores.user_pool_id)
        self._now = now
        self._sleep = sleep
        self._tell = tell

    def plan(self) -> Plan:
        """Looks for everything; changes nothing."""
        noted = self._belongings.noted()
        found = self._belongings.in_table(noted, self._scanned)
        plan = Plan(self._person, found, noted)
        plan.letters = self._belongings.letters(plan.articles)
        for article_id in plan.articles:
            try:
                article = self._articles.get_with_images(article_id)
            except NotFoundError:
                continue
            plan.images += len(article.images)
            status = article.article.status
            plan.statuses[status] = plan.statuses.get(status, 0) + 1
        return plan

    def carry_out(self, plan: Plan, *, user_too: bool) -> Erased:
        """Erases it all, the user as well where that is asked for.

        Raises:
            LocalError: the worker does not remove what it should, something is left, or somebody writes meanwhile.
        """
        erased = Erased()
        if user_too and self._person.username:
            self._people.lock_out(self._person.username)
        known, found = set(plan.noted), plan.found
        for _ in range(ROUNDS):
            fresh = found.articles - known
            self._belongings.note(fresh)
            known |= fresh
            erased.articles += self._remove(known)
            erased.versions += sum(self._belongings.delete_files(article_id) for article_id in sorted(known))
            erased.records += self._belongings.delete_records(found)
            erased.jobs_waiting = self._drained()
            letters, erased.shared = self._belongings.delete_letters(known)
            erased.letters += letters
            # The second look: at all of the table, and at every place where something of these articles could lie.
            found = self._belongings.in_table(known, self._scanned)
            files = sum(map(self._belongings.files, known))
            if found.nothing and not files:
                break
        else:
            raise LocalError(
                f"After {ROUNDS} rounds there are {len(found.articles)} articles, {found.entries} items of articles, "
                f"{len(found.records)} records and {files} versions of files. Somebody may be writing with this "
                "person's token, which serves for an hour: run it again then."
            )
        if user_too and self._person.username:
            self._people.remove(self._person.username)
        if not erased.shared:
            self._belongings.forget(known)
        return erased

    def _remove(self, article_ids: Collection[str]) -> int:
        """Buries the articles and waits until nothing of them is left in the table; gives how many there were.

        A tombstone counts as well as an article, also one that the worker has removed before anybody looks again.
        """
        author = Principal(self._person.sub, "")
        removed = set(self._still_there(article_ids))
        asked: dict[str, float] = {}
        for article_id in sorted(article_ids):
            try:
                self._service.delete(author, article_id)
            except NotFoundError:  # gone, or a tombstone: then the worker is asked below
                continue
            except ConflictError:  # it changes just now: the next round has it
                continue
            asked[article_id] = time.monotonic()
        left = self._still_there(article_ids)
        removed |= asked.keys() | left.keys()
        progressed = time.monotonic()
        while left:
            for article_id, due_at in left.items():
                due = due_at is None or due_at <= self._now() or article_id not in asked
                if due and time.monotonic() - asked.get(article_id, -ASK_EVERY) >= ASK_EVERY:
                    self._jobs.send(Job(JobKind.PURGE_ARTICLE, article_id))
                    asked[article_id] = time.monotonic()
            self._tell(f"{len(removed) - len(left)} of {len(removed)} articles removed")
            self._sleep(_POLL)
            now_left = self._still_there(left)
            if len(now_left) < len(left):
                progressed = time.monotonic()
            elif time.monotonic() - progressed > PATIENCE:
                raise LocalError(
                    f"The worker has removed none of {len(left)} articles for {PATIENCE / 60:.0f} minutes: look at "
                    "`make dead-letters` and its logs, then run this again."
                )
            left = now_left
        return len(removed)

    def _still_there(self, article_ids: Collection[str]) -> dict[str, datetime | None]:
        """Tombstones that are left, each with the time at which it is due."""
        left: dict[str, datetime | None] = {}
        for article_id in article_ids:
            item = self._table.get(keys.article_key(article_id), only=["status", "DueAt"])
            if item and item["status"] == ArticleStatus.DELETED.value:
                left[article_id] = from_text(item["DueAt"]) if item.get("DueAt") else None
        return left

    def _drained(self) -> int:
        """Waits a little for the jobs that are still in the queue; gives how many are there then, whoever's."""
        deadline = time.monotonic() + DRAIN
        while (waiting := self._belongings.jobs_waiting()) and time.monotonic() < deadline:
            self._tell(f"{waiting} jobs still wait")
            self._sleep(_POLL)
        return waiting

    def _scanned(self, items: int) -> None:
        self._tell(f"{items:,} items of the table read")
