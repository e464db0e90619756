"""What every test shares."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.summary"]

# How long an example takes says how busy the machine is, nothing about the code.
settings.register_profile("gazette", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gazette")

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # xdist looks at the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps tests together, in one of several processes, that share what takes long to make."""
    for item in items:
        if group := _group(item):
            item.add_marker(pytest.mark.xdist_group(group))


def _group(item: pytest.Item) -> str | None:
    if "stack" in getattr(item, "fixturenames", ()):
        return "stack"
    folder = item.path.relative_to(TESTS).parts[0]
    return folder if folder in ("docker", "terraform") else None
