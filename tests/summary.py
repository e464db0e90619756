"""Lines that are printed when all tests have run, also those of tests that ran in another process (pytest -n)."""

from typing import Any

import pytest

_SECTIONS = pytest.StashKey[dict[str, list[str]]]()


def note(config: pytest.Config, section: str, *lines: str) -> None:
    """Has the lines printed under that heading."""
    config.stash.setdefault(_SECTIONS, {}).setdefault(section, []).extend(lines)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In one of several processes: hands the lines over to the one that prints."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["sections"] = session.config.stash.get(_SECTIONS, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """In the one that prints: takes them."""
    for section, lines in getattr(node, "workeroutput", {}).get("sections", {}).items():
        note(node.config, section, *lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints them."""
    for section, lines in sorted(config.stash.get(_SECTIONS, {}).items()):
        terminalreporter.section(section)
        for line in lines:
            terminalreporter.write_line(line)
