"""The proxy does to calls what it is told, so that what the SDK reports is what a service would have caused."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, ResponseStreamingError

from tests.faults.fault import (
    ANSWER_LOST,
    BODY_CUT,
    CUT,
    DONE_BUT_SILENT,
    SILENT,
    Fault,
    delayed,
    done_but_failed,
    refused,
)
from tests.faults.proxy import FaultProxy, Rule

ABOUT = "01ARTICLE"
FILE = b"0123456789" * 100

_SESSION = boto3.Session("key", "secret", region_name="us-east-1")
"""One for all tests: it keeps the services' models, which take longer to read than these tests to run."""


class Upstream(ThreadingHTTPServer):
    """Answers every call with success, and keeps what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Upstream
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.headers["Host"])
        body = b"{}" if self.command == "POST" else FILE
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = _serve  # noqa: N815 - the base class looks for these names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy(upstream: Upstream) -> Iterator[FaultProxy]:
    server = FaultProxy({"": f"http://127.0.0.1:{upstream.server_port}"})
    server.recognise(ABOUT, ABOUT)
    server.start()
    yield server
    server.close()


def _client(proxy: FaultProxy, service: Any) -> Any:
    config = Config(proxies={}, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
    return _SESSION.client(service, endpoint_url=proxy.url, config=config)


def _write(proxy: FaultProxy) -> None:
    client = _client(proxy, "dynamodb")
    client.update_item(TableName="table", Key={"PK": {"S": f"ARTICLE#{ABOUT}"}})
    client.close()


def test_a_call_that_is_not_spoilt_reaches_the_service_as_it_was_signed(proxy: FaultProxy, upstream: Upstream) -> None:
    _write(proxy)

    assert upstream.asked == [f"127.0.0.1:{proxy.server_port}"], "the Host that SigV4 has signed"
    (call,) = proxy.calls_about(ABOUT)
    assert (call.service, call.operation, call.reached, call.status) == ("dynamodb", "UpdateItem", True, 200)


@pytest.mark.parametrize(
    ("fault", "error", "reaches"),
    [
        (refused("ThrottlingException", 400), ClientError, False),
        (done_but_failed("InternalServerError", 500), ClientError, True),
        (CUT, ConnectionClosedError, False),
        (ANSWER_LOST, ConnectionClosedError, True),
        (SILENT, ReadTimeoutError, False),
        (DONE_BUT_SILENT, ReadTimeoutError, True),
        (delayed(0.8), ReadTimeoutError, True),
    ],
)
def test_a_fault_is_what_the_sdk_reports_and_holds_for_so_many_calls(
    proxy: FaultProxy, upstream: Upstream, fault: Fault, error: type[Exception], reaches: bool
) -> None:
    rule = Rule("dynamodb", "UpdateItem", fault)
    proxy.spoil(ABOUT, [rule])

    with pytest.raises(error) as caught:
        _write(proxy)
    _write(proxy)

    if isinstance(caught.value, ClientError):
        assert caught.value.response["Error"]["Code"] == fault.code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == fault.status
    assert proxy.spoilt(ABOUT, rule) == 1
    if not fault.seconds:
        assert len(upstream.asked) == 1 + reaches


def test_a_transaction_in_conflict_tells_so_of_its_first_item(proxy: FaultProxy) -> None:
    proxy.spoil(ABOUT, [Rule("dynamodb", "TransactWriteItems", refused("TransactionCanceledException", 400))])
    client = _client(proxy, "dynamodb")
    check = {"TableName": "table", "Key": {"PK": {"S": ABOUT}}, "ConditionExpression": "attribute_exists(PK)"}

    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=[{"ConditionCheck": check}] * 2)

    reasons = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert reasons == ["TransactionConflict", "None"]
    client.close()


def test_errors_of_s3_and_sns_are_written_as_theirs(proxy: FaultProxy) -> None:
    proxy.spoil(
        ABOUT,
        [Rule("s3", "PutObject", refused("SlowDown", 503)), Rule("sns", "Publish", refused("InternalError", 500))],
    )
    s3, sns = _client(proxy, "s3"), _client(proxy, "sns")

    with pytest.raises(ClientError) as slow:
        s3.put_object(Bucket="media", Key=f"media/{ABOUT}/1", Body=b"x")
    with pytest.raises(ClientError) as internal:
        sns.publish(TopicArn="arn:aws:sns:us-east-1:1:t", Message=json.dumps({"article_id": ABOUT}))

    assert slow.value.response["Error"]["Code"] == "SlowDown"
    assert internal.value.response["Error"]["Code"] == "InternalError"
    for client in (s3, sns):
        client.close()


def test_a_body_can_end_in_the_middle(proxy: FaultProxy) -> None:
    proxy.spoil(ABOUT, [Rule("s3", "GetObject", BODY_CUT)])
    client = _client(proxy, "s3")

    answer = client.get_object(Bucket="uploads", Key=f"uploads/{ABOUT}/1")
    with pytest.raises(ResponseStreamingError):
        answer["Body"].read()

    assert client.get_object(Bucket="uploads", Key=f"uploads/{ABOUT}/1")["Body"].read() == FILE
    client.close()


def test_a_rule_may_wait_for_another_call(proxy: FaultProxy) -> None:
    rule = Rule("dynamodb", "UpdateItem", CUT, after="PutItem")
    proxy.spoil(ABOUT, [rule])
    client = _client(proxy, "dynamodb")

    _write(proxy)
    client.put_item(TableName="table", Item={"PK": {"S": ABOUT}})
    with pytest.raises(ConnectionClosedError):
        _write(proxy)

    assert proxy.spoilt(ABOUT, rule) == 1
    client.close()


def test_others_are_not_concerned(proxy: FaultProxy) -> None:
    proxy.spoil("01OTHER", [Rule("dynamodb", "UpdateItem", CUT)])

    _write(proxy)

    assert [call.status for call in proxy.calls_about(ABOUT)] == [200]
