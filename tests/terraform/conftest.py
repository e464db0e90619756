"""Runs Terraform over a copy of the configuration: nothing is written into the checkout, no cloud is reached."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pytest

from local.provider_mirror import cli_config

CHECKOUT = Path(__file__).parents[2]
CONFIGURATION = CHECKOUT / "terraform"
# What the modules read besides themselves.
CONTRACTS = ("services/api/openapi.yaml", "services/articles/table.json", "services/web")
# Another developer's settings, or credentials, would make the answer theirs.
FOREIGN = ("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_LOG", "TF_DATA_DIR")


@dataclass(frozen=True)
class Terraform:
    """A copy of the checkout's configuration, and the binary to run on it."""

    checkout: Path
    binary: str
    environment: dict[str, str]
    pool: ThreadPoolExecutor
    init_lock: Lock

    def run(self, directory: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs Terraform in a directory below terraform/; both streams are in stdout."""
        return subprocess.run(
            [self.binary, *arguments],
            cwd=self.checkout / "terraform" / directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def run_initialised(self, directory: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`terraform init` first. One at a time: they share the plugin cache, which has no lock of its own."""
        with self.init_lock:
            done = self.run(directory, "init", "-backend=false", "-input=false", "-no-color")
        return done if done.returncode else self.run(directory, *arguments)


def copy_contracts(checkout: Path) -> None:
    """Copies what the modules read besides themselves to where they look for it."""
    for contract in CONTRACTS:
        source, target = CHECKOUT / contract, checkout / contract
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    binary = shutil.which("terraform")
    if binary is None:
        reason = "terraform is not on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    checkout = tmp_path_factory.mktemp("checkout")
    shutil.copytree(CONFIGURATION, checkout / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    copy_contracts(checkout)

    environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    settings = cli_config(checkout / "terraform.rc")
    if settings:  # providers of a mirror are linked to
        environment["TF_CLI_CONFIG_FILE"] = str(settings)
    else:  # a provider of the registry is downloaded once, not once a directory
        cache = checkout / "plugins"
        cache.mkdir()
        environment["TF_PLUGIN_CACHE_DIR"] = str(cache)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield Terraform(checkout, binary, environment, pool, Lock())
