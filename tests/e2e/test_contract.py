"""schemathesis against the live API: whatever it is sent, it answers as openapi.yaml says, and never with a 5xx.

A failure's report ends in the command that repeats it, and in the reason by the document's own words.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.layout import CHECKOUT
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
PHASES = ["examples", "coverage", "fuzzing", "stateful"]
SEED = "4"  # the same cases every time: what fails was broken by a change, not met by luck


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("username", "examples", "least"),
    # Without a token the half of the operations end at the gateway, and need no more than a look.
    [("alice", 34, 1_100), (None, 25, 900)],
    ids=["with a token", "without a token"],
)
def test_nothing_makes_the_api_leave_its_contract(
    stack: RunningStack, tmp_path: Path, username: str | None, examples: int, least: int
) -> None:
    api = stack.outputs["api_url"]
    assert urlsplit(api).hostname == "127.0.0.1"
    token = ["--header", f"Authorization: Bearer {stack.users.token(username)}"] if username else []
    report = tmp_path / "report.json"

    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={HERE / 'schemathesis.toml'}",
            *("run", str(CHECKOUT / "services" / "api" / "openapi.yaml"), f"--url={api}", *token),
            f"--phases={','.join(PHASES)}",
            f"--max-examples={examples}",
            f"--seed={SEED}",
            "--generation-database=none",
            "--continue-on-failure",
            "--no-color",
            f"--report-json-path={report}",
        ],
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "*", "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    result = json.loads(report.read_text("utf-8"))
    assert {phase: outcome["status"] for phase, outcome in result["phases"].items()} == dict.fromkeys(PHASES, "success")
    assert result["test_cases"]["generated"] >= least
    print(f"{result['test_cases']['generated']:,} cases in {result['running_time']:.0f} s")
