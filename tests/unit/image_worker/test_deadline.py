"""No call of AWS is begun that could outlast the function: the real clients against a server of this machine."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from image_worker import clients
from image_worker.deadline import LAST_SECOND, Deadline, OutOfTimeError, closing, time_to_work
from image_worker.failures import Remedy, remedy_of
from image_worker.threads import Threads
from tests.unit.image_worker.fakes import Clock, Context

CALLS: dict[str, Callable[[Any], Any]] = {
    "dynamodb": lambda client: client.get_item(TableName="table", Key={"PK": {"S": "x"}}),
    "s3": lambda client: client.get_object(Bucket="bucket", Key="key"),
    "sqs": lambda client: client.send_message(QueueUrl="https://queue", MessageBody="x"),
    "sns": lambda client: client.publish(TopicArn="arn:aws:sns:eu-central-1:123456789012:topic", Message="x"),
    "rekognition": lambda client: client.detect_labels(Image={"Bytes": b"x"}),
}
LONGEST = {name: clients.BULKY if name in ("s3", "rekognition") else clients.QUICK for name in CALLS}


class Server(ThreadingHTTPServer):
    """Counts the requests, and fails all of them; `on_request` runs while a client waits."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Failing)
        self.requests = 0
        self.on_request: Callable[[], None] = lambda: None


class _Failing(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.requests += 1
        self.server.on_request()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{running.server_port}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def client(request: pytest.FixtureRequest, server: Server) -> Iterator[Any]:  # noqa: ARG001 (it sets the endpoint)
    made = getattr(clients, request.param)()
    yield made
    made.close()


def deadline(seconds: float) -> Deadline:
    return Deadline(Context([round(seconds * 1000)]), Clock())


@pytest.mark.parametrize(("client", "name"), [(name, name) for name in CALLS], indirect=["client"])
def test_no_call_is_begun_that_cannot_end_in_time(client: Any, name: str, server: Server) -> None:
    with deadline(LONGEST[name] + LAST_SECOND + 4.9).kept(closing=5), pytest.raises(OutOfTimeError) as caught:
        CALLS[name](client)
    assert server.requests == 0
    assert remedy_of(caught.value) is Remedy.SOON


@pytest.mark.parametrize(("client", "name"), [(name, name) for name in CALLS], indirect=["client"])
def test_a_call_that_can_end_in_time_is_made_with_all_its_tries(client: Any, name: str, server: Server) -> None:
    with deadline(LONGEST[name] + LAST_SECOND + 5.1).kept(closing=5), pytest.raises(ClientError):
        CALLS[name](client)
    assert server.requests == 3


@pytest.mark.parametrize(("client", "name"), [(name, name) for name in CALLS], indirect=["client"])
def test_no_further_attempt_is_begun_once_time_is_up(client: Any, name: str, server: Server) -> None:
    context = Context([60_000])
    server.on_request = lambda: context.remaining.__setitem__(0, 10_000)
    with Deadline(context, Clock()).kept(closing=12), pytest.raises(OutOfTimeError):
        CALLS[name](client)
    assert server.requests == 1


@pytest.mark.parametrize("client", ["dynamodb"], indirect=True)
def test_what_closes_a_job_has_the_time_that_was_kept_for_it(client: Any, server: Server) -> None:
    with deadline(clients.CLOSING).kept(closing=clients.CLOSING):
        with closing(), pytest.raises(ClientError):
            CALLS["dynamodb"](client)
        with pytest.raises(OutOfTimeError):
            CALLS["dynamodb"](client)
    with deadline(3).kept(closing=clients.CLOSING), closing(), pytest.raises(OutOfTimeError):
        CALLS["dynamodb"](client)
    assert server.requests == 3


@pytest.mark.parametrize("client", ["rekognition"], indirect=True)
def test_threads_keep_the_deadline_of_whoever_began_them(client: Any, server: Server) -> None:
    threads = Threads(1, "test")
    with deadline(5).kept():
        refused = threads.begin(CALLS["rekognition"], client)
    tried = threads.begin(CALLS["rekognition"], client)
    with pytest.raises(OutOfTimeError):
        refused.result()
    with pytest.raises(ClientError):
        tried.result()
    threads.close()
    assert server.requests == 3


def test_the_clients_time_limits_are_those_that_the_guard_counts_with(server: Server) -> None:  # noqa: ARG001
    for name, longest in LONGEST.items():
        made = getattr(clients, name)()
        config = made.meta.config
        assert config.connect_timeout + config.read_timeout == longest
        made.close()


def test_one_call_may_fail_twice_by_time_out_and_the_job_still_ends_within_the_defaults_timeout() -> None:
    lost = 2 * clients.BULKY + 1 + 2
    assert 60 - lost - clients.LAST_BEGIN >= 10


def test_without_a_deadline_there_is_no_limit() -> None:
    assert time_to_work() is None
    with closing():
        assert time_to_work() is None
    with deadline(10).kept():
        assert time_to_work() == 10 - LAST_SECOND
    assert time_to_work() is None
