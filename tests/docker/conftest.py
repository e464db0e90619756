"""The images, built once for the session, and containers of them. Without Docker the tests are skipped; in CI never."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.errors import LocalError
from local.images import engine, functions
from tests import summary
from tests.docker.containers import Container, running


@pytest.fixture(scope="session")
def docker_engine() -> str:
    """The Docker client to use."""
    try:
        return engine.client()
    except LocalError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI tests the images, whatever it takes: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def images(docker_engine: str, pytestconfig: pytest.Config) -> dict[str, str]:  # noqa: ARG001
    """The two functions' images: id by function, which stays theirs whatever another checkout builds meanwhile."""
    log = Path(tempfile.mkdtemp(prefix="gazette-images-")) / "images.log"
    try:
        built = functions.deployed(log)
    except LocalError as error:
        pytest.fail(f"{error}\n{log.read_text()[-5000:]}", pytrace=False)
    for image, identity in built.items():
        summary.note(pytestconfig, "sizes of the images and their layers", *sizes(functions.name_of(image), identity))
    return built


@pytest.fixture
def start(images: dict[str, str]) -> Iterator[Callable[..., Container]]:
    """Starts containers as `start("api", "api.authorizer.handler", {"NAME": "value"})`; they end with the test."""
    with ExitStack() as containers:

        def begin(image: str, command: str = "", environment: dict[str, str] | None = None) -> Container:
            return containers.enter_context(running(images[image], command, environment or {}))

        yield begin


def sizes(name: str, image: str) -> list[str]:
    """One line for the image, one for each of its layers that is not empty."""
    asked = subprocess.run(
        ["docker", "history", "--no-trunc", "--human", "--format", "{{.Size}}\t{{.CreatedBy}}", image],
        capture_output=True,
        text=True,
        check=True,
    )
    layers = [line.split("\t", 1) for line in asked.stdout.splitlines()]
    shown = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Size}}", image], capture_output=True, text=True, check=True
    )
    lines = [f"{int(shown.stdout) / 1e6:8.1f} MB  {name}"]
    lines += [f"{size:>11}    {made.removesuffix(' # buildkit')[:90]}" for size, made in layers if size != "0B"]
    return lines
