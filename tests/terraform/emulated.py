"""A stage's root, as it is, applied to an emulator of a test's own.

Overridden is what that has not got: TLS, CodeDeploy, snapshots, the logs of WAF.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3

from local.clients import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local.layout import CHECKOUT, Layout
from local.ports import HOST, free_port
from local.processes import ProcessTable
from local.programs import EMULATOR, emulator
from tests.terraform.conftest import Terraform

OVERRIDE = """
terraform {
  backend "local" {}
}

provider "aws" {
  s3_use_path_style = true
}

module "gazette" {
  require_tls       = false
  waf               = null
  deployment_config = null
  functions         = { for key in ["api", "authorizer"] : key => { snap_start = false } }
}
"""
_DIGEST = "r.example/i@sha256:" + "0" * 64
VARIABLES = (f"-var=region={REGION}", "-var=images=" + json.dumps({"api": _DIGEST, "image_worker": _DIGEST}))

Client = Callable[[str], Any]


@contextmanager
def cloud(directory: Path, terraform: Terraform) -> Iterator[tuple[Terraform, Client]]:
    """The emulator while it is needed; gives a Terraform that works on it, and what makes AWS clients of it."""
    layout = Layout(directory)
    layout.create()
    program = emulator(layout, free_port())
    endpoint_url = f"http://{HOST}:{program.port}"
    session: Any = boto3.session.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=REGION)
    settings = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_ENDPOINT_URL": endpoint_url,
        "NO_PROXY": HOST,
    }
    processes = ProcessTable(layout.processes)
    log = layout.log(EMULATOR)
    running = processes.start(
        program.name,
        program.command,
        environment=program.environment,
        port=program.port,
        fingerprint=program.fingerprint,
        log=log,
        directory=CHECKOUT,
    )
    try:
        processes.wait_until_ready(running, program.ready, seconds=60, log=log)
        yield (
            replace(terraform, environment={**terraform.environment, **settings}),
            lambda service: session.client(service, endpoint_url=endpoint_url),
        )
    finally:
        processes.stop(program.name)


@contextmanager
def root(terraform: Terraform, stage: str, purpose: str) -> Iterator[str]:
    """A copy of the stage's root that one test has to itself; gives its path below terraform/."""
    directory = f"environments/{stage}-{purpose}"
    copy = terraform.checkout / "terraform" / directory
    shutil.copytree(terraform.checkout / "terraform" / "environments" / stage, copy)
    try:
        (copy / "emulator_override.tf").write_text(OVERRIDE)
        with terraform.init_lock:
            initialised = terraform.run(directory, "init", "-input=false", "-no-color", "-reconfigure")
        assert initialised.returncode == 0, initialised.stdout
        yield directory
    finally:
        shutil.rmtree(copy)


def run(terraform: Terraform, directory: str, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that takes the root's variables."""
    return terraform.run(directory, command, "-input=false", "-no-color", *VARIABLES, *arguments)
