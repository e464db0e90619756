"""docs/postman_collection.json, run by newman against the live API: every request, and what each expects."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.layout import CHECKOUT
from local.postman import COLLECTION
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

PINNED = CHECKOUT / "tests" / "newman"
INSTALLED = CHECKOUT / ".local" / "newman"


@pytest.fixture(scope="module")
def newman() -> Path:
    """The locked newman, installed where no commit finds it. Without npm its tests are skipped; in CI they fail."""
    if not shutil.which("npm"):
        if os.environ.get("CI"):
            pytest.fail("npm is not installed", pytrace=False)
        pytest.skip("npm is not installed")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    lock = (PINNED / "package-lock.json").read_bytes()
    copy = INSTALLED / "package-lock.json"
    program = INSTALLED / "node_modules" / ".bin" / "newman"
    if not (program.exists() and copy.exists() and copy.read_bytes() == lock):
        copy.unlink(missing_ok=True)  # it comes last, and says that everything else is there
        shutil.copy(PINNED / "package.json", INSTALLED)
        copy.write_bytes(lock)
        installed = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=INSTALLED,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if installed.returncode:
            copy.unlink()
            pytest.fail(f"npm ci failed\n{installed.stdout}\n{installed.stderr}", pytrace=False)
    return program


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
