"""What a network, a busy table and DynamoDB's own bad moments do to a write: nothing twice, nothing lost."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from articles.errors import ConflictError, ContentionError, NotFoundError
from articles.idempotency import Created, Once
from articles.image_repository import ImageRepository
from articles.model import ImageStatus
from articles.repository import ArticleRepository
from articles.table import Delete, Table, Update
from tests.dynamodb import Wire, conflict, first, lost_answer, refused
from tests.integration.conftest import TABLE_NAME
from tests.samples import NOON, an_article, an_id, an_image

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

WRITE = "TransactWriteItems"
ITEM = {"PK": "p", "SK": "s"}


@pytest.fixture
def articles(table: Table) -> ArticleRepository:
    return ArticleRepository(table)


def test_a_create_whose_answer_is_lost_is_a_success(articles: ArticleRepository, wire: Wire) -> None:
    wire.next(WRITE, lost_answer)
    assert articles.create(an_article(tags=("a",))) == Created(an_id(1), NOON)
    assert wire.calls == [WRITE, WRITE]
    assert [article.id for article in articles.with_tag("a", None, 10).items] == [an_id(1)]


def test_a_create_with_a_key_whose_answer_is_lost_is_a_success(articles: ArticleRepository, wire: Wire) -> None:
    wire.next(WRITE, lost_answer)
    assert articles.create(an_article(), Once("alice", "key", "request")) == Created(an_id(1), NOON)


def test_a_save_whose_answer_is_lost_is_no_conflict(articles: ArticleRepository, wire: Wire) -> None:
    articles.create(an_article())
    wire.next(WRITE, lost_answer)
    articles.save(an_article(), an_article(title="new", version=2))
    assert articles.get(an_id(1)).title == "new"


def test_a_registration_whose_answer_is_lost_is_a_success(
    articles: ArticleRepository, table: Table, wire: Wire
) -> None:
    articles.create(an_article())
    wire.next(WRITE, lost_answer)
    assert ImageRepository(table).register(an_image()) == Created(an_id(1), NOON)


def test_a_claim_whose_answer_is_lost_is_a_claim(articles: ArticleRepository, table: Table, wire: Wire) -> None:
    images = ImageRepository(table)
    articles.create(an_article())
    images.register(an_image())
    wire.next("UpdateItem", lost_answer)
    claimed = images.claim(an_id(1), an_id(1), token="t", sequencer=None, now=NOON, lease_until=NOON)
    assert getattr(claimed, "status", claimed) is ImageStatus.PROCESSING


def test_a_deletion_of_an_image_whose_answer_is_lost_is_a_deletion(
    articles: ArticleRepository, table: Table, wire: Wire
) -> None:
    images = ImageRepository(table)
    articles.create(an_article())
    images.register(an_image())
    wire.next("UpdateItem", lost_answer)
    assert images.bury(an_id(1), an_id(1), due_at=NOON).status is ImageStatus.DELETED
    with pytest.raises(NotFoundError):
        images.bury(an_id(1), an_id(1), due_at=NOON + timedelta(minutes=1))


def test_a_transaction_that_is_still_running_is_asked_for_under_its_own_token(
    articles: ArticleRepository, wire: Wire
) -> None:
    # One try of ours stands for the SDK's, which asks three times before it gives up.
    still = refused("TransactionInProgressException")
    wire.next(WRITE, lost_answer, still, still, still, still)
    assert articles.create(an_article()) == Created(an_id(1), NOON)
    assert len(set(wire.tokens)) == 1


def test_a_cancelled_transaction_is_tried_again_as_another_one(articles: ArticleRepository, wire: Wire) -> None:
    wire.next(WRITE, conflict(parts=1), conflict(parts=1))
    articles.create(an_article())
    assert wire.calls == [WRITE] * 3
    assert len(set(wire.tokens)) == 3


def test_a_transaction_that_never_gets_its_turn_gives_up_and_has_written_nothing(
    articles: ArticleRepository, wire: Wire
) -> None:
    wire.next(WRITE, *[conflict(parts=1)] * 6)
    with pytest.raises(ContentionError):
        articles.create(an_article())
    assert wire.calls == [WRITE] * 6
    assert articles.feed(None, 10).items == ()


def test_the_pauses_between_tries_grow(dynamodb: "DynamoDBClient", wire: Wire) -> None:
    pauses: list[float] = []
    articles = ArticleRepository(Table(dynamodb, TABLE_NAME, sleep=pauses.append))
    wire.next(WRITE, *[conflict(parts=1)] * 5)
    articles.create(an_article())
    assert len(pauses) == 5
    assert all(0 <= pause <= 0.05 * 2**n for n, pause in enumerate(pauses))


def test_a_condition_that_fails_beside_a_conflict_is_a_failed_condition(
    articles: ArticleRepository, wire: Wire
) -> None:
    reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "TransactionConflict"}]
    wire.next(WRITE, refused("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(ConflictError):
        articles.save(an_article(tags=("a",)), an_article(version=2))
    assert wire.calls == [WRITE]


def test_a_transaction_that_is_wrong_is_not_repeated(articles: ArticleRepository, wire: Wire) -> None:
    reasons = [{"Code": "ValidationError", "Message": "too large"}]
    wire.next(WRITE, refused("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(ClientError):
        articles.create(an_article())
    assert wire.calls == [WRITE]


def test_a_single_write_waits_for_a_transaction_on_its_item(table: Table, wire: Wire) -> None:
    wire.next("UpdateItem", refused("TransactionConflictException"))
    wire.next("DeleteItem", refused("TransactionConflictException"))
    assert table.update(Update(ITEM, set={"n": 1})) == {**ITEM, "n": 1}
    table.delete(Delete(ITEM))
    assert table.get(ITEM) is None
    assert wire.calls == ["UpdateItem", "UpdateItem", "DeleteItem", "DeleteItem", "GetItem"]


def test_a_key_that_another_call_holds_is_a_conflict(articles: ArticleRepository, wire: Wire) -> None:
    wire.next(WRITE, *[conflict(parts=2)] * 6)
    with pytest.raises(ConflictError):
        articles.create(an_article(), Once("alice", "key", "request"))
    assert articles.feed(None, 10).items == ()


def test_a_single_write_that_never_gets_its_turn_gives_up(table: Table, wire: Wire) -> None:
    wire.next("UpdateItem", *[refused("TransactionConflictException")] * 6)
    with pytest.raises(ContentionError):
        table.update(Update(ITEM, set={"n": 1}))


def test_a_refusal_of_any_other_kind_goes_through(table: Table, wire: Wire) -> None:
    for operation in ("GetItem", "Query", "UpdateItem", "DeleteItem", WRITE):
        wire.next(operation, refused("AccessDeniedException"))
    for call in (
        lambda: table.get(ITEM),
        lambda: table.query("p"),
        lambda: table.update(Update(ITEM, set={"n": 1})),
        lambda: table.delete(Delete(ITEM)),
        lambda: table.transact([Update(ITEM, set={"n": 1})]),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_a_writer_that_comes_first_makes_the_other_see_a_conflict(articles: ArticleRepository, wire: Wire) -> None:
    old = an_article()
    articles.create(old)
    wire.next(WRITE, first(lambda: articles.save(old, replace(old, title="theirs", version=2))))
    with pytest.raises(ConflictError):
        articles.save(old, replace(old, title="mine", version=2))
    assert articles.get(old.id).title == "theirs"
