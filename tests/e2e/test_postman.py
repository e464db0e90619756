"""docs/postman_collection.json, run by newman against the live API: every request, and what each expects."""

import os
import subprocess
from pathlib import Path

import pytest

from local.layout import CHECKOUT
from local.postman import COLLECTION
from tests import npm
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def newman() -> Path:
    """The program. Without npm its tests are skipped; in CI they fail."""
    return npm.install(CHECKOUT / "tests" / "newman") / ".bin" / "newman"


def test_every_request_of_the_collection_gets_the_answer_that_it_expects(
    stack: RunningStack, alice: ApiClient, photograph: bytes, newman: Path
) -> None:
    image = alice.wait_for(alice.upload(alice.create_article()["id"], photograph))
    variables = {
        "base_url": stack.outputs["api_url"],
        "token": stack.users.token("alice"),
        "label": image["labels"][0]["name"],  # of a published article's ready image, so there is something to list
    }

    run = subprocess.run(
        [
            *(str(newman), "run", str(COLLECTION), "--color", "off", "--timeout-request", "30000"),
            *(part for name, value in variables.items() for part in ("--env-var", f"{name}={value}")),
        ],
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
