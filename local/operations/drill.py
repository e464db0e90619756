"""`make restore-drill`: the command around local/operations/restore.py."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from local.errors import LocalError
from local.operations.account import find
from local.operations.place import LOCAL, table_of
from local.operations.restore import CARRIED_OVER, Comparison, Drill
from local.steps import step

COMMAND = "restore-drill"


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Adds the command to a parser's, and gives its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        COMMAND, help="Restores the table beside itself, and compares."
    )
    parser.add_argument("--at", type=_time, help="the time to restore, as 2026-11-22T05:00:00Z (the latest there is)")
    parser.add_argument("--keep", action="store_true", help="leave the restored table there")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Gives the exit status: 1 where the restored table is not what it should be.

    Raises:
        LocalError: there is nothing to restore.
    """
    account = find(arguments.stage)
    live = table_of(account.stage, account.client)
    # Emulators restore a table without its encryption.
    carried_over = [what for what in CARRIED_OVER if account.stage != LOCAL or what != "encryption"]
    drill = Drill(
        account.client("dynamodb"), account.client("cloudwatch"), live, arguments.at, carried_over=carried_over
    )
    for left in drill.left_over():
        print(f"  {left} is still there from before: aws dynamodb delete-table --table-name {left}", file=sys.stderr)
    drill.start()
    print(f"Restoring {live} as of {drill.at:%Y-%m-%dT%H:%M:%SZ} to {drill.target}")
    try:
        with step("Waiting for DynamoDB") as current:
            drill.wait(current.note)
        with step("Comparing the two tables") as current:
            found = drill.compare(current.note)
    except BaseException:
        _delete(drill)
        raise
    for line in _told(found, carried_over):
        print(line)
    if arguments.keep:
        print(f"{drill.target} stays, and costs; docs/runbook.md#restore tells how callers get to it.")
    else:
        _delete(drill)
    if found.faults:
        raise LocalError("The restored table is not what it should be.")
    return 0


def _told(found: Comparison, carried_over: Sequence[str]) -> Iterator[str]:
    yield f"  {found.restored} items restored, {found.live} in the live table now"
    yield (
        f"  {found.same} compared items are the same, {found.changed_since} may have been written since; "
        f"among them the newest {found.newest} articles of the feed"
    )
    for fault in found.faults:
        yield f"✗ {fault}"
    if not found.faults:
        yield f"  the same: {', '.join(carried_over)}"
    for setting in found.by_hand:
        yield f"  not restored, Terraform's to set again: {setting}"


def _delete(drill: Drill) -> None:
    if drill.delete():
        print(f"✓ deleted {drill.target}")
    else:
        print(
            f"✗ {drill.target} is still being restored and can't be deleted before that ends: "
            f"aws dynamodb delete-table --table-name {drill.target}",
            file=sys.stderr,
        )


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"AT is a time with its zone, as 2026-11-22T05:00:00Z, not {text or 'nothing'}"
        )
    return at.astimezone(UTC)
