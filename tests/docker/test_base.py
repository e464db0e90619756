"""The base image that is built here: the contract of AWS's."""

from pathlib import Path

import pytest

from local.images import base, engine
from tests.docker.containers import docker, running

pytestmark = pytest.mark.docker


@pytest.fixture
def built(docker_engine: str) -> str:  # noqa: ARG001
    """The base, where the images were built on it."""
    if not engine.image_exists(base.BASE):
        pytest.skip("the images stand on AWS's own base here")
    return base.BASE


def test_the_handler_is_the_only_argument(built: str) -> None:
    for arguments in ([], ["a.b", "c.d"]):
        done = docker("run", "--rm", built, *arguments, check=False)
        assert done.returncode == 142
        assert "the handler's name must be the only argument" in done.stderr


def test_without_a_runtime_api_the_emulator_answers(built: str) -> None:
    with running(built, "nothing.handler", {}) as container:
        answer = container.invoke({})

    assert answer["errorType"] == "Runtime.ImportModuleError"


def test_with_a_runtime_api_the_runtime_client_asks_it(built: str) -> None:
    done = docker(
        "run", "--rm", "--network=none", "--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9", built, "json.loads", check=False
    )

    assert done.returncode == 1
    assert "Failed to get next" in done.stderr


def test_it_has_python_3_13_the_zones_and_the_certificates(built: str) -> None:
    code = (
        "import ssl, sys, zoneinfo; zoneinfo.ZoneInfo('Europe/Amsterdam');"
        "print(sys.version_info[:2], ssl.create_default_context(cafile='/etc/ssl/certs/ca-certificates.crt')"
        ".cert_store_stats()['x509_ca'] > 50)"
    )

    done = docker("run", "--rm", "--entrypoint=python3", built, "-c", code)

    assert done.stdout.strip() == "(3, 13) True"


def test_a_second_build_has_nothing_to_do(built: str, tmp_path: Path) -> None:
    before = engine.image_id(built)

    base.make(tmp_path / "log")

    assert engine.image_id(built) == before
