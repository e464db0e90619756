"""Garbage is looked for again once the API has started, but not among what it is made of."""

import json
import subprocess
import sys
from pathlib import Path

SERVICES = Path(__file__).parents[3] / "services"


def test_a_started_function_collects_its_garbage() -> None:
    code = "import gc, json, api.handler; print(json.dumps([gc.isenabled(), gc.get_freeze_count()]))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=SERVICES,
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_DEFAULT_REGION": "eu-central-1", "HOME": "/nonexistent"},
    )
    enabled, frozen = json.loads(ran.stdout)
    assert enabled
    assert frozen > 10_000
