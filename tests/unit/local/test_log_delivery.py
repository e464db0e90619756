"""Lines on their way to CloudWatch Logs, which is moto's."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.lambda_host import output
from local.lambda_host.output import LogDelivery

GROUP, STREAM = "/aws/lambda/gazette-local-api", "2026/11/22/[1]a"


@pytest.fixture
def logs() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("logs", region_name="us-east-1")
        client.create_log_group(logGroupName=GROUP)
        yield client


def delivered(logs: Any) -> list[tuple[str, str]]:
    events = logs.filter_log_events(logGroupName=GROUP)["events"]
    return [(event["logStreamName"], event["message"]) for event in events]


def test_lines_come_to_their_streams_in_order(logs: Any) -> None:
    delivery = LogDelivery(logs)

    delivery(GROUP, STREAM, ["one", "two"])
    delivery(GROUP, "2026/11/22/[1]b", ["elsewhere"])
    delivery.deliver()
    delivery(GROUP, STREAM, ["three"])
    delivery.deliver()

    assert [line for stream, line in delivered(logs) if stream == STREAM] == ["one", "two", "three"]
    assert ("2026/11/22/[1]b", "elsewhere") in delivered(logs)


def test_many_lines_are_several_calls_of_a_size_that_aws_takes(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "MAX_EVENTS", 3)
    delivery = LogDelivery(logs)

    delivery(GROUP, STREAM, [str(number) for number in range(7)] + ["ü" * output.MAX_EVENT_BYTES] * 5)
    delivery.deliver()

    lines = [line for _, line in delivered(logs)]
    assert sorted(lines[:7]) == [str(number) for number in range(7)]
    assert [len(line.encode()) for line in lines[7:]] == [output.MAX_EVENT_BYTES] * 5


def test_what_has_no_group_is_dropped_and_the_rest_is_delivered(logs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    delivery = LogDelivery(logs)

    delivery("/aws/lambda/gone", STREAM, ["lost"])
    delivery(GROUP, STREAM, ["kept"])
    delivery.deliver()

    assert delivered(logs) == [(STREAM, "kept")]
    assert "ResourceNotFoundException" in capsys.readouterr().err
