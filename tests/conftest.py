"""What every test shares."""

import pytest
from hypothesis import HealthCheck, settings

from tests.scans import COUNTS

# How long an example takes says how busy the machine is, nothing about the code.
settings.register_profile("gazette", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gazette")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints what checkov counted."""
    lines = config.stash.get(COUNTS, [])
    if lines:
        terminalreporter.section("checkov")
        for line in lines:
            terminalreporter.write_line(line)
