"""Biome over the page's code: mistakes, and code that is not formatted. It comes from npm, locked by hash."""

import platform
import subprocess
from pathlib import Path

import pytest

from local.layout import CHECKOUT
from tests import npm

HERE = Path(__file__).parent
CHECKED = ("services/web/js", "services/web/style.css", "services/web/index.html", "services/web/security_headers.json")


@pytest.fixture(scope="module")
def biome() -> Path:
    """Its program. The package that chooses one of ten platforms' is left out: these two are what tests run on."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine())
    program = npm.install(HERE) / "@biomejs" / f"cli-linux-{machine}" / "biome"
    if not program.exists():
        pytest.skip("the lock has Biome for Linux on x86_64 and arm64 alone")
    return program


def test_biome_finds_nothing(biome: Path) -> None:
    checked = subprocess.run(
        [biome, "ci", f"--config-path={HERE}", "--colors=off", "--max-diagnostics=50", *CHECKED],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip

    assert checked.returncode == 0, checked.stdout
    assert "Checked" in checked.stdout
