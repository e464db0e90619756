"""Which tests run in the same one of several processes (pytest -n): those that share what takes long to make."""

from pathlib import PurePosixPath
from typing import Any

import pytest

FOLDERS = ("docker", "e2e", "terraform")
"""Each shares a stack, the images, or a copy of the configuration."""
IN_A_BROWSER = ("tests/e2e/page/", "tests/e2e/test_docs_page.py", "tests/web/")
"""Never beside tests that start containers: a network interface that comes or goes ends what Chromium is loading
(ERR_NETWORK_CHANGED)."""


def together(nodeid: str) -> str:
    """What tests have in common that run one after the other in one process."""
    if nodeid.startswith(IN_A_BROWSER):
        return "docker"
    folder = PurePosixPath(nodeid.partition("::")[0]).parts[1]
    return folder if folder in FOLDERS else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """xdist's own groups don't work with the ids that pytest 9 gives tests."""
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)  # its documentation says to override this:
    scheduler._split_scope = together
    return scheduler
