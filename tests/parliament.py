"""What parliament says of IAM policies. It lives in the checks' environment, not in this one."""

import json
import os
import subprocess
from collections.abc import Iterable
from typing import Any

import pytest

from local.errors import LocalError
from local.tools import programs

_PROGRAM = """
import json, sys
from parliament import analyze_policy_string
for policy in json.load(sys.stdin):
    for finding in analyze_policy_string(json.dumps(policy)).findings:
        print(json.dumps([finding.issue, str(finding.detail)]))
"""


def findings(policies: Iterable[Any]) -> list[tuple[str, str]]:
    """The issue's name and its detail, of all policies. Skips the test where parliament cannot be
    installed; in CI it fails."""
    try:
        python = programs("checks") / "python"
    except LocalError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    ended = subprocess.run(
        [str(python), "-W", "ignore", "-c", _PROGRAM],
        input=json.dumps(list(policies)),
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(json.loads(line)) for line in ended.stdout.splitlines()]
