"""The tables of docs/reliability.md that are not written by hand, each between two markers."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from image_worker import failures
from local.layout import CHECKOUT
from tests.faults.laboratory import Outcome
from tests.faults.relay import BROKEN, FAILED
from tests.faults.scenarios import SCENARIOS, Scenario, title

FILE = CHECKOUT / "docs" / "reliability.md"

_FAULTS = (
    "where: fault",
    "injected how",
    "status",
    "deliveries",
    "Rekognition answered",
    "notifications",
    "dead letters",
)
_ERRORS = ("error", "what helps", "what happens")

_HAPPENS = {
    failures.Remedy.SOON: "the message comes again after 5 to 10 s, doubled from try to try, at most 5 min",
    failures.Remedy.LATER: "the message comes again when its visibility timeout ends: an operator may have to help",
}


def write(outcomes: Mapping[str, Outcome], file: Path = FILE) -> None:
    """Replaces both tables; the outcomes are found by the scenarios' titles."""
    rows = [_row(scenario, outcomes[title(scenario)]) for scenario in SCENARIOS]
    text = _replaced(file.read_text(), "errors", errors())
    file.write_text(_replaced(text, "faults", _table(_FAULTS, rows)))


def errors() -> str:
    """The table of image_worker.failures."""
    rows = []
    for row in failures._TABLE:
        codes = ", ".join(f"`{code}`" for code in sorted(row.codes))
        if row.failure:
            rows.append((f"Rekognition's {codes}", "nothing", f"the image fails: `{row.failure.code}`"))
        elif row.remedy:
            rows.append((codes, row.remedy.value, _HAPPENS[row.remedy]))
    soon, later = failures.Remedy.SOON, failures.Remedy.LATER
    rows += [
        ("what the picture itself shows (`PictureError`)", "nothing", "the image fails with the code of docs/api.md"),
        ("any other 5xx or 429; no answer at all; contention; too little memory or time", soon.value, _HAPPENS[soon]),
        ("anything else: a denied permission, a missing bucket, a mistake of ours", later.value, _HAPPENS[later]),
        (
            "a message that is neither a job nor an event of ours (`PoisonError`)",
            "nothing",
            "the dead letters, at once",
        ),
    ]
    return _table(_ERRORS, rows)


def section(text: str, name: str) -> str:
    """What stands between the markers."""
    begin, end = _markers(name)
    return text.partition(begin)[2].partition(end)[0].strip()


def names(text: str) -> list[str]:
    """The scenarios that the table of faults tells of, in its order."""
    rows = section(text, "faults").splitlines()[2:]
    return [row.split(" | ")[0].removeprefix("| ") for row in rows]


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: written by `make reliability` -->", f"<!-- end of {name} -->"


def _replaced(text: str, name: str, table: str) -> str:
    begin, end = _markers(name)
    head, found, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the markers of {name} are missing")
    return f"{head}{begin}\n\n{table}\n{end}{tail}"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(scenario: Scenario, found: Outcome) -> tuple[str, ...]:
    return (
        title(scenario),
        scenario.injected,
        _status(found),
        _deliveries(found),
        _calls(found),
        _notifications(found),
        _dead_letters(found),
    )


def _status(found: Outcome) -> str:
    status = f"{found.status} ({found.error})" if found.error else found.status
    return f"{status}; sent back: {found.redriven}" if found.redriven else status


def _deliveries(found: Outcome) -> str:
    failed = [outcome for outcome in found.deliveries if outcome in (FAILED, BROKEN)]
    return f"{len(found.deliveries)}, {len(failed)} failed" if failed else str(len(found.deliveries))


def _calls(found: Outcome) -> str:
    text = _pair(found.answered)
    return f"{text}; sent back: {_pair(found.answered_redriven)}" if found.answered_redriven else text


def _pair(calls: Mapping[str, int]) -> str:
    return f"{calls['DetectLabels']} + {calls['DetectModerationLabels']}"


def _notifications(found: Outcome) -> str:
    if found.notifications == found.notification_ids:
        return str(found.notifications)
    return f"{found.notifications}, same id" if found.notification_ids == 1 else f"{found.notifications}, ids differ"


def _dead_letters(found: Outcome) -> str:
    return ", ".join(letter.reason or "moved by SQS, no reason" for letter in found.dead_letters) or "none"
