"""How often Rekognition may be asked in a day, kept by a counter that is raised before it is asked.

What was taken is taken, whatever becomes of the calls: nothing is ever given back, so no failure can spend more. The
days are UTC's.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from articles import keys
from articles.clock import to_text
from articles.errors import BudgetUsedUpError, ConditionFailedError
from articles.table import Condition, Table, Update

CALLS_PER_ANALYSIS = 2
"""Labels and moderation."""

KEPT = timedelta(days=7)
"""After a day's end, for whoever wants to know what it took."""


class AnalysisBudget:
    """One item a day, so one partition, which takes 1,000 writes a second of 1 unit each, and a picture is one of them.
    Rekognition's default quota (50 calls a second of each operation, fewer in most regions) makes 50 at most: shards
    would be of use where somebody has it raised twentyfold."""

    def __init__(self, table: Table, *, analyses_per_day: int, now: Callable[[], datetime]) -> None:
        """`analyses_per_day`: pictures whose two calls are made; 0: as many as there are, and nothing is counted."""
        self._table = table
        self._limit = analyses_per_day * CALLS_PER_ANALYSIS
        self._now = now

    def take(self, calls: int) -> None:
        """Counts calls that are about to be made: one conditional write. Raises BudgetUsedUpError."""
        if not self._limit:
            return
        ends_at = self._day_ends_at()
        write = Update(
            self._key(ends_at),
            set={keys.TTL: int((ends_at + KEPT).timestamp())},
            add={"calls": calls},
            condition=Condition(
                "attribute_not_exists(#calls) OR #calls <= :most", {"#calls": "calls"}, {":most": self._limit - calls}
            ),
        )
        try:
            self._table.update(write)
        except ConditionFailedError as error:
            raise BudgetUsedUpError(until=ends_at) from error

    def check(self) -> None:
        """Takes nothing: one GetItem. Raises BudgetUsedUpError where not even one call is left."""
        if not self._limit:
            return
        ends_at = self._day_ends_at()
        item = self._table.get(self._key(ends_at), only=["calls"])
        if item and item["calls"] >= self._limit:
            raise BudgetUsedUpError(until=ends_at)

    def _day_ends_at(self) -> datetime:
        return self._now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    def _key(self, ends_at: datetime) -> dict[str, str]:
        return keys.analysis_budget_key(to_text(ends_at - timedelta(days=1))[:10])
