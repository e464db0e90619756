"""The list of dead letters, for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from local.operations.images import Images, State
from local.operations.letters import UNKNOWN, UPLOAD, Letter, Subject

NO_REPORT = "no report: the function was killed or ran out of time or memory"
MOVED_TOO = "no report: SQS moved it as well, after the worker had, which was killed before it could say so"


def for_programs(stage: str, letters: Sequence[Letter], images: Images, counted: int) -> str:
    """One JSON object: {stage, counted, dead_letters [{id, sent_at, reason, …, subjects [{kind, …, image}], body}]}."""
    return json.dumps(
        {
            "stage": stage,
            "counted": counted,
            "dead_letters": [
                {
                    "id": letter.id,
                    "sent_at": letter.sent_at,
                    "reason": None, "detail": None, "tries": None, "failed_at": None, "message_id": None,
                    "request_id": None,
                    **letter.report,
                    **({"tries": int(letter.report["tries"])} if letter.report.get("tries", "").isdigit() else {}),
                    "subjects": [
                        {
                            "kind": subject.kind,
                            "article_id": subject.article_id,
                            "image_id": subject.image_id,
                            "image": state,
                        }
                        for subject, state in zip(letter.subjects, images.look_up(letter.subjects), strict=True)
                    ],
                    "body": letter.body,
                }
                for letter in letters
            ],
        },
        indent=2,
    )  # fmt: skip


def for_people(letters: Sequence[Letter], images: Images) -> Iterator[str]:
    """Lines: for each letter its id, time and tries, what it asks for, and why it is here."""
    reported = {letter.report["message_id"] for letter in letters if "message_id" in letter.report}
    for letter in letters:
        report = {name: _printable(value) for name, value in letter.report.items()}
        tries = f", {report['tries']} tries" if report.get("tries", "1") != "1" else ""
        yield f"{letter.id}  {report.get('failed_at', letter.sent_at)}{tries}"
        for subject, state in zip(letter.subjects, images.look_up(letter.subjects), strict=True):
            yield f"    {_described(subject, letter)}{_now(state)}"
        if report:
            yield f"    {report.get('reason', '?')}: {report.get('detail', 'the message had no room for more.')}"
        else:
            yield f"    {MOVED_TOO if letter.id in reported else NO_REPORT}"


def _described(subject: Subject, letter: Letter) -> str:
    if subject.kind == UNKNOWN:
        return f"no job of ours, {len(letter.body.encode())} bytes"
    image = f" image {subject.image_id}" if subject.image_id else ""
    kind = "upload of" if subject.kind == UPLOAD else subject.kind
    return f"{kind}{image}{' in' if image else ''} article {subject.article_id}"


def _now(state: State | None) -> str:
    if not state:
        return ""
    error: dict[str, Any] | None = state["error"]
    attempts = f", {state['attempts']} attempts" if state["attempts"] else ""
    return f" (now {state['status']}{attempts}{', ' + _printable(error['code']) if error else ''})"


def _printable(text: str) -> str:
    """Nothing of a message moves a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
