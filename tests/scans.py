"""checkov over parts of the checkout, and the comments that excuse something from one of its rules."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.errors import LocalError
from local.tools import programs
from tests import summary

NOWHERE = "http://127.0.0.1:9"  # nothing listens there: a scan that asked the network would fail
_COMMENT = re.compile(r"checkov:skip=(\w+):?(.*)")
_RESOURCE = re.compile(r'^(?:resource|data) "(\w+)" "(\w+)"')


@dataclass(frozen=True)
class Skip:
    """`# checkov:skip=RULE:reason` in a file, and the Terraform resource that it stands in; none in other files."""

    path: str
    resource: str
    rule: str
    reason: str


@dataclass(frozen=True)
class Failure:
    """What breaks a rule. `resource` is checkov's name for it, with the modules around it."""

    path: str
    resource: str
    rule: str

    def is_excused_by(self, skip: Skip) -> bool:
        """Whether this is what the comment is about."""
        return (
            self.rule == skip.rule
            and self.path == skip.path
            and (not skip.resource or bool(re.search(rf"(^|\.){re.escape(skip.resource)}(\[.*)?$", self.resource)))
        )


@dataclass(frozen=True)
class Report:
    """What checkov said."""

    passed: int
    failed: frozenset[Failure]
    failures: int
    skipped: int
    unread: tuple[str, ...]


def install(name: str) -> Path:
    """The directory of a tool's programs. Where it cannot be installed the test is skipped; in CI it fails."""
    try:
        return programs(name)
    except LocalError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


def scan(checkov: Path, framework: str, *arguments: str | Path) -> Report:
    """Runs checkov. It asks no network."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    done = subprocess.run(
        [checkov, "--framework", framework, "--skip-download", "--output", "json", *arguments],
        env={**os.environ, **proxies},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        said = json.loads(done.stdout)
        results = said["results"]
    except (ValueError, KeyError, TypeError):
        raise AssertionError(f"checkov did not scan anything:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}") from None
    failed = [
        Failure(one["file_path"].lstrip("/"), one["resource"], one["check_id"]) for one in results["failed_checks"]
    ]
    return Report(
        passed=said["summary"]["passed"],
        failed=frozenset(failed),
        failures=len(failed),
        skipped=said["summary"]["skipped"],
        unread=tuple(results["parsing_errors"]),
    )


def skips(root: Path, files: Sequence[Path]) -> list[Skip]:
    """The comments in these files; their paths are told from `root`."""
    found = []
    for path in files:
        resource = ""
        for line in path.read_text().splitlines():
            opened = _RESOURCE.match(line)
            if opened:
                resource = ".".join(opened.groups())
            comment = _COMMENT.search(line)
            if comment:
                found.append(Skip(str(path.relative_to(root)), resource, comment.group(1), comment.group(2).strip()))
    return found


def copy_without_skips(source: Path, into: Path) -> None:
    """A copy of a directory that excuses nothing."""
    shutil.copytree(source, into, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "__pycache__"))
    for path in into.rglob("*"):
        if path.is_file() and b"checkov:skip=" in path.read_bytes():
            path.write_text(path.read_text().replace("checkov:skip=", "once skipped "))


def stale(comments: Sequence[Skip], *bare: Report) -> list[Skip]:
    """The comments that excuse nothing that these reports, of copies without comments, complain of."""
    failed = frozenset[Failure]().union(*(report.failed for report in bare))
    return [skip for skip in comments if not any(failure.is_excused_by(skip) for failure in failed)]


def note(config: pytest.Config, what: str, report: Report) -> None:
    """Has the counts printed when all tests have run."""
    line = f"{what:<28} {report.passed} passed, {report.failures} failed, {report.skipped} skipped"
    summary.note(config, "checkov", line)
