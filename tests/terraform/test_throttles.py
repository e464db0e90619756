"""Each stage that people use holds back, by itself, the calls that cost most."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.conftest import Terraform

pytestmark = pytest.mark.terraform

IMAGE = "image@sha256:" + "0" * 64
REQUIRED = (
    "-var=region=eu-west-1",
    "-var=cors_allow_origin=https://gazette.example",
    f'-var=images={{api="{IMAGE}",image_worker="{IMAGE}"}}',
)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_stage_throttles_writes_more_than_reads(terraform: Terraform, tmp_path: Path, stage: str) -> None:
    """The values of the environment's variables: they need no provider, so no `init`."""
    shutil.copy(terraform.checkout / "terraform" / "environments" / stage / "variables.tf", tmp_path)

    methods = _value(terraform, tmp_path, "var.method_throttles")

    assert set(methods) == {"POST /articles", "POST /articles/{article_id}/images"}
    for limits in methods.values():
        assert limits["rate_limit"] <= 100
        assert limits["burst_limit"] <= 200
    assert methods["POST /articles/{article_id}/images"]["rate_limit"] <= 50, "more than Rekognition's default quota"
    assert 0 < _value(terraform, tmp_path, "var.analyses_per_day") <= 10_000
    assert _value(terraform, tmp_path, "var.uploads_per_person_and_hour") <= 200


def _value(terraform: Terraform, directory: Path, expression: str) -> Any:
    done = subprocess.run(
        [terraform.binary, "console", *REQUIRED],
        cwd=directory,
        env=terraform.environment,
        input=f"jsonencode({expression})",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(json.loads(done.stdout))
