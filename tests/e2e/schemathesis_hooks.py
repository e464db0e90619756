"""Loaded by schemathesis itself: what tests/e2e/test_contract.py leaves out."""

from typing import Any

import schemathesis


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:  # noqa: ARG001 (the names are schemathesis')
    """Headers with control characters are no HTTP: the server in front of any gateway refuses them, without a body."""
    return not any(
        character < " " or character == "\x7f" for text in (case.headers or {}).values() for character in text
    )
