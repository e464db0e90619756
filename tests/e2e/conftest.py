"""One whole stack for the session: on ports and in a directory of its own, taken down at the end."""

import os
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.clients import Clients
from local.errors import LocalError
from local.layout import CHECKOUT, Layout
from local.ports import free_port
from local.rekognition.control import RekognitionControl
from local.stack import Stack
from local.users import UserPool
from tests.e2e.client import ApiClient

LOG_LINES = 40


@dataclass(frozen=True)
class RunningStack:
    """What a test may talk to. `clients` act as the account's root; nobody's policy binds them."""

    outputs: dict[str, Any]
    layout: Layout
    clients: Clients
    rekognition: RekognitionControl

    @property
    def users(self) -> UserPool:
        """Signs users in, who are created where missing."""
        return UserPool(self.clients.cognito, self.outputs["user_pool_id"], self.outputs["user_pool_client_id"])

    def api(self, username: str | None = None, group: str | None = None) -> ApiClient:
        """A client of the API for that user; without one, a client that has no token."""
        token = self.users.token(username, group) if username else None
        return ApiClient(self.outputs["api_url"], token)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The local cloud with Terraform applied. Where Terraform is missing, the tests that want it are skipped."""
    if not shutil.which("terraform"):
        pytest.skip("terraform is not installed")
    layout = Layout(tmp_path_factory.mktemp("stack"))
    cloud = Stack(layout, free_port())
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        try:
            outputs = cloud.up()
            yield RunningStack(
                outputs=outputs,
                layout=layout,
                clients=Clients(outputs["endpoint_url"]),
                rekognition=RekognitionControl(outputs["rekognition_endpoint_url"]),
            )
        except LocalError as error:
            pytest.fail(f"{error} {_tail(error.log)}", pytrace=False)
        finally:
            cloud.down()


@pytest.fixture(scope="session")
def alice(stack: RunningStack) -> Iterator[ApiClient]:
    """An author."""
    client = stack.api("alice")
    yield client
    client.close()


@pytest.fixture(scope="session")
def bob(stack: RunningStack) -> Iterator[ApiClient]:
    """Another author."""
    client = stack.api("bob")
    yield client
    client.close()


@pytest.fixture(scope="session")
def editor(stack: RunningStack) -> Iterator[ApiClient]:
    """A member of the group `editors`."""
    client = stack.api("erin", group="editors")
    yield client
    client.close()


@pytest.fixture(scope="session")
def anonymous(stack: RunningStack) -> Iterator[ApiClient]:
    """Somebody without a token."""
    client = stack.api()
    yield client
    client.close()


@pytest.fixture(scope="session")
def photograph() -> bytes:
    """The demo's photograph: a face, EXIF with an orientation and a position."""
    return (CHECKOUT / "local" / "demo" / "photograph.jpg").read_bytes()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the ends of the stack's logs to a failed test's report: the directory is gone when somebody looks."""
    report = yield
    running = getattr(item, "funcargs", {}).get("stack")
    if call.excinfo and isinstance(running, RunningStack):
        for log in sorted(running.layout.logs.glob("*.log")):
            if log.name not in ("terraform.log", "emulator.log"):
                report.sections.append((log.name, _tail(log)))
    return report


def _tail(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
