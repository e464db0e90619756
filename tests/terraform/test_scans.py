"""checkov finds nothing in the configuration, nor in plans of dev and prod, that is not excused beside its resource.

Other rules fire on a plan than on the source: a plan knows values, the source knows what is only sometimes made.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from local.ports import HOST, free_port
from tests import scans
from tests.scans import Report, Skip
from tests.terraform.conftest import CONFIGURATION, Terraform, copy_contracts

pytestmark = pytest.mark.terraform

STAGES = ("dev", "prod")
REGION = "eu-west-1"
SECRETS = f"arn:aws:secretsmanager:{REGION}:123456789012:secret"
REGISTRY = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/gazette"
IMAGES = {image: f"{REGISTRY}/{image}@sha256:{64 * digit}" for image, digit in (("api", "a"), ("image_worker", "b"))}
VARIABLES = {
    "region": REGION,
    "images": json.dumps(IMAGES),
    "cors_allow_origin": "https://gazette.example",
    # Off unless a site turns it on: its resources are to be in the plan.
    "media_cdn": json.dumps(
        {
            "keys": {
                "a": {
                    "public_key_pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                    "private_key_secret_arn": f"{SECRETS}:gazette-STAGE-a-AbCdEf",
                }
            },
            "signing_key": "a",
        }
    ),
}
# Dev's is on. Beside prod's web ACL a page calls the API directly.
PAGES = {
    "dev": {},
    "prod": {
        "page": json.dumps(
            {
                "api_under_same_origin": False,
                "aliases": ["gazette.example"],
                "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
            }
        )
    },
}
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True)
class Scans:
    """What checkov says of the source and of the plans, and what it would say if nothing were excused."""

    source: Report
    plans: Report
    bare_source: Report
    bare_plans: Report


@pytest.fixture(scope="module")
def reports(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Scans:
    checkov = scans.install("checks") / "checkov"
    root = tmp_path_factory.mktemp("scans")
    source, bare = root / "source" / "terraform", root / "bare" / "terraform"
    shutil.copytree(CONFIGURATION, source, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    scans.copy_without_skips(CONFIGURATION, bare)
    with ThreadPoolExecutor(2) as pool:
        sources = [pool.submit(scans.scan, checkov, "terraform", "--directory", one) for one in (source, bare)]
        files = [argument for plan in plans(terraform, root / "planned") for argument in ("--file", plan)]
        planned = [
            # The comments are found in the source that the plan was made of.
            pool.submit(scans.scan, checkov, "terraform_plan", *files, "--repo-root-for-plan-enrichment", one)
            for one in (source, bare)
        ]
        found = Scans(*(future.result() for future in (sources[0], planned[0], sources[1], planned[1])))
    scans.note(pytestconfig, "Terraform, source", found.source)
    scans.note(pytestconfig, "Terraform, plans of dev, prod", found.plans)
    return found


@pytest.fixture(scope="module")
def comments() -> list[Skip]:
    return scans.skips(CONFIGURATION, sorted(CONFIGURATION.rglob("*.tf")))


def plans(terraform: Terraform, checkout: Path) -> Iterator[Path]:
    """Plans both stages from nothing. All that the provider asks AWS then is whose account it is."""
    shutil.copytree(CONFIGURATION, checkout / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    copy_contracts(checkout)
    port = free_port()
    server = ThreadedMotoServer(ip_address=HOST, port=port, verbose=False)
    server.start()
    here = replace(
        terraform,
        checkout=checkout,
        environment={
            **terraform.environment,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "NO_PROXY": HOST,
        },
    )
    try:
        for stage in STAGES:
            yield plan(here, stage)
    finally:
        server.stop()


def plan(terraform: Terraform, stage: str) -> Path:
    directory = terraform.checkout / "terraform" / "environments" / stage
    (directory / "state_override.tf").write_text(LOCAL_STATE)
    with terraform.init_lock:
        initialised = terraform.run(f"environments/{stage}", "init", "-input=false", "-no-color")
    assert initialised.returncode == 0, initialised.stdout
    planned = terraform.run(
        f"environments/{stage}", "plan", "-input=false", "-no-color", "-out=plan",
        *(f"-var={name}={value.replace('STAGE', stage)}" for name, value in (VARIABLES | PAGES[stage]).items()),
    )  # fmt: skip
    assert planned.returncode == 0, planned.stdout
    shown = subprocess.run(
        [terraform.binary, "show", "-json", "plan"],
        cwd=directory, env=terraform.environment, capture_output=True, check=True,
    )  # fmt: skip
    path = terraform.checkout / f"{stage}.json"
    path.write_bytes(shown.stdout)
    return path


def test_the_source_breaks_no_rule_that_it_is_not_excused_from(reports: Scans) -> None:
    assert reports.source.failed == set()
    assert reports.source.unread == ()
    assert reports.source.passed > 150


def test_the_plans_break_no_rule_that_they_are_not_excused_from(reports: Scans) -> None:
    assert reports.plans.failed == set()
    assert reports.plans.unread == ()
    assert reports.plans.passed > 400


def test_every_excuse_is_still_needed(reports: Scans, comments: list[Skip]) -> None:
    assert comments
    assert scans.stale(comments, reports.bare_source, reports.bare_plans) == []


def test_every_excuse_says_why(comments: list[Skip]) -> None:
    assert [skip for skip in comments if len(skip.reason.split()) < 3] == []


def test_nothing_is_excused_that_no_comment_names(reports: Scans, comments: list[Skip]) -> None:
    failed = reports.bare_source.failed | reports.bare_plans.failed

    assert [one for one in failed if not any(one.is_excused_by(skip) for skip in comments)] == []
