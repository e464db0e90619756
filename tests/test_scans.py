"""checkov finds nothing in the Dockerfiles and workflows that is not excused in the file."""

from dataclasses import dataclass

import pytest

from local.layout import CHECKOUT
from tests import scans
from tests.scans import Report, Skip


@dataclass(frozen=True)
class Scanned:
    """What checkov says, what it would say if nothing were excused, and what is."""

    report: Report
    bare: Report
    comments: list[Skip]


@pytest.fixture(
    scope="module", params=[("dockerfile", "docker"), ("github_actions", ".github")], ids=lambda given: given[1]
)
def scanned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    framework, directory = request.param
    checkov = scans.install("checks") / "checkov"
    source, bare = CHECKOUT / directory, tmp_path_factory.mktemp("bare") / directory
    scans.copy_without_skips(source, bare)
    report = scans.scan(checkov, framework, "--directory", source)
    scans.note(request.config, directory, report)
    comments = scans.skips(source, sorted(path for path in source.rglob("*") if path.is_file()))
    return Scanned(report, scans.scan(checkov, framework, "--directory", bare), comments)


def test_no_rule_is_broken_that_the_file_is_not_excused_from(scanned: Scanned) -> None:
    assert scanned.report.failed == set()
    assert scanned.report.unread == ()
    assert scanned.report.passed > 50


def test_every_excuse_is_still_needed_and_says_why(scanned: Scanned) -> None:
    assert scans.stale(scanned.comments, scanned.bare) == []
    assert [skip for skip in scanned.comments if len(skip.reason.split()) < 3] == []
    assert len(scanned.bare.failed) == len(scanned.comments)
