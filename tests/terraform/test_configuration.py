"""The configuration is formatted and valid, and every module passes its own tests (*.tftest.hcl, no cloud needed)."""

import subprocess
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from tests.terraform.conftest import CONFIGURATION, Terraform

pytestmark = pytest.mark.terraform

MODULES = sorted(f"modules/{path.name}" for path in (CONFIGURATION / "modules").iterdir() if path.is_dir())
ROOTS = sorted(
    str(path.parent.relative_to(CONFIGURATION))
    for path in CONFIGURATION.rglob("versions.tf")
    if "modules" not in path.relative_to(CONFIGURATION).parts
)

Outcome = Future[subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def outcomes(terraform: Terraform) -> Callable[[str], Outcome]:
    """Starts everything at once, as many at a time as there are processors; each test waits for its own."""
    started = {
        module: terraform.pool.submit(terraform.run_initialised, module, "test", "-no-color")
        for module in sorted(MODULES, key=lambda module: module in SLOWEST, reverse=True)
    } | {
        root: terraform.pool.submit(
            terraform.run_initialised, root, "test" if _has_tests(root) else "validate", "-no-color"
        )
        for root in ROOTS
    }
    return started.__getitem__


def _has_tests(root: str) -> bool:
    """Then they are run: what they plan is valid."""
    return (CONFIGURATION / root / "tests").is_dir()


SLOWEST = ("modules/gazette", "modules/rest_api")  # first, so that nothing else waits for them at the end


def test_everything_is_formatted(terraform: Terraform) -> None:
    # The checkout's own files (`fmt -check` writes nothing): other tests write roots of theirs into the copy.
    command = [terraform.binary, "fmt", "-check", "-recursive", "-diff"]
    formatted = subprocess.run(
        command, cwd=CONFIGURATION, env=terraform.environment, capture_output=True, text=True, check=False
    )

    assert formatted.returncode == 0, formatted.stdout + formatted.stderr


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_usual_files_and_tests(module: str) -> None:
    present = {path.name for path in (CONFIGURATION / module).iterdir()}

    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf"} <= present
    assert list((CONFIGURATION / module / "tests").glob("*.tftest.hcl"))


@pytest.mark.parametrize("module", [module for module in MODULES if module != "modules/gazette"])
def test_only_gazette_composes_modules(module: str) -> None:
    sources = "".join(path.read_text() for path in (CONFIGURATION / module).glob("*.tf"))

    assert 'module "' not in sources


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_is_valid_and_passes_its_tests(outcomes: Callable[[str], Outcome], root: str) -> None:
    validated = outcomes(root).result()

    assert validated.returncode == 0, validated.stdout


@pytest.mark.parametrize("module", MODULES)
def test_a_module_passes_its_tests(outcomes: Callable[[str], Outcome], module: str) -> None:
    tested = outcomes(module).result()

    assert tested.returncode == 0, tested.stdout
    assert "0 failed" in tested.stdout
