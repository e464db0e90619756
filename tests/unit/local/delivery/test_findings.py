"""What is said of ECR's scan of an image, and what keeps it from prod. ECR's answers follow botocore's model."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from local.delivery import findings

DIGEST = "sha256:" + "a" * 64
REFERENCE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/gazette/api@{DIGEST}"
ASKED = {"repositoryName": "gazette/api", "imageId": {"imageDigest": DIGEST}}
CALL = "describe_image_scan_findings"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAZETTE_REGISTRY", raising=False)
    monkeypatch.setattr(findings, "PAUSE", 0)


def answer(status: str, found: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"imageScanStatus": {"status": status}, **({"imageScanFindings": found} if found else {})}


def found(*answers: dict[str, Any] | str) -> findings.Findings:
    """What is made of these answers, one a call; a text is the code of an error."""
    client = boto3.client("ecr", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as ecr:
        for one in answers:
            if isinstance(one, str):
                ecr.add_client_error(CALL, one, expected_params=ASKED)
            else:
                ecr.add_response(CALL, one, ASKED)
        result = findings.of(client, REFERENCE)
        ecr.assert_no_pending_responses()
    return result


def test_findings_are_counted_by_severity_worst_first() -> None:
    result = found(answer("COMPLETE", {"findingSeverityCounts": {"MEDIUM": 3, "UNDEFINED": 1, "HIGH": 2}}))

    assert result.text == "ECR's scan found 2 high, 3 medium, 1 undefined"
    assert not result.stops


def test_an_image_without_findings_may_go_anywhere() -> None:
    assert found(answer("COMPLETE", {"findingSeverityCounts": {}})) == findings.Findings("ECR's scan found nothing")


def test_a_critical_finding_stops_and_is_named_before_the_high_ones() -> None:
    listed = [
        {"name": "CVE-2026-2", "severity": "HIGH", "uri": "https://cve.example/2"},
        {"name": "CVE-2026-3", "severity": "LOW"},
        {"name": "CVE-2026-1", "severity": "CRITICAL", "uri": "https://cve.example/1"},
    ]

    result = found(
        answer("COMPLETE", {"findingSeverityCounts": {"CRITICAL": 1, "HIGH": 1, "LOW": 1}, "findings": listed})
    )

    assert result.stops
    assert result.worst == ("critical  CVE-2026-1  https://cve.example/1", "high  CVE-2026-2  https://cve.example/2")


def test_enhanced_scanning_never_completes_and_is_understood_all_the_same() -> None:
    listed = [{"title": "CVE-2026-1 - openssl", "severity": "CRITICAL"}]

    result = found(answer("ACTIVE", {"findingSeverityCounts": {"CRITICAL": 1}, "enhancedFindings": listed}))

    assert result.stops
    assert result.worst == ("critical  CVE-2026-1 - openssl",)


def test_no_more_than_ten_findings_are_listed() -> None:
    listed = [{"name": f"CVE-2026-{number}", "severity": "HIGH"} for number in range(12)]

    result = found(answer("COMPLETE", {"findingSeverityCounts": {"HIGH": 12}, "findings": listed}))

    assert len(result.worst) == 11
    assert result.worst[-1] == "… and 2 more"


def test_a_scan_that_is_under_way_is_waited_for() -> None:
    result = found("ScanNotFoundException", answer("PENDING"), answer("IN_PROGRESS"), answer("COMPLETE", {}))

    assert result.text == "ECR's scan found nothing"


def test_patience_ends_and_what_is_not_known_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "PATIENCE", 0)

    result = found(answer("IN_PROGRESS"))

    assert result == findings.Findings("ECR has no result of its scan: IN_PROGRESS", stops=True)


@pytest.mark.parametrize("code", ["AccessDeniedException", "RepositoryNotFoundException"])
def test_an_error_of_ecr_stops_and_is_named(code: str) -> None:
    assert found(code) == findings.Findings(f"ECR has no result of its scan: {code}", stops=True)


@pytest.mark.parametrize("refusal", ["UnsupportedImageTypeException", answer("UNSUPPORTED_IMAGE")])
def test_what_ecr_cannot_scan_is_said_and_stops_nothing(refusal: str | dict[str, Any]) -> None:
    assert found(refusal) == findings.Findings("ECR cannot scan what it is made of")


def test_another_registry_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAZETTE_REGISTRY", "127.0.0.1:5000")

    result = findings.of(None, f"127.0.0.1:5000/gazette/api@{DIGEST}")

    assert result.text == "nothing scanned it, as 127.0.0.1:5000 is not ECR (GAZETTE_REGISTRY)"
    assert not result.stops
