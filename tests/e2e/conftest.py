"""One whole stack for the session: on ports and in a directory of its own, taken down at the end.

While writing such tests, `GAZETTE_E2E_DIR=.local make tests ARGS=tests/e2e` uses the stack that `make up` left, and
starts and stops nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local import outputs
from local.clients import Clients
from local.layout import CHECKOUT, Layout
from local.passwords import Passwords
from local.ports import free_port
from local.rekognition.control import RekognitionControl
from local.users import UserPool
from tests.e2e.client import ApiClient
from tests.log_search import faults, logs_under

LOG_LINES = 20  # of each log in a failed test's report, so wide at most
LOG_COLUMNS = 500
FAULTS = 50  # shown of the logs' lines, at most
REUSED = os.environ.get("GAZETTE_E2E_DIR")


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
        return self.users_of(self.outputs["user_pool_client_id"])

    def users_of(self, client_id: str) -> UserPool:
        """The same by another app client of the pool: everybody keeps their password."""
        passwords = Passwords.of_stack(self.layout)
        return UserPool(self.clients.cognito, self.outputs["user_pool_id"], client_id, passwords)

    def api(self, username: str | None = None, group: str | None = None) -> ApiClient:
        """A client of the API for that user; without one, a client that has no token."""
        token = self.users.token(username, group) if username else None
        return ApiClient(self.outputs["api_url"], token)


class StartingStack:
    """`python -m local up` in a directory and on a port of its own, while other tests run."""

    def __init__(self) -> None:
        """Starts the command; `wait` tells how it ended."""
        self.layout = Layout(Path(tempfile.mkdtemp(prefix="gazette-e2e-")))
        self._output = (self.layout.root / "up.log").open("w+")
        self._up = self._run("up", "--port", str(free_port()))

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "local", *command],
            cwd=CHECKOUT,
            env={**os.environ, "GAZETTE_LOCAL_DIR": str(self.layout.root)},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> dict[str, Any]:
        """The outputs, once everything is applied; fails with what the command printed."""
        if self._up.wait():
            self._output.seek(0)
            pytest.fail(self._output.read(), pytrace=False)
        return outputs.read(self.layout)

    def down(self) -> None:
        """Takes it down, also while it is still starting."""
        self._up.terminate()
        self._up.wait()
        self._run("down").wait()
        self._output.close()
        shutil.rmtree(self.layout.root)


_STARTING = pytest.StashKey[StartingStack]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts these tests last: the stack that they wait for is starting meanwhile."""
    items.sort(key=_wants_a_stack)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the stack at once where a selected test wants it. It takes a minute, most of it waiting."""
    wanted = not session.config.option.collectonly and any(map(_wants_a_stack, session.items))
    one_of_many = hasattr(session.config, "workerinput")  # each of them collects every test; one will want a stack
    if wanted and not one_of_many:
        _start(session.config)


def _start(config: pytest.Config) -> None:
    if not REUSED and shutil.which("terraform"):
        config.stash[_STARTING] = StartingStack()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Takes the stack down, however the session ended."""
    starting = config.stash.get(_STARTING, None)
    if starting:
        starting.down()


def _wants_a_stack(item: pytest.Item) -> bool:
    return "stack" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[RunningStack]:
    """The local cloud with Terraform applied. Where Terraform is missing, the tests that want it are skipped.

    At the end all logs are searched for what no log may hold: users with addresses have signed in by then, tokens and
    presigned forms have gone through the functions.
    """
    if _STARTING not in pytestconfig.stash:
        _start(pytestconfig)
    starting = pytestconfig.stash.get(_STARTING, None)
    if REUSED:
        layout = Layout(Path(REUSED).resolve())
        applied = outputs.read(layout)
    elif starting:
        layout = starting.layout
        applied = starting.wait()
    else:
        pytest.skip("terraform is not installed")
    yield RunningStack(
        outputs=applied,
        layout=layout,
        clients=Clients(applied["endpoint_url"]),
        rekognition=RekognitionControl(applied["rekognition_endpoint_url"]),
    )
    found = faults(logs_under(layout.logs))
    assert not found, "\n".join(["lines of the logs that may not be", *found[:FAULTS]])


@pytest.fixture(autouse=True, scope="session")
def no_aws_settings() -> Iterator[None]:
    """A profile or an endpoint of the developer's shell has no business here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        yield


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


@pytest.fixture
def photograph() -> bytes:
    """The demo's photograph: a face, EXIF with an orientation and a position.

    Each test has a copy of its own, with another comment in it: the analysis of an identical one would be reused.
    """
    picture = (CHECKOUT / "local" / "demo" / "photograph.jpg").read_bytes()
    comment = os.urandom(16)
    start, segment = 2, b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment  # after SOI: COM, its length
    return picture[:start] + segment + picture[start:]


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
    return "\n".join(line[:LOG_COLUMNS] for line in log.read_text(errors="replace").splitlines()[-LOG_LINES:])
