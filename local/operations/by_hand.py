"""What an operator does by hand: look at a stage, read its logs, call a function, try a restore."""

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from local.arguments import one_of
from local.operations import drill, status
from local.operations.account import ALIAS, FUNCTIONS, find
from local.operations.invoke import invoke, read_event
from local.operations.logs import Line, Reader
from local.operations.place import LOCAL

COMMANDS = ("status", "logs", "invoke", drill.COMMAND)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_to(commands: Any) -> list[argparse.ArgumentParser]:
    """Adds the commands to a parser's, and gives their parsers."""
    shown = commands.add_parser("status", help=status.lines.__doc__)
    read = commands.add_parser("logs", help="Prints the functions' lines.")
    read.add_argument("--function", type=_function, help="one of them (all)")
    read.add_argument("--since", type=_since, default="15m", help="how far back, as 90s, 15m, 2h or 1d (15m)")
    read.add_argument("--correlation", help="only lines with this correlation id, or any other text")
    read.add_argument("--follow", action="store_true", help="go on with what comes")
    called = commands.add_parser("invoke", help="Calls a function and prints its answer.")
    called.add_argument("--function", type=_function, required=True)
    called.add_argument("--event", type=_event, required=True, help="a file of JSON")
    return [shown, read, called, drill.add_to(commands)]


def run(arguments: argparse.Namespace) -> int:
    """Runs one of COMMANDS and gives its exit status.

    Raises:
        LocalError: says what is missing.
    """
    if arguments.command == "invoke":
        event = read_event(arguments.event)  # a mistake in there is said before anybody is asked
        return _invoke(arguments, event)
    if arguments.command == drill.COMMAND:
        return drill.run(arguments)
    account = find(arguments.stage)
    if arguments.command == "status":
        print(*status.lines(account), sep="\n")
        return 0
    functions = (arguments.function,) if arguments.function else FUNCTIONS
    reader = Reader(account, functions, arguments.correlation)
    since = time.time() - arguments.since
    lines = reader.follow(since) if arguments.follow else reader.read(since)
    number = 0
    for number, line in enumerate(lines, 1):  # noqa: B007 - counted
        print(_shown(line, named=len(functions) > 1), flush=arguments.follow)
    if not number:
        print("No such lines: SINCE=2h looks further back.", file=sys.stderr)
    return 0


def _shown(line: Line, *, named: bool) -> str:
    """One function's lines stay as they are, for programs; of several, each says whose it is."""
    return f"{line.at} {line.function:<12} {line.text}" if named else line.text


def _invoke(arguments: argparse.Namespace, event: Any) -> int:
    account = find(arguments.stage)
    began = time.monotonic()
    answer = invoke(account, arguments.function, event)
    took = time.monotonic() - began
    print(json.dumps(answer.result, indent=2, ensure_ascii=False))
    function = f"{account.function_name(arguments.function)}:{ALIAS}, version {answer.version}"
    print(f"{'✗ failed' if answer.failed else '✓ answered'}: {function}, {took:.2f} s with the way", file=sys.stderr)
    which = f"STAGE={account.stage} CORRELATION={answer.request_id}"
    if account.stage == LOCAL:
        which = "SINCE=1m"  # the emulator tells the function another id than its caller
    print(f"  Its lines: make logs FUNCTION={arguments.function} {which}", file=sys.stderr)
    return 1 if answer.failed else 0


def _function(text: str) -> str:
    return one_of("FUNCTION", *FUNCTIONS)(text.replace("-", "_"))


def _event(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("EVENT is a file, as in EVENT=tests/events/get_openapi.json, not nothing")
    return Path(text)


def _since(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise argparse.ArgumentTypeError(f"SINCE is a time as 90s, 15m, 2h or 1d, not {text or 'nothing'}")
    return int(found[1]) * _UNITS[found[2]]
