"""Every command of docs/api.md runs, and prints what the page says it prints."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.layout import CHECKOUT
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

PAGE = CHECKOUT / "docs" / "api.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "--- the end of a block ---"


def blocks() -> list[tuple[str, str | None]]:
    """Each command block of the page with the output that is shown right after it, if any."""
    fences = _FENCE.findall(PAGE.read_text("utf-8"))
    following = [*fences[1:], ("", "")]
    return [
        (text, shown if kind == "text" else None)
        for (language, text), (kind, shown) in zip(fences, following, strict=True)
        if language == "sh"
    ]


def test_every_command_of_the_page_runs_and_prints_what_is_shown(stack: RunningStack, tmp_path: Path) -> None:
    if not shutil.which("curl"):
        assert not os.environ.get("CI"), "curl is missing"
        pytest.skip("curl is not installed")
    script = tmp_path / "page.sh"
    commands = "".join(f"{command}echo '{_END}'\n" for command, _ in blocks())
    script.write_text(f"set -euo pipefail\n{commands}", "utf-8")

    run = subprocess.run(
        ["bash", str(script)],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "NO_PROXY": "*",
            "API": stack.outputs["api_url"],
            "TOKEN": stack.users.token("alice"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    printed = run.stdout.split(f"{_END}\n")
    assert len(printed) == len(blocks()) + 1
    for (command, shown), output in zip(blocks(), printed, strict=False):
        if shown is not None:
            pattern = re.escape(shown.strip()).replace("…", ".+")
            assert re.fullmatch(pattern, output.strip()), f"{command}printed\n{output}"
