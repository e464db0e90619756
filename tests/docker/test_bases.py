"""A deploy builds on the base that a tag named when it began, wherever the tag is moved meanwhile."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.delivery.publish import base
from local.images import engine
from local.images.architecture import PLATFORMS, of_this_machine
from tests.docker.containers import docker
from tests.docker.test_delivery import docker_registry, require

pytestmark = pytest.mark.docker

HERE = of_this_machine()
RESULT = "gazette-test-bases:result"


@pytest.fixture
def repository(docker_engine: str, tmp_path: Path) -> Iterator[str]:
    """A repository of a registry; what it put into the engine goes with it."""
    require("docker-registry")
    with ExitStack() as running:
        name = f"{running.enter_context(docker_registry(tmp_path, docker_engine))}/bases/python"
        yield name
        listed = docker("image", "ls", "--format={{.Repository}}:{{.Tag}}", "--filter", f"reference={name}").stdout
        docker("image", "rm", "--force", RESULT, *listed.split(), check=False)


def make(tag: str, content: str, scratch: Path) -> None:
    """An image with one file, of this content."""
    (scratch / "content").write_text(content)
    (scratch / "Dockerfile").write_text("FROM scratch\nCOPY content /\n")
    build(scratch, tag)


def build(scratch: Path, tag: str, **arguments: str) -> None:
    with (scratch.parent / "build.log").open("a") as log:
        engine.build(
            file=scratch / "Dockerfile", context=scratch, tags=[tag], arguments=arguments,
            platform=PLATFORMS[HERE], output=log,
        )  # fmt: skip


def content_of_a_build_on(reference: str, scratch: Path) -> str:
    (scratch / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nLABEL gazette.test=bases\n")
    build(scratch, RESULT, BASE_IMAGE=reference)
    container = docker("create", RESULT, "none").stdout.strip()
    try:
        return subprocess.run(
            ["docker", "cp", f"{container}:/content", "-"], capture_output=True, check=True, env={**os.environ}
        ).stdout.decode(errors="replace")
    finally:
        docker("rm", container)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "context").mkdir()
    return tmp_path / "context"


def test_a_base_of_a_registry_is_built_on_by_the_digest_that_its_tag_had(repository: str, scratch: Path) -> None:
    tag = f"{repository}:3.13"
    make(tag, "the base that was looked at", scratch)
    docker("push", tag)
    docker("image", "rm", tag)

    found = base(tag, HERE)  # pulls it

    make(tag, "what the tag was moved to", scratch)
    docker("push", tag)
    assert found.reference == f"{repository}@{found.digest}"
    assert "the base that was looked at" in content_of_a_build_on(found.reference, scratch)


def test_a_base_that_no_registry_has_is_built_on_by_its_id(repository: str, scratch: Path) -> None:
    tag = f"{repository}:local"
    make(tag, "the base that was looked at", scratch)

    found = base(tag, HERE)

    make(tag, "what the tag was moved to", scratch)
    assert found.digest.partition(":")[2] in found.reference
    assert "the base that was looked at" in content_of_a_build_on(found.reference, scratch)
