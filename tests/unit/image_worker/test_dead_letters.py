"""What the worker puts into the dead letters: the message whole, with a report that quotes nobody."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from moto import mock_aws

from articles.ids import is_id
from image_worker.dead_letters import MAX_DETAIL, REPORT, DeadLetters, detail_of
from image_worker.deadline import OutOfTimeError
from image_worker.events import work_in
from image_worker.failures import PoisonError
from tests.unit.image_worker.fakes import Clock, client_error

CLOCK = Clock(datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC))
SECRET = "https://bucket.example/uploads/secret?X-Amz-Signature=1"


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "sqs", region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    return url


def record(body: str = '{"job": "?"}', tries: int = 5, **attributes: dict[str, Any]) -> dict[str, Any]:
    """One record of an SQS event (AWS Lambda developer guide, "Using Lambda with Amazon SQS")."""
    return {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(tries)},
        "messageAttributes": attributes,
    }


def text(value: str) -> dict[str, Any]:
    return {"stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": "String"}


def received(sqs: Any, queue_url: str) -> dict[str, Any]:
    [message] = sqs.receive_message(QueueUrl=queue_url, MessageAttributeNames=["All"])["Messages"]
    assert isinstance(message, dict)
    return message


def test_a_message_arrives_whole_and_with_its_report(sqs: Any, queue_url: str) -> None:
    assert DeadLetters(sqs, queue_url, CLOCK).bury(record(), [client_error("AccessDeniedException")], request_id="r1")
    message = received(sqs, queue_url)
    assert message["Body"] == '{"job": "?"}'
    assert {name: value["StringValue"] for name, value in message["MessageAttributes"].items()} == {
        "reason": "AccessDeniedException",
        "detail": "DetectLabels was answered AccessDeniedException (HTTP status 400).",
        "tries": "5",
        "failed_at": "2026-05-01T12:00:00.000Z",
        "message_id": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "request_id": "r1",
    }
    assert set(message["MessageAttributes"]) == set(REPORT)


def test_the_message_keeps_what_it_was_sent_with(sqs: Any, queue_url: str) -> None:
    binary = {"binaryValue": base64.b64encode(b"\x00\xff").decode(), "dataType": "Binary.trace"}
    sent = record(correlation_id=text("c-1"), trace=binary)
    DeadLetters(sqs, queue_url, CLOCK).bury(sent, [TypeError()], request_id="r1")
    attributes = received(sqs, queue_url)["MessageAttributes"]
    assert attributes["correlation_id"] == {"StringValue": "c-1", "DataType": "String"}
    assert attributes["trace"] == {"BinaryValue": b"\x00\xff", "DataType": "Binary.trace"}


def test_a_report_of_an_earlier_time_is_replaced(sqs: Any, queue_url: str) -> None:
    DeadLetters(sqs, queue_url, CLOCK).bury(record(reason=text("OldError")), [TypeError()], request_id="r1")
    assert received(sqs, queue_url)["MessageAttributes"]["reason"]["StringValue"] == "TypeError"


@pytest.mark.parametrize(("own", "left"), [(4, REPORT), (7, REPORT[:3]), (10, REPORT[:1])])
def test_ten_attributes_are_all_that_a_message_may_have(own: int, left: tuple[str, ...]) -> None:
    sqs = Refusing()
    sent = record(**{f"own{n}": text("x") for n in range(own)})
    assert DeadLetters(sqs, "https://q", CLOCK).bury(sent, [TypeError()], request_id="r1")  # type: ignore[arg-type]
    [attributes] = sqs.sent
    assert len(attributes) == 10
    assert [name for name in attributes if name in REPORT] == list(left)


class Refusing:
    """SQS that counts a message's bytes as AWS does: the body's, and each attribute's name, type and value."""

    def __init__(self, limit: int = 262_144, error: Exception | None = None) -> None:
        self.limit = limit
        self.error = error
        self.sent: list[dict[str, Any]] = []
        self.calls = 0

    def send_message(self, **request: Any) -> None:
        self.calls += 1
        if self.error:
            raise self.error
        attributes = request["MessageAttributes"]
        size = len(request["MessageBody"].encode()) + sum(
            len(name) + sum(len(part) for part in value.values()) for name, value in attributes.items()
        )
        if size > self.limit:
            raise client_error("InvalidParameterValue", "SendMessage")
        self.sent.append(attributes)


def test_a_body_that_leaves_no_room_comes_with_the_reason_alone() -> None:
    sqs = Refusing()
    sent = record("x" * 262_100, correlation_id=text("c-1"))
    assert DeadLetters(sqs, "https://q", CLOCK).bury(sent, [TypeError()], request_id="r1")  # type: ignore[arg-type]
    assert sqs.sent == [{"reason": {"DataType": "String", "StringValue": "TypeError"}}]


def test_a_body_that_leaves_no_room_at_all_is_left_to_the_queue(caplog: pytest.LogCaptureFixture) -> None:
    sqs = Refusing()
    letters = DeadLetters(sqs, "https://q", CLOCK)  # type: ignore[arg-type]
    assert not letters.bury(record("x" * 262_144), [TypeError()], request_id="r1")
    assert sqs.calls == 2
    assert "xxx" not in caplog.text


@pytest.mark.parametrize(
    "error",
    [client_error("AccessDenied", "SendMessage", 403), EndpointConnectionError(endpoint_url="https://sqs.example")],
)
def test_what_sqs_did_not_take_is_said_and_not_tried_in_another_shape(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sqs = Refusing(error=error)
    assert not DeadLetters(sqs, "https://q", CLOCK).bury(record(), [TypeError()], request_id="r1")  # type: ignore[arg-type]
    assert sqs.calls == 1
    assert [line.levelname for line in caplog.records] == ["ERROR"]
    assert "sqs.example" not in caplog.text


def test_the_detail_says_where_in_our_code_it_was_raised() -> None:
    with pytest.raises(TypeError) as raised:
        is_id(None)  # type: ignore[arg-type]
    assert re.fullmatch(r"The function raised TypeError, at articles/ids\.py:\d+\.", detail_of([raised.value]))


def test_the_detail_quotes_neither_input_nor_addresses() -> None:
    errors: list[BaseException] = [
        ValueError(SECRET),
        ConnectTimeoutError(endpoint_url=SECRET),
        client_error("ValidationException", "PutItem"),
    ]
    detail = detail_of(errors)
    assert "secret" not in detail
    assert "told so" not in detail  # the text of the service's answer
    assert detail == (
        "The function raised ValueError. A call of AWS got no answer: ConnectTimeoutError. "
        "PutItem was answered ValidationException (HTTP status 400)."
    )


def test_a_job_that_ran_out_of_time_says_so() -> None:
    assert detail_of([OutOfTimeError()]) == "There was no time left to go on."


def test_poison_says_in_its_own_words_what_it_lacks() -> None:
    with pytest.raises(PoisonError) as raised:
        work_in(f"<{SECRET}>", "uploads")
    assert detail_of([raised.value]) == "The body is no JSON."


def test_the_detail_of_many_errors_is_short_and_says_nothing_twice() -> None:
    assert detail_of([TypeError(), TypeError()]) == "The function raised TypeError."
    many = detail_of([client_error(f"Error{n}") for n in range(100)])
    assert len(many.encode()) <= MAX_DETAIL
    assert many.endswith("There was more.")
