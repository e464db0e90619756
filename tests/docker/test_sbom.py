"""What the document of an image says is what is in it: no package of the image is missing, and none is made up."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.errors import LocalError
from local.images import sbom
from local.images.functions import FUNCTIONS
from local.layout import CHECKOUT
from tests.docker.containers import docker

pytestmark = pytest.mark.docker

INSTALLED = """
import importlib.metadata as metadata, json
found = metadata.distributions(path=["/var/task", "/var/runtime"])
print(json.dumps({one.metadata["Name"]: one.version for one in found}))
"""


@pytest.fixture(scope="module", params=FUNCTIONS)
def image(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def document(images: dict[str, str], image: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Made as `make images` makes it."""
    directory = tmp_path_factory.mktemp("sbom")
    name = f"gazette-test-sbom-{image}:{images[image].partition(':')[2][:12]}"
    docker("tag", images[image], name)
    try:
        sbom.write(name, directory / "document.json", directory / "log")
    except LocalError as error:
        log = directory / "log"
        pytest.fail(f"{error}\n{log.read_text() if log.exists() else ''}", pytrace=False)
    finally:
        docker("image", "rm", name)
    return dict(json.loads((directory / "document.json").read_text()))


def normal(packages: dict[str, str]) -> dict[str, str]:
    """By the names that pip compares."""
    return {canonicalize_name(name): version for name, version in packages.items()}


def locked(name: str) -> dict[str, str]:
    """What requirements/<name>.txt pins for the functions' Python on Linux."""
    lines = (CHECKOUT / "requirements" / f"{name}.txt").read_text().splitlines()
    pinned = [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"[a-z0-9]", line)]
    here = {
        "python_version": "3.13",
        "python_full_version": "3.13.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
    }
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in pinned
        if one.marker is None or one.marker.evaluate(here)
    }


def test_its_python_packages_are_those_that_are_installed(
    document: dict[str, Any], images: dict[str, str], image: str
) -> None:
    shown = docker("run", "--rm", "--entrypoint=python3", images[image], "-c", INSTALLED).stdout

    assert normal(sbom.packages(document, "pypi")) == normal(json.loads(shown))


def test_they_have_the_versions_of_the_lock_and_nothing_came_along_but_the_base(
    document: dict[str, Any], images: dict[str, str], image: str
) -> None:
    listed = normal(sbom.packages(document, "pypi"))
    own = locked(image)

    shown = docker("run", "--rm", "--entrypoint=python3", images[image], "-c", INSTALLED.replace('"/var/task", ', ""))
    assert {name: listed.get(name) for name in own} == own
    assert listed.keys() - own.keys() <= normal(json.loads(shown.stdout)).keys()


def test_its_system_packages_are_those_of_the_base(
    document: dict[str, Any], images: dict[str, str], image: str, tmp_path: Path
) -> None:
    listed = sbom.packages(document, "deb") | sbom.packages(document, "rpm")
    assert {"glibc", "libc6"} & listed.keys()

    container = docker("create", images[image]).stdout.strip()
    try:
        copied = docker("cp", f"{container}:/var/lib/dpkg/status", str(tmp_path / "status"), check=False)
    finally:
        docker("rm", container)
    if copied.returncode:
        pytest.skip("the base has no dpkg: its RPM database is the scanner's to read")
    database = (tmp_path / "status").read_text()
    installed = dict(
        re.findall(r"^Package: (\S+)\nStatus: install ok installed\n(?:.+\n)*?Version: (\S+)$", database, re.MULTILINE)
    )
    assert len(installed) > 30
    assert installed.items() <= listed.items()


def test_it_names_the_image_that_it_is_about(document: dict[str, Any], images: dict[str, str], image: str) -> None:
    [described] = [package for package in document["packages"] if package.get("primaryPackagePurpose") == "CONTAINER"]

    assert document["spdxVersion"] == "SPDX-2.3"
    assert described["name"] == f"gazette-test-sbom-{image}"
    assert described["versionInfo"] == images[image].partition(":")[2][:12]
