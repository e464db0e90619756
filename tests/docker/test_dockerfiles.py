"""What can be said about the files without building anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.layout import CHECKOUT

DOCKERFILES = sorted([*(CHECKOUT / "docker").glob("*.Dockerfile"), CHECKOUT / "docker" / "base" / "Dockerfile"])


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_hadolint_has_nothing_to_say(path: Path) -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, "--no-color", path], capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_frontend_has_to_be_pulled(path: Path) -> None:
    assert "syntax=" not in path.read_text()


@pytest.mark.parametrize("script", sorted((CHECKOUT / "docker").rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_executable_and_parse(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    shell = script.read_text().splitlines()[0].removeprefix("#!")
    subprocess.run([shell, "-n", script], check=True)
