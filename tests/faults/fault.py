"""What can go wrong with one call on its way to a service and back."""

from dataclasses import dataclass
from enum import Enum, auto
from signal import SIGKILL, SIGSTOP, Signals


class Ending(Enum):
    """What the caller gets."""

    ANSWER = auto()
    """The service's own answer."""
    ERROR = auto()
    """An error that the service did not give."""
    HALF = auto()
    """The headers and half of the body, then the connection is closed."""
    CUT = auto()
    """A closed connection."""
    SILENCE = auto()
    """Nothing, for as long as it waits."""


@dataclass(frozen=True)
class Fault:
    reaches: bool
    """Whether the service gets the call, and does what it asks for."""
    ending: Ending
    code: str = ""
    status: int = 0
    seconds: float = 0.0
    """Waited before the call goes on."""
    signal: Signals | None = None
    """Sent to the calling process: after the service's work where the call reaches it."""


def refused(code: str, status: int) -> Fault:
    """The service answers with an error and does nothing."""
    return Fault(reaches=False, ending=Ending.ERROR, code=code, status=status)


def done_but_failed(code: str, status: int) -> Fault:
    """The service does what was asked, and answers with an error all the same."""
    return Fault(reaches=True, ending=Ending.ERROR, code=code, status=status)


def delayed(seconds: float) -> Fault:
    """All is well, only late."""
    return Fault(reaches=True, ending=Ending.ANSWER, seconds=seconds)


SILENT = Fault(reaches=False, ending=Ending.SILENCE)
"""Nobody answers, nothing is done: a read time-out."""

DONE_BUT_SILENT = Fault(reaches=True, ending=Ending.SILENCE)
"""It is done, and no answer comes: a read time-out."""

CUT = Fault(reaches=False, ending=Ending.CUT)
"""The connection is closed before anything is done."""

ANSWER_LOST = Fault(reaches=True, ending=Ending.CUT)
"""It is done, and the connection is closed before the answer."""

BODY_CUT = Fault(reaches=True, ending=Ending.HALF)
"""The connection is closed in the middle of the answer's body."""

KILLED_BEFORE = Fault(reaches=False, ending=Ending.CUT, signal=SIGKILL)
"""The calling process is killed instead of the call."""

KILLED_AFTER = Fault(reaches=True, ending=Ending.CUT, signal=SIGKILL)
"""The calling process is killed when the call is done, before it can know."""

FROZEN = Fault(reaches=False, ending=Ending.SILENCE, signal=SIGSTOP)
"""The calling process stands still from this call on, until Lambda ends it at its time limit."""
