"""The API's client of DynamoDB, beside the SDK's where that can be asked, and on a server that misbehaves."""

import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from api.connections import Answer, Connections
from api.dynamodb import DynamoDB

REGION = "eu-central-1"
ATTEMPTS = 3
URL = f"https://dynamodb.{REGION}.amazonaws.com"
NOW = datetime(2026, 11, 22, 5, 6, 7, tzinfo=UTC)
KEY = {"PK": {"S": "é"}}


@dataclass
class FakeWire:
    """Gives these answers, or raises them, one a request."""

    answers: list[Answer | Exception]
    sent: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    closed: int = 0

    def post(self, headers: dict[str, str], body: bytes) -> Answer:
        self.sent.append((headers, body))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


def an_answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, headers or {}, json.dumps(document).encode())


def an_error(code: str, status: int = 400, **more: Any) -> Answer:
    return an_answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "m", **more}, status)


def client(wire: FakeWire, token: str | None = "tok/en", pauses: list[float] | None = None) -> DynamoDB:  # noqa: S107
    credentials = ReadOnlyCredentials("AKID", "secret", token)
    sleep = pauses.append if pauses is not None else lambda _: None
    return DynamoDB(URL, REGION, lambda: credentials, wire, attempts=ATTEMPTS, sleep=sleep, now=lambda: NOW)


@pytest.mark.parametrize("token", ["tok/en", None])
def test_a_request_is_signed_as_the_sdk_signs_it(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = FakeWire([an_answer({})])
    client(wire, token).get_item(TableName="t", Key=KEY)
    ((headers, body),) = wire.sent

    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: NOW.replace(tzinfo=None))
    unsigned = {name: headers[name] for name in ("Content-Type", "X-Amz-Target")}
    request = AWSRequest("POST", f"{URL}/", headers=unsigned, data=body)
    botocore.auth.SigV4Auth(Credentials("AKID", "secret", token), "dynamodb", REGION).add_auth(request)

    assert headers["Authorization"] == request.headers["Authorization"]
    assert headers.get("X-Amz-Security-Token") == request.headers.get("X-Amz-Security-Token")
    assert json.loads(body) == {"TableName": "t", "Key": KEY}
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.GetItem"


def test_the_key_of_a_signature_changes_with_the_day_and_the_credentials() -> None:
    wire = FakeWire([an_answer({})] * 3)
    day, current = [NOW], [ReadOnlyCredentials("AKID", "secret", None)]
    made = DynamoDB(URL, REGION, lambda: current[0], wire, attempts=1, now=lambda: day[0])
    made.query()
    day[0] = NOW.replace(day=23)
    made.query()
    current[0] = ReadOnlyCredentials("AKID", "another", None)
    made.query()
    assert len({headers["Authorization"].rpartition("=")[2] for headers, _ in wire.sent}) == 3


def test_an_error_is_worded_as_the_sdk_words_it() -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Item": KEY}, {"Code": "None"}]
    wire = FakeWire([an_error("TransactionCanceledException", CancellationReasons=reasons)])
    with pytest.raises(ClientError) as caught:
        client(wire).transact_write_items(TransactItems=[])
    assert caught.value.operation_name == "TransactWriteItems"
    response: Any = caught.value.response
    assert response["Error"] == {"Code": "TransactionCanceledException", "Message": "m"}
    assert response["CancellationReasons"] == reasons
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(wire.sent) == 1


def test_an_error_without_json_is_known_by_its_status() -> None:
    wire = FakeWire([Answer(413, {}, b"<html>")])
    with pytest.raises(ClientError) as caught:
        client(wire).query()
    assert caught.value.response["Error"]["Code"] == "413"


@pytest.mark.parametrize(
    "passing",
    [
        an_error("InternalServerError", 500),
        an_error("ServiceUnavailable", 503),
        an_error("ProvisionedThroughputExceededException"),
        an_error("ThrottlingException"),
        an_error("TransactionInProgressException"),
        ConnectTimeoutError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL),
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        Answer(200, {"x-amz-crc32": "1"}, b"{}"),
    ],
    ids=lambda passing: type(passing).__name__ if isinstance(passing, Exception) else str(passing.body[:60]),
)
def test_what_may_pass_is_tried_again_with_the_same_body_after_a_pause(passing: Answer | Exception) -> None:
    pauses: list[float] = []
    wire = FakeWire([passing, passing, an_answer({"Items": []})])
    assert client(wire, pauses=pauses).query(TableName="t") == {"Items": []}
    assert len({body for _, body in wire.sent}) == 1
    assert len(pauses) == 2
    assert 0 <= pauses[0] <= 1
    assert 0 <= pauses[1] <= 2


def test_it_is_not_tried_for_ever() -> None:
    wire = FakeWire([an_error("InternalServerError", 500)] * 9)
    with pytest.raises(ClientError):
        client(wire).query()
    assert len(wire.sent) == ATTEMPTS
    wire = FakeWire([EndpointConnectionError(endpoint_url=URL)] * 9)
    with pytest.raises(EndpointConnectionError):
        client(wire).query()
    assert len(wire.sent) == ATTEMPTS


def test_an_answer_with_its_checksum_is_taken() -> None:
    body = b'{"Items": []}'
    wire = FakeWire([Answer(200, {"x-amz-crc32": str(zlib.crc32(body))}, body)])
    assert client(wire).query() == {"Items": []}


@pytest.mark.parametrize("body", [b"", b'{"Items": [', b"<html>", b"[]"])
def test_an_answer_that_is_cut_off_or_somebody_elses_is_tried_again(body: bytes) -> None:
    assert client(FakeWire([Answer(200, {}, body), an_answer({"Items": []})])).query() == {"Items": []}
    with pytest.raises(HTTPClientError, match="not DynamoDB's"):
        client(FakeWire([Answer(200, {}, body)] * ATTEMPTS)).query()


def test_an_answer_that_is_damaged_every_time_is_an_error() -> None:
    with pytest.raises(HTTPClientError, match="checksum"):
        client(FakeWire([Answer(200, {"x-amz-crc32": "1"}, b"{}")] * ATTEMPTS)).query()


def test_closing_it_lets_go_of_its_connections() -> None:
    wire = FakeWire([])
    client(wire).close()
    assert wire.closed == 1


# Connections, on a server of their own


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.peers: list[int] = []
        self.hang_up = False
        """After each answer, without saying so in it."""
        self.answer: Callable[[BaseHTTPRequestHandler], bool] | None = None
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.peers.append(self.client_address[1])
        if self.server.answer and self.server.answer(self):
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.hang_up

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def connections(server: Server) -> Iterator[Connections]:
    made = Connections(f"http://127.0.0.1:{server.server_port}", 1, 0.2)
    yield made
    made.close()


def test_a_connection_is_kept_from_call_to_call(server: Server, connections: Connections) -> None:
    assert [connections.post({}, b"x").body for _ in range(3)] == [b"x"] * 3
    assert len(set(server.peers)) == 1


def test_one_that_the_other_side_has_closed_meanwhile_is_replaced(server: Server, connections: Connections) -> None:
    server.hang_up = True
    for _ in range(3):
        assert connections.post({}, b"x").status == 200
        connections._idle[0].sock.recv(1, socket.MSG_PEEK)  # until the end has arrived
    assert len(set(server.peers)) == 3


def test_closed_ones_are_not_used_again(server: Server, connections: Connections) -> None:
    connections.post({}, b"x")
    connections.close()
    connections.post({}, b"x")
    assert len(set(server.peers)) == 2


def test_threads_at_the_same_time_have_one_each(server: Server, connections: Connections) -> None:
    together = threading.Barrier(3)

    def wait(_: BaseHTTPRequestHandler) -> bool:
        together.wait(5)
        return False

    server.answer = wait
    threads = [threading.Thread(target=connections.post, args=({}, b"x")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(server.peers)) == 3


def test_no_answer_in_time_is_a_timeout(server: Server, connections: Connections) -> None:
    ended = threading.Event()
    server.answer = lambda _: ended.wait(5)
    with pytest.raises(ReadTimeoutError):
        connections.post({}, b"x")
    ended.set()
    assert connections._idle == []


def test_a_connection_that_ends_without_an_answer_is_an_error(server: Server, connections: Connections) -> None:
    def drop(request: BaseHTTPRequestHandler) -> bool:
        request.close_connection = True
        return True

    server.answer = drop
    with pytest.raises(ConnectionClosedError):
        connections.post({}, b"x")


@pytest.mark.parametrize("silent", [True, False])
def test_where_one_is_dead_the_others_that_are_as_old_are_not_tried(
    silent: bool, server: Server, connections: Connections
) -> None:
    together = threading.Barrier(3)

    def wait(_: BaseHTTPRequestHandler) -> bool:
        together.wait(5)
        return False

    server.answer = wait
    threads = [threading.Thread(target=connections.post, args=({}, b"x")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    frozen, ended = set(server.peers), threading.Event()

    def dead(request: BaseHTTPRequestHandler) -> bool:
        """As after an hour's freeze: what lies between has forgotten the connection, and told nobody."""
        if request.client_address[1] not in frozen:
            return False
        if silent:
            ended.wait(5)
        request.close_connection = True
        return True

    server.answer = dead
    with pytest.raises(ReadTimeoutError if silent else ConnectionClosedError):
        connections.post({}, b"x")
    assert connections.post({}, b"y").body == b"y"
    ended.set()


def test_closing_them_does_not_meet_other_threads(connections: Connections) -> None:
    class Idle(list[Any]):
        """Another thread takes the last one between a look and a grasp."""

        def pop(self, *_: Any) -> Any:
            self.clear()
            return super().pop()

    connections._idle = Idle([None])
    connections.close()
    assert connections._idle == []


def test_nobody_at_the_address_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(EndpointConnectionError):
        Connections(f"http://127.0.0.1:{port}", 1, 1).post({}, b"x")


def test_https_trusts_the_sdks_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    made = Connections("https://127.0.0.1", 1, 1)
    assert made._tls is not None
    assert made._tls.check_hostname
    assert made._tls.cert_store_stats()["x509_ca"] > 1


def test_another_bundle_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nonexistent")
    with pytest.raises(FileNotFoundError):
        Connections("https://127.0.0.1", 1, 1)
