"""What no line of a log may hold, and what every line has to be."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.emf import is_metrics, metrics_in

FORBIDDEN = {
    "a token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}|(?i:\bbearer)(?:\s|%20|\+)+[\w-]{8,}"),
    "an email address": re.compile(r"[\w.+-]+(?:@|%40|\\+u0040)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}"),
    "a presigned URL or form": re.compile(
        r"(?i:x-amz-(?:signature|credential|security-token))"
        r"|[?&](?:Signature|Key-Pair-Id|Policy|AWSAccessKeyId)="
        r"|\beyJleHBpcmF0aW9u"  # the policy of a form, {"expiration in base 64
    ),
}

NOT_OURS = frozenset({"emulator.log", "terraform.log"})
"""What stands for AWS itself, and what sets it up."""


def secrets_in(line: str) -> list[str]:
    """What the line holds that it must not."""
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(line)]


def faults(logs: Iterable[Path]) -> list[str]:
    """The places of lines that hold a secret, are broken, or break the format of metrics; never the text."""
    return [f"{log.name}:{number}: {fault}" for log in logs for number, fault in _of_file(log)]


def logs_under(folder: Path) -> list[Path]:
    """All logs of a stack that are ours: the functions' and what runs them."""
    return sorted(log for log in folder.glob("*.log") if log.name not in NOT_OURS)


def _of_file(log: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(log.read_text("utf-8", errors="replace").splitlines(), 1):
        for secret in secrets_in(line):
            yield number, secret
        if is_metrics(line):
            try:
                metrics_in(line)
            except (AssertionError, KeyError, TypeError, ValueError) as error:
                yield number, f"metrics that CloudWatch would not take: {error}"
        elif line.startswith('{"timestamp"') and (lacking := _lacking(line)):
            yield number, f"no line of a log of ours: {lacking}"


def _lacking(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return "no JSON"
    return ", ".join({"timestamp", "level", "service", "logger", "message"} - found.keys())
