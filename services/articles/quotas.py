"""How many uploads a person may register in an hour, kept by a counter that the registration's own transaction raises.

So there is no moment in which one exists without the other, a call that fails costs nothing, and a repeated call with
the same idempotency key is counted once. Nothing is ever searched for: the window's name is part of the key.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from articles import keys
from articles.clock import to_text
from articles.errors import QuotaExceededError
from articles.table import Condition, Update

WINDOW = timedelta(hours=1)
"""Fixed windows, from one full hour (UTC) to the next: at their border a person may register twice the quota."""


class UploadQuota(Struct, frozen=True):
    """What one person may register in the window that `at` lies in."""

    person_id: str
    limit: int
    at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.at.replace(minute=0, second=0, microsecond=0) + WINDOW

    def use(self) -> Update:
        """The part of a transaction that counts one upload, and fails where the quota is used up."""
        return Update(
            keys.upload_quota_key(self.person_id, to_text(self.ends_at)),
            # Kept an hour longer than it is needed: nobody reads it then, TTL or no TTL.
            set={keys.TTL: int((self.ends_at + WINDOW).timestamp())},
            add={"uploads": 1},
            condition=Condition(
                "attribute_not_exists(#uploads) OR #uploads < :limit", {"#uploads": "uploads"}, {":limit": self.limit}
            ),
        )

    def exceeded(self) -> QuotaExceededError:
        return QuotaExceededError(
            f"You have registered {self.limit} uploads this hour, which is your quota: go on in the next one.",
            retry_after=self.ends_at - self.at,
        )
