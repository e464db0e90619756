"""Asks a stage, through its own URL, whether it is alive."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from local.errors import LocalError

# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-deployments.html: a new deployment is not
# everywhere at once; and a function's first call waits for its environment.
PATIENCE = 90.0  # seconds
PAUSE = 1.0
ADDRESS = "GAZETTE_API_URL"

CHECKS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("/health", "the gateway", lambda answer: answer == {"status": "ok"}),
    ("/openapi.json", "the function", lambda answer: "openapi" in answer),
    ("/articles", "the table", lambda answer: isinstance(answer["items"], list)),
)


def address(api_url: str) -> str:
    """Where to ask: $GAZETTE_API_URL for a custom domain or an emulator, `{id}` and `{stage}` in it replaced, else the
    stage's own URL."""
    parts = urlsplit(api_url)
    template = os.environ.get(ADDRESS) or api_url
    return template.replace("{id}", (parts.hostname or "").partition(".")[0]).replace("{stage}", parts.path.strip("/"))


def check(url: str) -> None:
    """Returns once all of CHECKS are answered as they should.

    Raises:
        LocalError: the first that is not, and what was answered instead.
    """
    deadline = time.monotonic() + PATIENCE
    for path, what, is_right in CHECKS:
        while True:
            fault = _fault(f"{url}{path}", is_right)
            if fault is None:
                break
            if time.monotonic() > deadline:
                raise LocalError(f"GET {url}{path}, which asks {what}, answers {fault}.")
            time.sleep(PAUSE)


def _fault(url: str, is_right: Callable[[Any], bool]) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=35) as response:  # the gateway itself gives up after 29 s
            content = response.read()
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code}: {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return f"nothing ({error})"
    try:
        return None if is_right(json.loads(content)) else f"200, but {content[:300].decode(errors='replace')}"
    except (ValueError, KeyError, TypeError):
        return f"200, but {content[:300].decode(errors='replace')}"
