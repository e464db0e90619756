"""Status, logs and invoke on AWS, which is moto's."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from local.arguments import Parser
from local.operations import __main__ as operations
from local.operations import by_hand
from local.operations import logs as logs_module
from local.operations.account import FUNCTIONS, Account
from local.operations.logs import Reader

pytestmark = pytest.mark.usefixtures("dev")

REGION = "eu-central-1"
SESSION = boto3.session.Session("testing", "testing", region_name=REGION)
BUCKET = f"gazette-terraform-state-123456789012-{REGION}"
CORRELATION = "3f1c9a52-0d6e-4b1f-9c55-5b8f6f0e6a11"


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.session.Session]:
    """A stage `dev` as Terraform leaves it, as far as these commands look. Functions answer what a test says."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "GAZETTE_STATE_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr("boto3.session.Session", lambda: SESSION)
    with mock_aws(config={"lambda": {"use_docker": False}}):
        role = SESSION.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        for key in FUNCTIONS:
            name = f"gazette-dev-{key.replace('_', '-')}"
            _function(name, role)
            SESSION.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
        for name in ("gazette-dev-image-jobs", "gazette-dev-image-jobs-dead-letters"):
            SESSION.client("sqs").create_queue(QueueName=name)
        yield SESSION


def _function(name: str, role: str) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("f.py", "")
    client = SESSION.client("lambda")
    client.create_function(
        FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f", Code={"ZipFile": code.getvalue()}
    )
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def said(key: str, *messages: str, ago: float = 10.0, stream: str = "2026/11/22/[1]a") -> None:
    client = SESSION.client("logs")
    group = f"/aws/lambda/gazette-dev-{key.replace('_', '-')}"
    if not client.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)["logStreams"]:
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    at = int((time.time() - ago) * 1000)
    events = [{"timestamp": at + place, "message": message} for place, message in enumerate(messages)]
    client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def status(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """By what the line is about."""
    assert operations.main(["status", "--stage", "dev"]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {line[:13].strip(): line[13:] for line in lines}


# Status


def test_a_quiet_stage(capsys: pytest.CaptureFixture[str]) -> None:
    said("sweeper", "REPORT RequestId: 1\tDuration: 1.00 ms", ago=120)
    said("sweeper", "START RequestId: 2 Version: 1", ago=5)

    shown = status(capsys)

    assert {key: shown[key] for key in FUNCTIONS} == dict.fromkeys(FUNCTIONS, "version 1")
    assert shown["image jobs"] == "0 waiting, 0 in work, 0 for later"
    assert shown["dead letters"] == "none"
    assert shown["alarms"] == "0 of 0 ringing"
    assert shown["last sweep"].startswith("ran 20")
    assert shown["last sweep"].endswith(", 2 min ago")
    assert shown["last release"] == f"no bucket {BUCKET} that would know"


def test_a_stage_in_trouble(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    functions, sqs, cloudwatch = (dev.client(name) for name in ("lambda", "sqs", "cloudwatch"))
    functions.update_function_configuration(FunctionName="gazette-dev-api", Description="changed")
    functions.publish_version(FunctionName="gazette-dev-api")
    for name, number in (("image-jobs", 3), ("image-jobs-dead-letters", 2)):
        url = sqs.get_queue_url(QueueName=f"gazette-dev-{name}")["QueueUrl"]
        for _ in range(number):
            sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="gazette-dev-image-jobs")["QueueUrl"])
    for name in ("gazette-dev-dead-letters", "gazette-dev-api-5xx", "gazette-prod-api-5xx"):
        cloudwatch.put_metric_alarm(
            AlarmName=name, MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Threshold=1,
            ComparisonOperator="GreaterThanThreshold", Statistic="Sum",
        )  # fmt: skip
    for name in ("gazette-dev-dead-letters", "gazette-prod-api-5xx"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="2 > 0")
    dev.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    release = {
        "id": "1", "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "by": "ada", "kind": "deploy", "status": "failed",
        "architecture": "x86_64", "images": {}, "tags": {}, "commit": "4dd59c2aaaaaaaaa",
    }  # fmt: skip
    body = json.dumps({"version": 1, "releases": [release]})
    dev.client("s3").put_object(Bucket=BUCKET, Key="releases/dev.json", Body=body)

    shown = status(capsys)

    assert shown["api"] == "version 1; version 2 is published, but not in service"
    assert shown["image jobs"] == "2 waiting, 1 in work, 0 for later"
    assert shown["dead letters"] == "2: make dead-letters STAGE=dev"
    assert shown["alarms"] == "1 of 2 ringing"
    assert shown[""].startswith("✗ gazette-dev-dead-letters since 20")
    assert shown[""].endswith(": 2 > 0")
    assert shown["last sweep"] == "has not run in the last 60 minutes"
    assert shown["last release"].startswith(f"deploy of {release['at']} by ada: failed, ")
    assert shown["last release"].endswith("ago, commit 4dd59c2aaaaa")


def test_a_canary_shows_its_weights(dev: Any, capsys: pytest.CaptureFixture[str]) -> None:
    functions = dev.client("lambda")
    functions.update_function_configuration(FunctionName="gazette-dev-api", Description="changed")
    functions.publish_version(FunctionName="gazette-dev-api")
    functions.update_alias(
        FunctionName="gazette-dev-api", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}
    )

    assert status(capsys)["api"] == "version 1 (90%), version 2 (10%)"


def test_a_stage_that_is_not_there_says_where_it_was_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["status"], ["logs", "--function", "api"]):
        assert operations.main([*command, "--stage", "prod"]) == 1
        shown = capsys.readouterr().err
        assert "gazette-prod-api" in shown
        assert "in this region" in shown


# Logs


def logs(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert operations.main(["logs", "--stage", "dev", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_one_functions_lines_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    said("api", "START", '{"message": "answered"}\n', "END")
    said("image_worker", "elsewhere")

    assert logs(capsys, "--function", "api") == ["START", '{"message": "answered"}', "END"]


def test_lines_of_all_functions_are_in_the_order_of_time_and_say_whose(capsys: pytest.CaptureFixture[str]) -> None:
    said("image_worker", "second", ago=20)
    said("api", "third", ago=10)
    said("api", "first", ago=30, stream="2026/11/22/[1]b")

    lines = logs(capsys)

    assert [line.split()[1:] for line in lines] == [["api", "first"], ["image_worker", "second"], ["api", "third"]]
    assert datetime.fromisoformat(lines[0].split()[0]).tzinfo == UTC


def test_old_lines_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    said("api", "old", ago=1000)
    said("api", "new", ago=100)

    assert logs(capsys, "--function", "api") == ["new"]
    assert logs(capsys, "--function", "api", "--since", "1h") == ["old", "new"]


def test_a_correlation_id_is_followed_through_the_functions(capsys: pytest.CaptureFixture[str]) -> None:
    said("api", f'{{"correlation_id": "{CORRELATION}"}}', '{"correlation_id": "another"}')
    said("image_worker", f'{{"correlation_id": "{CORRELATION}", "status": "ready"}}', ago=5)

    lines = logs(capsys, "--correlation", CORRELATION)

    assert [line.split()[1] for line in lines] == ["api", "image_worker"]
    assert all(CORRELATION in line for line in lines)


def test_who_finds_nothing_is_told_how_to_look_further(capsys: pytest.CaptureFixture[str]) -> None:
    assert operations.main(["logs", "--stage", "dev"]) == 0
    assert "SINCE=2h" in capsys.readouterr().err


def test_following_shows_each_line_once_late_ones_too(dev: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = iter([("second", 0.0), ("late, and older than the second", 2.0), ("third", 0.0)])

    def something_comes(_seconds: float) -> None:
        try:
            text, ago = next(arrivals)
        except StopIteration:
            raise KeyboardInterrupt from None
        said("api", text, ago=ago, stream=f"2026/11/22/[1]{len(text)}")

    monkeypatch.setattr(logs_module.time, "sleep", something_comes)
    said("api", "first", ago=30)
    account = Account("dev", "gazette-dev", dev.client)
    shown: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        shown.extend(line.text for line in Reader(account, ("api",)).follow(time.time() - 60))

    assert shown == ["first", "second", "late, and older than the second", "third"]


# Invoke

EVENT = "tests/events/schedule.json"


@pytest.fixture
def lambda_(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Lambda: takes the call that a test tells it to expect."""
    client = SESSION.client("lambda")
    monkeypatch.setattr(by_hand, "find", lambda stage: Account(stage, f"gazette-{stage}", lambda _service: client))
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


CALL = {
    "FunctionName": "gazette-dev-sweeper",
    "Qualifier": "live",
    "Payload": json.dumps(json.loads(Path(EVENT).read_text())).encode(),
}


def invoke() -> int:
    return operations.main(["invoke", "--stage", "dev", "--function", "sweeper", "--event", EVENT])


def test_a_function_is_called_at_its_alias(lambda_: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"ExecutedVersion": "8", "Payload": io.BytesIO(b'{"swept": 1}'), "ResponseMetadata": {"RequestId": "r1"}}
    lambda_.add_response("invoke", answer, CALL)

    assert invoke() == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"swept": 1}
    assert "answered: gazette-dev-sweeper:live, version 8" in shown.err
    assert "make logs FUNCTION=sweeper STAGE=dev CORRELATION=r1" in shown.err


def test_a_function_that_fails_fails_the_command(lambda_: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    error = b'{"errorType": "KeyError", "errorMessage": "it"}'
    answer = {"FunctionError": "Unhandled", "Payload": io.BytesIO(error), "ResponseMetadata": {}}
    lambda_.add_response("invoke", answer, CALL)

    assert invoke() == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["errorType"] == "KeyError"
    assert "✗ failed: gazette-dev-sweeper:live" in shown.err


def test_a_function_that_is_not_there_is_named(lambda_: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    lambda_.add_client_error("invoke", "ResourceNotFoundException", http_status_code=404)

    assert invoke() == 1
    assert "There is no function gazette-dev-sweeper:live in dev: is it deployed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "There is no file"), ("{", "is not JSON: "), (b"\xff", "cannot be read: ")],
)
def test_an_events_file_that_is_none_is_named(
    tmp_path: Path, content: str | bytes | None, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "event.json"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert operations.main(["invoke", "--stage", "dev", "--function", "api", "--event", str(file)]) == 1
    shown = capsys.readouterr().err
    assert str(file) in shown
    assert complaint in shown


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["invoke", "--function", "cron", "--event", "x"], "FUNCTION is api, authorizer, image_worker or sweeper, not"),
        (["invoke", "--function", "api", "--event", ""], "EVENT is a file, as in"),
        (["logs", "--since", "yesterday"], "SINCE is a time as 90s, 15m, 2h or 1d, not yesterday"),
    ],
)
def test_what_is_no_value_is_said_in_one_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = Parser()
    by_hand.add_to(parser.add_subparsers(dest="command"))
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"make: {complaint}")


def test_a_function_may_be_named_as_aws_does() -> None:
    parser = Parser()
    by_hand.add_to(parser.add_subparsers(dest="command"))
    assert parser.parse_args(["logs", "--function", "image-worker"]).function == "image_worker"
