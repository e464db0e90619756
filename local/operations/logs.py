"""The functions' lines, from CloudWatch Logs."""

import json
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from local.errors import LocalError
from local.operations.account import Account
from local.operations.place import LOCAL

POLL = 1.0
"""Seconds between two looks of who follows; CloudWatch Logs takes five to ten a second from an account."""
LATE = 10.0
"""Seconds by which a line may come later than a younger one: looked back for by who follows."""
# The emulator, which calls the functions' host, writes START, END and REPORT as well, each time into a new stream.
_OF_THE_EMULATOR = re.compile(r"\][0-9a-f]{32}$")


@dataclass(frozen=True)
class Line:
    """What a function wrote. `time` is in milliseconds since the epoch."""

    time: int
    function: str
    text: str
    id: str

    @property
    def at(self) -> str:
        """RFC 3339."""
        return datetime.fromtimestamp(self.time / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Reader:
    """Reads the log groups of some functions of a stage."""

    def __init__(self, account: Account, functions: tuple[str, ...], correlation: str | None = None) -> None:
        """Takes which functions, and a correlation id where only lines with it count."""
        self._account = account
        self._functions = functions
        self._correlation = correlation
        self._logs = account.client("logs")

    def read(self, since: float) -> list[Line]:
        """The lines since then (seconds since the epoch), oldest first.

        Raises:
            LocalError: a function has no log group.
        """
        found = [line for key in self._functions for line in self._of(key, since)]
        return sorted(found, key=lambda line: line.time)  # stable: lines of one millisecond stay as they came

    def follow(self, since: float) -> Iterator[Line]:
        """The lines since then, and whatever comes, until somebody interrupts it."""
        seen: set[str] = set()
        recent: deque[Line] = deque()
        while True:
            for line in self.read(since):
                if line.id not in seen:
                    seen.add(line.id)
                    recent.append(line)
                    yield line
            since = max(since, time.time() - LATE)
            while recent and recent[0].time / 1000 < since - LATE:
                seen.discard(recent.popleft().id)
            time.sleep(POLL)

    def _of(self, key: str, since: float) -> Iterator[Line]:
        # A phrase, not {$.correlation_id = …}: traces of exceptions and REPORT lines are no JSON.
        pattern = {"filterPattern": json.dumps(self._correlation)} if self._correlation else {}
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._account.log_group(key), startTime=int(since * 1000), **pattern
        )
        try:
            for page in pages:
                for event in page["events"]:
                    if self._account.stage != LOCAL or not _OF_THE_EMULATOR.search(event["logStreamName"]):
                        yield Line(event["timestamp"], key, event["message"].rstrip("\n"), event["eventId"])
        except ClientError as error:
            if error.response["Error"].get("Code") != "ResourceNotFoundException":
                raise
            raise LocalError(
                f"{self._account.stage} has no log group {self._account.log_group(key)}: is it "
                + ("up (`make up`)?" if self._account.stage == LOCAL else "deployed, and in this region and account?")
            ) from error
