"""Structured logs: one JSON object a line, with the ids of what is being worked on. Both images use it.

The formatter is our own: python-json-logger's writes a line as fast, and takes 42 million instructions (8 ms and more)
of every cold start to import. Messages are constants and ids go into fields; no personal data and no token is ever
logged, which is why nothing here logs requests or items whole.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from articles import clock, correlation

_context: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039 (never changed in place)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}
"""What every record has: fields are whatever it has besides."""


class JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One object: when, how bad, who, what; then the fields, which the context's ids do not replace."""
        line = {
            "timestamp": clock.to_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if correlation_id := correlation.current():
            line["correlation_id"] = correlation_id
        line |= _context.get()
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(service: str, level: str) -> None:
    """Sends the process's logs to stdout as JSON, in place of whatever handlers stand there (Lambda brings its own)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)  # they would go to stderr as bare text
    # The SDK's own debug lines hold request bodies and signatures: they stay off whatever the level.
    for noisy in ("boto3", "botocore", "urllib3", "s3transfer"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def context(**ids: str | None) -> Iterator[None]:
    """Adds ids (request_id, article_id, image_id, …) to every line logged inside; None adds nothing."""
    token = _context.set(_context.get() | {name: value for name, value in ids.items() if value is not None})
    try:
        yield
    finally:
        _context.reset(token)


def trace_id() -> str | None:
    """X-Ray's id of this invocation's trace, where there is one: Lambda names it anew for each."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")  # Root=1-5759e988-bd862e3fe1be46a994272793;Parent=…;Sampled=1
    return header[5:40] if header.startswith("Root=") and "Sampled=1" in header else None
