"""Two whole stacks whose functions are containers: `make up RUNTIME=docker`, and docker/compose.yaml.

Both take a minute to apply Terraform, most of it waiting: they do it at the same time.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_docker.plugin import Services

from local.images import functions
from local.lambda_host import containers
from local.layout import CHECKOUT
from local.ports import free_port
from tests.docker.containers import docker
from tests.docker.stacks import StartingStack

pytestmark = [pytest.mark.docker, pytest.mark.terraform, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def starting(images: dict[str, str]) -> Iterator[StartingStack]:  # noqa: ARG001
    """The stack of RUNTIME=docker, which may not be up yet."""
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    started = StartingStack()
    yield started
    started.down()
    assert of(started) == []


@pytest.fixture(scope="module")
def containerised(starting: StartingStack) -> StartingStack:
    """The same, up, and with every function called."""
    starting.wait()
    demo = starting.run("demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    return starting


@pytest.fixture(scope="session")
def compose_port() -> int:
    """The port that Compose publishes."""
    return free_port()


@pytest.fixture(scope="session")
def page_port() -> int:
    """The page's."""
    return free_port()


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    """See pytest-docker."""
    return str(CHECKOUT / "docker" / "compose.yaml")


@pytest.fixture(scope="session")
def docker_compose_command() -> str:
    """See pytest-docker. Compose v2 where it is there, else 1.29."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return "docker compose"
    if shutil.which("docker-compose"):
        return "docker-compose"
    if os.environ.get("CI"):
        pytest.fail("CI tests docker/compose.yaml, whatever it takes: there is no Compose", pytrace=False)
    pytest.skip("Compose is not installed")


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    """See pytest-docker: the images are built already."""
    return ["up --detach --no-build"]


@pytest.fixture(scope="session")
def cloud_image(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: ARG001
    """The image of the cloud."""
    return functions.build([functions.CLOUD], tmp_path_factory.mktemp("cloud") / "log")[0]


@pytest.fixture(scope="module")
def composed(
    cloud_image: str,  # noqa: ARG001
    starting: StartingStack,  # noqa: ARG001
    request: pytest.FixtureRequest,
    docker_compose_project_name: str,
    compose_port: int,
    page_port: int,
) -> dict[str, Any]:
    """The outputs of the stack of Compose, while the other one starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORT", str(compose_port))
        patch.setenv("PAGE_PORT", str(page_port))
        services: Services = request.getfixturevalue("docker_services")
    assert services
    cloud = docker("ps", "--quiet", f"--filter=label=com.docker.compose.project={docker_compose_project_name}",
                   f"--filter=publish={compose_port}").stdout.strip()  # fmt: skip
    return dict(json.loads(docker("exec", cloud, "cat", "/state/outputs.json").stdout))


def test_compose_serves_the_http_api(composed: dict[str, Any]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    with opener.open(f"{composed['api_url']}/health", timeout=10) as answer:
        assert json.load(answer) == {"status": "ok"}
    with opener.open(f"{composed['api_url']}/articles", timeout=30) as answer:
        assert isinstance(json.load(answer)["items"], list)  # the table answers; another test may have filled it


def test_compose_serves_the_page(composed: dict[str, Any], page_port: int) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    assert composed["page_url"] == f"http://127.0.0.1:{page_port}"
    with opener.open(composed["page_url"], timeout=10) as answer:
        assert b"<title>Gazette" in answer.read()
    with opener.open(f"{composed['page_url']}/config.json", timeout=10) as answer:
        assert json.load(answer)["api_url"] == composed["api_url"]


def test_compose_does_the_main_job(composed: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text(json.dumps(composed))

    done = subprocess.run(
        [sys.executable, "-m", "local", "demo"],
        cwd=CHECKOUT,
        env={**os.environ, "GAZETTE_LOCAL_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "ready" in done.stdout
    assert "Person" in done.stdout


def test_the_demo_has_its_functions_in_containers(containerised: StartingStack) -> None:
    running = of(containerised)

    assert {name.rsplit("-", 1)[0] for name in running} >= {
        "gazette-local-api",
        "gazette-local-authorizer",
        "gazette-local-image-worker",
    }


def test_the_demo_runs_again_on_warm_containers(containerised: StartingStack) -> None:
    before = set(of(containerised))

    demo = containerised.run("demo")

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "Person" in demo.stdout
    assert before <= set(of(containerised))


def test_the_containers_are_locked_in_as_in_lambda(containerised: StartingStack) -> None:
    names = of(containerised)
    assert names
    for name in names:
        found = json.loads(docker("inspect", name).stdout)[0]
        host = found["HostConfig"]
        assert host["ReadonlyRootfs"] is True
        assert list(host["Tmpfs"]) == ["/tmp"]
        assert host["CapDrop"] == ["ALL"]
        assert host["Memory"] >= 256 * 1024 * 1024
        assert found["Config"]["User"] not in ("", "root", "0")


def test_a_second_up_has_nothing_to_do(containerised: StartingStack) -> None:
    port = json.loads((containerised.layout.processes / "emulator.json").read_text())["port"]

    again = containerised.run("up", "--port", str(port), "--runtime", "docker")

    assert again.returncode == 0, again.stdout + again.stderr
    assert "✓" not in again.stdout


def of(stack: StartingStack) -> list[str]:
    """The names of a stack's containers."""
    label = f"--filter=label={containers.LABEL}={stack.layout.root}"
    return docker("ps", "--all", "--format", "{{.Names}}", label).stdout.split()
