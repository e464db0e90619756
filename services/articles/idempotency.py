"""Doing a create once, however often it is asked for.

The record is written in the create's own transaction, so there is no moment in which one exists without the other, and
no call that is "in flight": of twenty at once one commits, and the others read what it wrote. The record keeps no copy
of the answer: the same request and the ids and times in the record give the same answer again.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from articles import keys
from articles.clock import from_text, to_text
from articles.errors import ConditionFailedError, IdempotencyKeyReusedError
from articles.table import Condition, Item, Put

KEPT_FOR = timedelta(hours=24)


class Once(Struct, frozen=True):
    """A caller's wish that a create happens once: whose key (`scope`), the key's digest, the request's digest."""

    scope: str
    key_digest: str
    fingerprint: str


class Created(Struct, frozen=True):
    """What a create made: the new thing's id and time, and the correlation id of the call, where that matters later."""

    id: str
    at: datetime
    correlation_id: str | None = None


def record(once: Once, created: Created) -> Put:
    """The part of the create's transaction that makes it happen once.

    DynamoDB removes expired items up to 48 hours late, so the condition looks at the time itself.
    """
    item: Item = {
        **keys.idempotency_key(once.scope, once.key_digest),
        "fingerprint": once.fingerprint,
        "created_id": created.id,
        "created_at": to_text(created.at),
        keys.TTL: int((created.at + KEPT_FOR).timestamp()),
    }
    if created.correlation_id:
        item["correlation_id"] = created.correlation_id
    fresh = Condition(
        "attribute_not_exists(#pk) OR #ttl <= :now",
        {"#pk": keys.PK, "#ttl": keys.TTL},
        {":now": int(created.at.timestamp())},
    )
    return Put(item, condition=fresh, tell=True)


def earlier(once: Once, error: ConditionFailedError, position: int) -> Created:
    """What the first call made, from the failed transaction of a later one.

    Raises IdempotencyKeyReusedError where the first call asked for something else, and `error` again where it was not
    the record at `position` that stood in the way.
    """
    found = error.items.get(position)
    if found is None:
        raise error
    if found["fingerprint"] != once.fingerprint:
        raise IdempotencyKeyReusedError("This Idempotency-Key came before with another request: use a new key.")
    return Created(str(found["created_id"]), from_text(str(found["created_at"])), found.get("correlation_id"))
