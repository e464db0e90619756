"""Sends dead letters back to work.

A letter leaves the dead letters only after SQS has taken its message among the jobs. Should this be killed between the
two, the message is there twice and done twice: a job looks at what its image still owes first, so a second one changes
nothing. For the same reason two redrives may run at once; mostly, each letter is lent to one of them alone.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError

from local.operations.letters import Letter
from local.operations.queue import DeadLetterQueue

HOLD = 120
"""Seconds that a redrive hides the letters from others: reading 5,000 takes some 10 s, sending and deleting 100 s."""


class Fate(Enum):
    SENT = "sent back"
    KEPT = "not sent"
    """The job queue did not take it: it still waits."""
    DOUBLED = "sent back, but still in the dead letters too"
    """It could not be deleted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    letter: Letter
    fate: Fate
    new_id: str | None = None
    """Of its message among the jobs."""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    outcomes: tuple[Outcome, ...]
    missing: tuple[str, ...]
    """Ids that were asked for and not found."""

    @property
    def complete(self) -> bool:
        """Whether everything was done that was asked for."""
        return not self.missing and all(outcome.fate is Fate.SENT for outcome in self.outcomes)


def redrive(
    queue: DeadLetterQueue, wanted: Set[str] | None = None, tell: Callable[[Outcome], None] = lambda _: None
) -> Result:
    """Sends back all letters, or those that go by the wanted ids, and tells of each as it goes.

    What the worker buries again meanwhile is not sent a second time: all letters are read before the first one is sent.
    """

    def asked_for(letter: Letter) -> bool:
        return wanted is None or not letter.ids.isdisjoint(wanted)

    def all_found(letters: list[Letter]) -> bool:
        return wanted is not None and wanted <= _ids(letters)

    outcomes: list[Outcome] = []
    with queue.lent(HOLD, all_found) as letters:
        for letter in filter(asked_for, letters):
            outcomes.append(_send_back(queue, letter))
            tell(outcomes[-1])
        return Result(tuple(outcomes), tuple(sorted((wanted or set()) - _ids(letters))))


def _ids(letters: list[Letter]) -> Set[str]:
    return {name for letter in letters for name in letter.ids}


def _send_back(queue: DeadLetterQueue, letter: Letter) -> Outcome:
    try:
        new_id = queue.send_back(letter)
    except (BotoCoreError, ClientError) as error:
        return Outcome(letter, Fate.KEPT, why=str(error))
    try:
        queue.delete(letter)
    except (BotoCoreError, ClientError) as error:
        return Outcome(letter, Fate.DOUBLED, new_id, why=str(error))
    return Outcome(letter, Fate.SENT, new_id)
