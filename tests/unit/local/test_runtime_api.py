"""The Runtime API that containers ask for events, with a client that stands for the one in the images."""

import http.client
import json
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.lambda_host.attached import Attached
from local.lambda_host.environment import FunctionError, Invocation
from local.lambda_host.output import Output
from local.lambda_host.runtime_api import RuntimeApi, RuntimeEndedError

ROOT = "/2018-06-01/runtime"


def invocation(event: Any = None, seconds: float = 5.0) -> Invocation:
    """One event."""
    return Invocation(
        event=event,
        request_id="3f2a",
        deadline=time.time() + seconds,
        timeout=seconds,
        function_arn="arn:aws:lambda:us-east-1:000000000000:function:toy",
    )


class Client:
    """What a container's runtime does."""

    def __init__(self, address: str) -> None:
        """Takes the value of AWS_LAMBDA_RUNTIME_API."""
        self.connection = http.client.HTTPConnection(address, timeout=10)

    def next(self) -> tuple[int, dict[str, str], Any]:
        """Status, headers and event."""
        self.connection.request("GET", f"{ROOT}/invocation/next")
        answer = self.connection.getresponse()
        return answer.status, dict(answer.headers), json.loads(answer.read())

    def post(self, path: str, body: bytes) -> int:
        """Status."""
        self.connection.request("POST", f"{ROOT}{path}", body)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    """One that is closed at the end."""
    made = RuntimeApi()
    yield made
    made.close()


@pytest.fixture
def runtime(api: RuntimeApi) -> Iterator[Client]:
    """A client of it."""
    client = Client(api.address)
    yield client
    client.connection.close()


def in_background(work: Any) -> threading.Thread:
    """Starts it."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_an_event_goes_to_the_runtime_with_what_lambda_tells_and_its_result_comes_back(
    api: RuntimeApi, runtime: Client
) -> None:
    seen: list[Any] = []

    def work() -> None:
        for _ in range(2):
            status, headers, event = runtime.next()
            seen.append(
                (status, headers["Lambda-Runtime-Aws-Request-Id"], headers["Lambda-Runtime-Deadline-Ms"], event)
            )
            assert runtime.post(f"/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}/response", b'"done"') == 202

    thread = in_background(work)
    sent = invocation({"grüße": 1})

    assert api.invoke(sent) == '"done"'
    assert api.invoke(sent) == '"done"'
    thread.join()
    assert seen == [(200, "3f2a", str(int(sent.deadline * 1000)), {"grüße": 1})] * 2
    assert api.ready


def test_an_error_of_the_handler_is_raised_as_it_came(api: RuntimeApi, runtime: Client) -> None:
    def work() -> None:
        runtime.next()
        runtime.post("/invocation/3f2a/error", b'{"errorType": "ValueError", "errorMessage": "no"}')

    thread = in_background(work)

    with pytest.raises(FunctionError, match="ValueError: no"):
        api.invoke(invocation())
    thread.join()
    assert not api.ended


def test_a_handler_that_cannot_be_imported_says_why(api: RuntimeApi, runtime: Client) -> None:
    assert runtime.post("/init/error", b'{"errorType": "ImportModuleError", "errorMessage": "no toy"}') == 202

    with pytest.raises(FunctionError, match=r"Runtime\.ImportModuleError: no toy"):
        api.invoke(invocation())


def test_a_runtime_that_ends_is_not_waited_for(api: RuntimeApi) -> None:
    threading.Timer(0.1, api.end).start()

    with pytest.raises(RuntimeEndedError):
        api.invoke(invocation())


def test_a_runtime_that_asks_again_without_an_answer_has_died_and_come_back(api: RuntimeApi, runtime: Client) -> None:
    def work() -> None:
        runtime.next()
        again = Client(api.address)
        assert again.next()[0] == 410
        again.connection.close()

    thread = in_background(work)

    with pytest.raises(RuntimeEndedError):
        api.invoke(invocation())
    thread.join()


def test_the_deadline_counts_from_the_event_on(api: RuntimeApi) -> None:
    with pytest.raises(TimeoutError):
        api.invoke(invocation(seconds=0.1))


def test_an_answer_that_is_too_late_is_refused(api: RuntimeApi, runtime: Client) -> None:
    with pytest.raises(TimeoutError):
        api.invoke(invocation(seconds=0.05))

    assert runtime.post("/invocation/3f2a/response", b"1") == 400


def test_an_answer_over_six_megabytes_is_an_error(api: RuntimeApi, runtime: Client) -> None:
    def work() -> None:
        runtime.next()
        runtime.post("/invocation/3f2a/response", b"1" * (6 * 1024 * 1024 + 200))

    thread = in_background(work)

    with pytest.raises(FunctionError, match=r"Function\.ResponseSizeTooLarge"):
        api.invoke(invocation())
    thread.join()


def test_closing_ends_a_runtime_that_waits() -> None:
    api = RuntimeApi()
    waiting = Client(api.address)
    thread = in_background(lambda: waiting.next()[0] == 410)
    while not api.ready:
        time.sleep(0.01)

    api.close()

    thread.join(timeout=5)
    assert not thread.is_alive()
    waiting.connection.close()


def test_what_a_container_attaches_to_is_a_file_that_a_shell_reads(tmp_path: Path) -> None:
    file = tmp_path / "toy.env"
    environment = {"_HANDLER": "toy.handler", "ODD": 'it\'s "odd" $HOME'}

    attached = Attached(environment, file, Output(tmp_path / "log"), datetime.now(UTC) + timedelta(hours=1))

    read = subprocess.run(
        ["sh", "-c", f'. {shlex.quote(str(file))}; printf \'%s\\n\' "$_HANDLER" "$ODD" "$AWS_LAMBDA_RUNTIME_API"'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    attached.kill()
    assert read[:2] == ["toy.handler", environment["ODD"]]
    assert read[2].startswith("127.0.0.1:")
    assert not attached.alive
