"""The function host, its pools and children, with toy handlers and made-up configurations."""

import http.client
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.lambda_host import pool as pool_module
from local.lambda_host.child import Processes
from local.lambda_host.configuration import Credentials, Function, parse
from local.lambda_host.environment import FunctionError, Invocation
from local.lambda_host.output import Log
from local.lambda_host.pool import Pool
from local.lambda_host.server import FunctionHost
from local.lambda_host.sources import SourceTree

TOY = """
import json, os, sys, time

def echo(event, context):
    return {"event": event, "request_id": context.aws_request_id, "name": context.function_name,
            "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
            "left": context.get_remaining_time_in_millis()}

def environment(event, context):
    return dict(os.environ)

def importable(event, context):
    return {"path": sys.path, "local": __import__("importlib.util").util.find_spec("local") is not None}

def noisy(event, context):
    print('{"status": "ok", "payload": "1"}')
    os.write(1, b"\\x00\\x00\\x00\\x02{}")
    sys.stderr.write("on stderr\\n")
    return "quiet"

def fails(event, context):
    raise ValueError("no such luck")

def slow(event, context):
    time.sleep(event["seconds"])
    return os.getpid()

def dies(event, context):
    os._exit(3)

def killed(event, context):
    os.kill(os.getpid(), 9)

def big(event, context):
    return "x" * event["size"]

def unserialisable(event, context):
    return {1, 2}

def pid(event, context):
    return os.getpid()
"""


@dataclass
class FakeDeployment:
    """Stands for the emulator: tests change what is deployed."""

    function_: Function
    expires_in: timedelta = timedelta(hours=1)
    reads: int = 0
    assumed: list[str] = field(default_factory=list)

    def function(self, name: str, version: str) -> Function:
        self.reads += 1
        return replace(self.function_, name=name, version=version)

    def credentials(self, function: Function) -> Credentials:
        self.assumed.append(function.role)
        return Credentials("AKIDTOY", "toy-secret", "toy-session", datetime.now(UTC) + self.expires_in)


@pytest.fixture
def task_root(tmp_path: Path) -> Path:
    """A directory like services/, with one module."""
    root = tmp_path / "services"
    root.mkdir()
    (root / "toy.py").write_text(TOY)
    return root


@pytest.fixture
def deployment() -> FakeDeployment:
    """One function whose handler a test chooses with `deploy`."""
    return FakeDeployment(
        Function(
            name="gazette-local-toy",
            version="$LATEST",
            image="gazette-toy:latest",
            handler="toy.echo",
            role="arn:aws:iam::000000000000:role/toy",
            region="us-east-1",
            memory_mb=256,
            log_group="/aws/lambda/gazette-local-toy",
            log_format="JSON",
            variables=(("MINISTACK_LAMBDA_PROXY_URL", "http://127.0.0.1:1"), ("TABLE_NAME", "articles")),
        )
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The children's output."""
    return tmp_path / "toy.log"


@pytest.fixture
def pool(deployment: FakeDeployment, task_root: Path, log: Path) -> Iterator[Pool]:
    """A pool whose children end with the test."""
    made = Pool(deployment, Processes(SourceTree(task_root), task_root, Log(log)))
    yield made
    made.close()


def deploy(deployment: FakeDeployment, handler: str, **variables: str) -> None:
    """Changes what is deployed."""
    changed = tuple(sorted((*deployment.function_.variables, *variables.items())))
    deployment.function_ = replace(deployment.function_, handler=f"toy.{handler}", variables=changed)


def invoke(pool: Pool, event: Any = None, *, seconds: float = 10.0) -> Any:
    """Sends one event and gives the parsed result."""
    invocation = Invocation(
        event=event,
        request_id=str(uuid.uuid4()),
        deadline=time.time() + seconds,
        timeout=seconds,
        function_arn="arn:aws:lambda:us-east-1:000000000000:function:gazette-local-toy",
    )
    return json.loads(pool.invoke("gazette-local-toy", "$LATEST", invocation))


def test_a_handler_gets_its_event_and_a_lambda_context(pool: Pool) -> None:
    result = invoke(pool, {"grüße": [1, None]})

    assert result["event"] == {"grüße": [1, None]}
    assert uuid.UUID(result["request_id"])
    assert result["name"] == "gazette-local-toy"
    assert result["arn"].endswith(":function:gazette-local-toy")
    assert result["memory"] == "256"
    assert 0 < result["left"] <= 10_000


def test_one_child_serves_one_event_after_the_other(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "pid")

    assert invoke(pool) == invoke(pool)
    assert len(deployment.assumed) == 1


def test_a_child_has_the_deployed_environment_and_nothing_of_the_developers_shell(
    pool: Pool, deployment: FakeDeployment, task_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(deployment, "environment")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "hush")

    environment = invoke(pool)

    assert environment["TABLE_NAME"] == "articles"
    assert environment["AWS_ACCESS_KEY_ID"] == "AKIDTOY"
    assert environment["AWS_SESSION_TOKEN"] == "toy-session"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "gazette-local-toy"
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["LAMBDA_TASK_ROOT"] == str(task_root)
    for stranger in ("AWS_PROFILE", "SECRET_OF_THE_SHELL", "HOME", "MINISTACK_LAMBDA_PROXY_URL"):
        assert stranger not in environment


def test_a_child_imports_from_the_task_root_and_not_from_the_checkout(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "importable")

    result = invoke(pool)

    assert result["local"] is False
    assert "" not in result["path"]


def test_what_a_handler_prints_goes_to_the_log_and_not_into_its_answer(
    pool: Pool, deployment: FakeDeployment, log: Path
) -> None:
    deploy(deployment, "noisy")

    assert invoke(pool) == "quiet"
    assert invoke(pool) == "quiet"
    assert "on stderr" in log.read_text()
    assert "REPORT RequestId:" in log.read_text()


def test_an_invocations_lines_stand_between_lambdas_own_when_it_is_answered(
    deployment: FakeDeployment, task_root: Path, log: Path
) -> None:
    delivered: list[tuple[str, str, list[str]]] = []
    pool = Pool(deployment, Processes(SourceTree(task_root), task_root, Log(log, lambda *all_: delivered.append(all_))))
    deploy(deployment, "noisy")

    invoke(pool)
    first = log.read_text(errors="replace").splitlines()
    invoke(pool)
    second = log.read_text(errors="replace").splitlines()[len(first) :]
    pool.close()

    for lines, init in ((first, True), (second, False)):
        request_id = lines[0].removeprefix("START RequestId: ").removesuffix(" Version: $LATEST")
        assert str(uuid.UUID(request_id)) == request_id
        assert any(line.endswith("on stderr") for line in lines[1:-2])
        assert lines[-2] == f"END RequestId: {request_id}"
        report = dict(field.split(": ") for field in lines[-1].removeprefix("REPORT ").split("\t"))
        assert report["RequestId"] == request_id
        assert report["Memory Size"] == "256 MB"
        assert ("Init Duration" in report) == init
        assert {"Duration", "Billed Duration", "Max Memory Used"} <= report.keys()
    assert {group for group, _, _ in delivered} == {"/aws/lambda/gazette-local-toy"}
    [stream] = {stream for _, stream, _ in delivered}
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]+", stream)
    assert [line for _, _, lines in delivered for line in lines] == first + second


def test_an_exception_is_answered_as_lambda_does_and_the_child_lives_on(
    pool: Pool, deployment: FakeDeployment, log: Path
) -> None:
    deploy(deployment, "fails")

    with pytest.raises(FunctionError) as caught:
        invoke(pool)
    with pytest.raises(FunctionError):
        invoke(pool)

    assert caught.value.error["errorType"] == "ValueError"
    assert caught.value.error["errorMessage"] == "no such luck"
    assert "in fails" in caught.value.error["stackTrace"][0]
    assert "lambda_runtime" not in "".join(caught.value.error["stackTrace"])
    assert "[ERROR] ValueError: no such luck" in log.read_text()
    assert len(deployment.assumed) == 1


def test_a_handler_that_takes_too_long_is_killed_and_the_next_event_gets_a_new_child(
    pool: Pool, deployment: FakeDeployment, log: Path
) -> None:
    deploy(deployment, "slow")
    first = invoke(pool, {"seconds": 0})

    with pytest.raises(FunctionError) as caught:
        invoke(pool, {"seconds": 30}, seconds=0.4)

    assert caught.value.error["errorType"] == "Sandbox.Timedout"
    assert caught.value.error["errorMessage"].endswith("Task timed out after 0.40 seconds")
    assert "Task timed out" in log.read_text()
    assert invoke(pool, {"seconds": 0}) != first


@pytest.mark.parametrize(("handler", "how"), [("dies", "exit status 3"), ("killed", "signal: SIGKILL")])
def test_a_child_that_dies_is_reported_and_replaced(
    pool: Pool, deployment: FakeDeployment, handler: str, how: str
) -> None:
    deploy(deployment, handler)

    for _ in range(2):
        with pytest.raises(FunctionError) as caught:
            invoke(pool)
        assert caught.value.error["errorType"] == "Runtime.ExitError"
        assert caught.value.error["errorMessage"].endswith(f"Runtime exited with error: {how}")
    assert len(deployment.assumed) == 2


def test_an_answer_over_six_megabytes_is_an_error_and_one_below_is_not(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "big")

    with pytest.raises(FunctionError) as caught:
        invoke(pool, {"size": 6 * 1024 * 1024 + 200})

    assert caught.value.error["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(invoke(pool, {"size": 6 * 1024 * 1024})) == 6 * 1024 * 1024


def test_a_result_that_is_not_json_is_a_marshal_error(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "unserialisable")

    with pytest.raises(FunctionError) as caught:
        invoke(pool)

    assert caught.value.error["errorType"] == "Runtime.MarshalError"


def test_a_handler_that_cannot_be_imported_says_why(
    pool: Pool, deployment: FakeDeployment, task_root: Path, log: Path
) -> None:
    (task_root / "broken.py").write_text("import no_such_module\n")
    deployment.function_ = replace(deployment.function_, handler="broken.handler")

    for _ in range(2):
        with pytest.raises(FunctionError) as caught:
            invoke(pool)
        assert caught.value.error["errorType"] == "Runtime.ModuleNotFoundError"
        assert "no_such_module" in caught.value.error["errorMessage"]
    assert "no_such_module" in log.read_text()


def test_events_at_the_same_time_get_children_of_their_own(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "slow")
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(invoke(pool, {"seconds": 0.5}))) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(results)) == 3


def test_events_beyond_the_limit_wait_for_a_child(
    pool: Pool, deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_max_children", 1)
    deploy(deployment, "slow")
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(invoke(pool, {"seconds": 0.1}))) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(results) == 3
    assert len(set(results)) == 1


def test_an_event_that_no_child_takes_before_its_deadline_is_throttled(
    pool: Pool, deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_max_children", 1)
    deploy(deployment, "slow")
    invoke(pool, {"seconds": 0})
    busy = threading.Thread(target=invoke, args=(pool, {"seconds": 1}))
    busy.start()
    time.sleep(0.2)

    with pytest.raises(FunctionError) as caught:
        invoke(pool, {"seconds": 0}, seconds=0.2)

    busy.join()
    assert caught.value.error["errorType"] == "TooManyRequestsException"


def test_a_changed_configuration_replaces_the_children(
    pool: Pool, deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "CONFIGURATION_AGE", 0.0)
    deploy(deployment, "environment")
    assert "ADDED" not in invoke(pool)

    deploy(deployment, "environment", ADDED="yes")

    assert invoke(pool)["ADDED"] == "yes"


def test_the_configuration_is_not_read_again_for_each_event(pool: Pool, deployment: FakeDeployment) -> None:
    for _ in range(5):
        invoke(pool)

    assert deployment.reads == 1


def test_an_edit_of_the_code_is_seen_by_the_next_event(
    pool: Pool, deployment: FakeDeployment, task_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.lambda_host.sources.CHECK_INTERVAL", 0.0)
    deploy(deployment, "pid")
    invoke(pool)

    (task_root / "toy.py").write_text(TOY + "\n\ndef pid(event, context):\n    return 'edited'\n")

    assert invoke(pool) == "edited"


def test_a_child_is_replaced_before_its_credentials_expire(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "pid")
    deployment.expires_in = timedelta(minutes=5)

    assert invoke(pool) != invoke(pool)
    assert len(deployment.assumed) == 2


def test_warming_up_starts_one_child_that_the_first_event_uses(pool: Pool, deployment: FakeDeployment) -> None:
    pool.warm_up("gazette-local-toy", "$LATEST")
    pool.warm_up("gazette-local-toy", "$LATEST")

    assert invoke(pool)["name"] == "gazette-local-toy"
    assert len(deployment.assumed) == 1


def test_closing_the_pool_ends_its_children(pool: Pool, deployment: FakeDeployment) -> None:
    deploy(deployment, "pid")
    pid = invoke(pool)

    pool.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.fixture
def host(pool: Pool) -> Iterator[FunctionHost]:
    """The host on a port of its own."""
    server = FunctionHost(("127.0.0.1", 0), lambda _key: pool)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def request(host: FunctionHost, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """One HTTP call, with the headers that the emulator sends."""
    connection = http.client.HTTPConnection("127.0.0.1", host.server_address[1], timeout=20)
    headers = {
        "X-Amzn-Lambda-Function-Name": "gazette-local-toy",
        "X-Amzn-Lambda-Function-Version": "7",
        "X-Amzn-Lambda-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:gazette-local-toy:7",
        "X-Amzn-Lambda-Request-Id": "11111111-2222-3333-4444-555555555555",
        "X-Amzn-Lambda-Deadline-Ms": str(int((time.time() + 10) * 1000)),
    }
    connection.request(method, path, json.dumps(body), headers)
    response = connection.getresponse()
    content = json.loads(response.read())
    connection.close()
    return response.status, content


def test_an_invocation_over_http_gives_the_handlers_result(host: FunctionHost) -> None:
    status, body = request(host, "POST", "/functions/toy", {"a": 1})

    assert status == 200
    assert body["event"] == {"a": 1}
    assert body["request_id"] == "11111111-2222-3333-4444-555555555555"


def test_a_function_error_over_http_is_a_502_with_lambdas_error_object(
    host: FunctionHost, deployment: FakeDeployment
) -> None:
    deploy(deployment, "fails")

    status, body = request(host, "POST", "/functions/toy")

    assert status == 502
    assert body["errorType"] == "ValueError"


def test_a_failure_of_the_host_itself_is_answered_too(
    host: FunctionHost, deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_name: str, _version: str) -> Function:
        raise ConnectionError("the emulator is gone")

    monkeypatch.setattr(deployment, "function", unreachable)

    status, body = request(host, "POST", "/functions/toy")

    assert status == 502
    assert body["errorMessage"] == "ConnectionError: the emulator is gone"
    assert "the emulator is gone" in capsys.readouterr().err


def test_a_put_warms_the_function_up(host: FunctionHost, deployment: FakeDeployment) -> None:
    assert request(host, "PUT", "/functions/toy") == (202, {})

    deadline = time.monotonic() + 5
    while not deployment.assumed and time.monotonic() < deadline:
        time.sleep(0.02)
    assert deployment.assumed


def test_other_paths_are_not_found_and_health_answers(host: FunctionHost) -> None:
    assert request(host, "POST", "/2015-03-31/functions/x/invocations")[0] == 404
    assert request(host, "GET", "/health")[0] == 200


def test_a_deployed_configuration_is_read_as_lambda_gives_it() -> None:
    function = parse(
        {
            "FunctionName": "gazette-local-api",
            "Version": "3",
            "Role": "arn:aws:iam::000000000000:role/api",
            "MemorySize": 512,
            "ImageConfigResponse": {"ImageConfig": {"Command": ["api.handler.handler"]}},
            "Environment": {"Variables": {"B": "2", "A": "1"}},
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/gazette/api"},
        },
        "gazette-api:latest",
        "us-east-1",
    )

    assert (function.image, function.handler) == ("gazette-api:latest", "api.handler.handler")
    assert function.variables == (("A", "1"), ("B", "2"))
    assert (function.log_format, function.log_group, function.memory_mb) == ("JSON", "/gazette/api", 512)


def test_a_function_without_a_command_cannot_be_run() -> None:
    with pytest.raises(ValueError, match=r"image_config\.command must name one handler"):
        parse({"FunctionName": "x", "Role": "r"}, "", "us-east-1")
