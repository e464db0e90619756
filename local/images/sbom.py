"""What is in an image, package by package, as an SPDX document: of the base, of the locks, and of what came along."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.layout import Layout
from local.tools import programs

# https://spdx.github.io/spdx-spec/v2.3/: ISO/IEC 5962
FORMAT = "spdx-json"


def path_of(layout: Layout, image: str) -> Path:
    """`.local/sbom/<image>.spdx.json`"""
    return layout.root / "sbom" / f"{image}.spdx.json"


def write(name: str, into: Path, log: Path) -> None:
    """Writes the document of an image that the engine holds. Reaches no network: the scanner asks nobody.

    Raises:
        LocalError: there is no scanner for this machine, or it failed.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    made = into.with_suffix(".new")
    with log.open("a") as output:
        done = subprocess.run(
            [programs("sbom") / "syft", "scan", f"docker:{name}", "--quiet", "--output", f"{FORMAT}={made}"],
            env={**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"},
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise LocalError(f"What is in {name} could not be listed.", log)
    made.replace(into)


def packages(document: dict[str, Any], kind: str) -> dict[str, str]:
    """Version by name of the packages of one kind, which is a package URL's type: `pypi`, `deb`, `rpm`, …"""
    return {
        package["name"]: package["versionInfo"]
        for package in document["packages"]
        if any(
            reference["referenceType"] == "purl" and reference["referenceLocator"].startswith(f"pkg:{kind}/")
            for reference in package.get("externalRefs", ())
        )
    }


def summary(path: Path) -> str:
    """How many packages of which kind: `28 pypi, 71 deb, 17 golang`"""
    document = json.loads(path.read_text())
    counts = {kind: len(packages(document, kind)) for kind in ("pypi", "deb", "rpm", "golang")}
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
