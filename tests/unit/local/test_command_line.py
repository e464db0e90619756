"""What a person sees: steps with times, one sentence on failure, no traceback."""

import io
import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError

from local import __main__ as command_line
from local import outputs, steps
from local.errors import LocalError
from local.layout import Layout
from local.processes import Process
from local.steps import step


class Terminal(io.StringIO):
    """A stream that can overwrite its last line."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here touches the checkout's own stack, or keeps a change of the environment."""
    monkeypatch.setattr(os, "environ", dict(os.environ) | {"GAZETTE_LOCAL_DIR": str(tmp_path / "local")})


def test_a_failure_is_a_sentence_and_a_log_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(_stack: object) -> None:
        raise LocalError("The emulator ended.", tmp_path / "emulator.log")

    monkeypatch.setattr(command_line.Stack, "down", fail)

    assert command_line.main(["down"]) == 1
    shown = capsys.readouterr()
    assert shown.err == f"✗ The emulator ended.\n  log: {tmp_path}/emulator.log\n"
    assert shown.out == ""


def test_up_says_where_the_api_and_the_page_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    applied = {"api_url": "http://127.0.0.1:4600/v1", "page_url": "http://127.0.0.1:4601"}
    monkeypatch.setattr(command_line.Stack, "up", lambda _stack: applied)

    assert command_line.main(["up"]) == 0
    assert capsys.readouterr().out.startswith("\nAPI      http://127.0.0.1:4600/v1\nPage     http://127.0.0.1:4601\n")


@pytest.mark.parametrize("command", ["token", "password"])
def test_a_token_or_a_password_before_up_says_what_to_do(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert command_line.main([command, "--user", "alice"]) == 1
    assert "run `make up` first" in capsys.readouterr().err


def test_down_without_anything_running_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["down"]) == 0
    assert capsys.readouterr().out == "Nothing was running.\n"


def running(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Some of the four programs run."""
    everything = ("emulator", "rekognition", "lambda_host", "page")
    found = {name: Process(name, 7, "then", 4600, "1") if name in names else None for name in everything}
    monkeypatch.setattr(command_line.Stack, "status", lambda _stack: found)


def test_status_of_nothing_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["status"]) == 0
    assert capsys.readouterr() == ("Nothing runs: `make up` starts it.\n", "")


def test_status_fails_when_only_some_of_it_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    running(monkeypatch, "emulator", "rekognition")

    assert command_line.main(["status"]) == 1
    shown = capsys.readouterr()
    assert "lambda_host  not running" in shown.out
    assert "`make up` starts what is missing" in shown.err


def test_status_shows_where_the_api_and_the_page_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    running(monkeypatch, "emulator", "rekognition", "lambda_host", "page")
    layout = Layout(tmp_path / "local")
    layout.create()
    addresses = {"api_url": "http://127.0.0.1:4600/v1", "page_url": "http://127.0.0.1:4601"}
    outputs.write(layout, dict.fromkeys(outputs.REQUIRED, "x") | addresses, {})

    monkeypatch.setattr(command_line.stage_status, "lines", lambda account: [f"a look at {account.stage}"])

    assert command_line.main(["status"]) == 0
    *_, api, page, empty, look = capsys.readouterr().out.splitlines()
    assert api.split() == ["API", "http://127.0.0.1:4600/v1"]
    assert page.split() == ["Page", "http://127.0.0.1:4601"]
    assert (empty, look) == ("", "a look at local")


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"), True),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:4566"), True),
        (ClientError({"Error": {"Code": "InvalidParameterException"}}, "AdminCreateUser"), False),
        (ParamValidationError(report="too short"), False),
    ],
)
def test_up_is_advised_where_nothing_answers_and_not_after_a_refusal(
    error: Exception, helps: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_stack: object) -> None:
        raise error

    monkeypatch.setattr(command_line.Stack, "down", fail)

    assert command_line.main(["down"]) == 1
    assert ("`make up` brings it back" in capsys.readouterr().err) is helps


def test_commands_do_not_see_the_developers_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    os.environ["AWS_PROFILE"] = "production"
    seen: list[str | None] = []
    monkeypatch.setattr(command_line.Stack, "down", lambda _stack: seen.append(os.environ.get("AWS_PROFILE")) or [])

    command_line.main(["down"])

    assert seen == [None]


def test_a_finished_step_shows_its_seconds() -> None:
    stream = io.StringIO()

    with step("terraform apply", stream):
        pass

    assert stream.getvalue().startswith("✓ terraform apply ")
    assert stream.getvalue().endswith("0.0 s\n")


def test_a_failed_step_is_marked() -> None:
    stream = io.StringIO()

    with pytest.raises(ValueError, match="no"), step("terraform apply", stream):
        raise ValueError("no")

    assert stream.getvalue().startswith("✗ terraform apply ")


def test_a_terminal_shows_progress_in_place() -> None:
    stream = Terminal()

    with step("terraform apply", stream) as current:
        current.note("1/160 resources")
        current.note("1/160 resources")

    assert stream.getvalue().count("1/160 resources") == 1
    assert stream.getvalue().count("\n") == 1


def test_a_log_file_gets_a_progress_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()

    with step("terraform apply", stream) as current:
        current.note("1/160 resources")
        monkeypatch.setattr(steps, "PLAIN_INTERVAL", 0.0)
        current.note("2/160 resources")
        current.note("2/160 resources")

    assert stream.getvalue().splitlines()[:-1] == ["  terraform apply: 2/160 resources"]
