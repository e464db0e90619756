"""What can go wrong in the domain. services/api turns each into an HTTP problem, in one place."""

from datetime import datetime, timedelta
from typing import Any


class ArticlesError(Exception):
    """The base of everything that the domain raises on purpose. str() is a sentence for the caller."""


class NotFoundError(ArticlesError):
    """There is no such thing, or the caller may not know of it."""


class ForbiddenError(ArticlesError):
    """The caller sees it but may not change it."""


class VersionMismatchError(ArticlesError):
    """The caller changed another version than the one that is there."""


class ConflictError(ArticlesError):
    """Somebody else changed it in the very moment, or a limit is reached."""


class IdempotencyKeyReusedError(ArticlesError):
    """An idempotency key came again with another request."""


class QuotaExceededError(ArticlesError):
    """The caller has done this as often as they may for now."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BudgetUsedUpError(ArticlesError):
    """Rekognition was asked as often as it may be for today. Only the worker meets it; `until`: the day's end."""

    def __init__(self, *, until: datetime) -> None:
        super().__init__("The day's budget of analyses is used up.")
        self.until = until


class ConditionFailedError(ArticlesError):
    """A conditional write met another state. Only between this package's modules; `failed` has the positions of the
    transaction's parts whose conditions did not hold, `items` what stood there instead
    (where the part asked for it)."""

    def __init__(self, failed: frozenset[int], items: dict[int, dict[str, Any]]) -> None:
        super().__init__(f"conditions {sorted(failed)} did not hold")
        self.failed = failed
        self.items = items


class ContentionError(ArticlesError):
    """A transaction met others on the same items again and again. Trying later helps."""
