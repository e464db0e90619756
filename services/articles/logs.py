"""Structured logs: one JSON object a line, with the ids of what is being worked on. Both images use it.

The library is python-json-logger: it formats the standard library's records and nothing else, and costs a few
milliseconds of a cold start where fuller ones cost dozens. Messages are constants and ids go into fields; no personal
data and no token is ever logged, which is why nothing here logs requests or items whole.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

_context: ContextVar[dict[str, str]] = ContextVar("log_context", default={})  # noqa: B039 (never changed in place)


class _WithContext(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in _context.get().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


def configure(service: str, level: str) -> None:
    """Sends the process's logs to stdout as JSON, in place of whatever handlers stand there (Lambda brings its own)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        JsonFormatter(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger"},
            static_fields={"service": service},
            timestamp=True,
        )
    )
    handler.addFilter(_WithContext())
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
