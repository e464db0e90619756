"""Test tools from npm, locked by hash. Nothing of them is delivered."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.layout import CHECKOUT


def install(pinned: Path) -> Path:
    """The node_modules of what that folder's package-lock.json names, where no commit finds them.

    Without npm, or where it can't reach its registry, the tests that ask are skipped; in CI they fail.
    """
    home = CHECKOUT / ".local" / "npm" / pinned.name
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (pinned / "package-lock.json").read_bytes()
    copy = home / "package-lock.json"
    with (home / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two tests at once: the second one finds the work done
        if not (copy.exists() and copy.read_bytes() == lock and (home / "node_modules").exists()):
            copy.unlink(missing_ok=True)  # it comes last, and says that everything else is there
            _install(home, pinned, copy)
    return home / "node_modules"


def _install(home: Path, pinned: Path, copy: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        _cannot("npm is not installed")
    shutil.copy(pinned / "package.json", home)
    shutil.copy(pinned / "package-lock.json", copy)
    installed = subprocess.run(
        [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if installed.returncode:
        copy.unlink()
        _cannot(f"npm cannot install {pinned.name}'s tools here: {installed.stdout.strip()[-300:]}")


def _cannot(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
