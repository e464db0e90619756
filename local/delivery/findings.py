"""What ECR's scan on push found in an image."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.delivery.registry import OVERRIDE
from local.steps import step

# A scan takes about a minute; https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html
PATIENCE = 180.0  # seconds
PAUSE = 5.0
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED", "UNDEFINED")
STOPPING = "CRITICAL"
SHOWN = 10
_ENDED = ("COMPLETE", "ACTIVE")  # the latter is enhanced scanning's: it goes on for as long as the image is there
_UNDER_WAY = ("IN_PROGRESS", "PENDING")
_NOT_HERE = ("UnsupportedImageTypeException", "UNSUPPORTED_IMAGE")


@dataclass(frozen=True)
class Findings:
    """What there is to say of an image: in one line, of the worst in one each, and whether that keeps it from prod."""

    text: str
    worst: tuple[str, ...] = ()
    stops: bool = False


def of(ecr: Any, reference: str) -> Findings:
    """Takes `host/repository@sha256:…`. Waits for a scan that is under way, at most PATIENCE seconds an image."""
    host, _, rest = reference.partition("/")
    repository, _, digest = rest.partition("@")
    if os.environ.get(OVERRIDE):
        return Findings(f"nothing scanned it, as {host} is not ECR ({OVERRIDE})")
    with step(f"ECR's scan of {repository}@{digest[7:19]}…"):
        status, answer = _wait(ecr, repository, digest)
    if status in _NOT_HERE:
        return Findings("ECR cannot scan what it is made of")
    if status not in _ENDED:
        return Findings(f"ECR has no result of its scan: {status}", stops=True)
    found = answer.get("imageScanFindings", {})
    counts: Mapping[str, int] = found.get("findingSeverityCounts", {})
    text = ", ".join(f"{counts[severity]} {severity.lower()}" for severity in SEVERITIES if counts.get(severity))
    return Findings(f"ECR's scan found {text or 'nothing'}", tuple(_worst(found)), stops=counts.get(STOPPING, 0) > 0)


def _wait(ecr: Any, repository: str, digest: str) -> tuple[str, Mapping[str, Any]]:
    """The scan's status, or the reason why there is none, and ECR's answer."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer: Mapping[str, Any] = {}
        try:
            answer = ecr.describe_image_scan_findings(repositoryName=repository, imageId={"imageDigest": digest})
            status = answer["imageScanStatus"]["status"]
        except ClientError as error:
            status = error.response["Error"]["Code"]
        # Right after a push there may be no scan yet.
        if status not in (*_UNDER_WAY, "ScanNotFoundException") or time.monotonic() >= deadline:
            return status, answer
        time.sleep(PAUSE)


def _worst(found: Mapping[str, Any]) -> list[str]:
    """The critical findings, and then the high ones, a line each."""
    lines = [
        (SEVERITIES.index(one["severity"]), f"{one['severity'].lower()}  {one.get('name', '')}  {one.get('uri', '')}")
        for one in found.get("findings", [])
    ] + [
        (SEVERITIES.index(one["severity"]), f"{one['severity'].lower()}  {one.get('title', '')}")
        for one in found.get("enhancedFindings", [])
    ]
    worst = [line.rstrip() for place, line in sorted(lines) if place <= SEVERITIES.index("HIGH")]
    return worst[:SHOWN] + ([f"… and {len(worst) - SHOWN} more"] if len(worst) > SHOWN else [])
