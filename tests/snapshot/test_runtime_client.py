"""The hooks as AWS's own runtime client calls them, and as it tells Lambda of them.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, with what SnapStart adds to it: GET …/restore/next,
which is answered once a copy is restored.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import rest_event
from tests.snapshot.cloud import Cloud, running
from tests.snapshot.copies import CHECKOUT

TIMEOUT = 60
CLOUDFRONT = {
    "MEDIA_URL": "https://media.example.com",
    "MEDIA_KEY_PAIR_ID": "K2JCJMDEHXQW5F",
    "MEDIA_PRIVATE_KEY_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:media-key",
}


class Runtime:
    """Lambda's side: snapshots and restores at once, then sends one event, then nothing."""

    def __init__(self, cloud: Cloud, event: dict[str, Any]) -> None:
        self.cloud = cloud
        self.event = event
        self.address = ""
        self.asked: list[str] = []
        self.answers: list[Any] = []
        self.calls_before_restore: list[str] = []
        self.ended = threading.Event()

    def get(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        if path == "restore/next":
            self.calls_before_restore = [*self.cloud.asked]
            return 200, {}
        if self.asked.count(path) == 1:
            return 200, self.event
        self.ended.set()
        return 410, {}

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        self.asked.append(path.replace("request-1", "{id}"))
        self.answers.append(body)
        if path.endswith("error"):
            self.ended.set()
        return 202, {}


@contextmanager
def started(cloud: Cloud, handler: str, event: dict[str, Any], **environment: str) -> Iterator[tuple[Runtime, str]]:
    """The function under AWS's client, after it has done what there was to do; what it wrote."""
    runtime = Runtime(cloud, event)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(*runtime.get(self.path.removeprefix("/2018-06-01/runtime/").replace("invocation/", "", 1)))

        def do_POST(self) -> None:
            body = json.loads(self._body())
            self._send(*runtime.post(self.path.removeprefix("/2018-06-01/runtime/"), body))

        def _body(self) -> bytes:
            if "Content-Length" in self.headers:
                return self.rfile.read(int(self.headers["Content-Length"]))
            parts = b""
            while size := int(self.rfile.readline(), 16):
                parts += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return parts

        def _send(self, status: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
            self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """The client is stopped in the middle of a request."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    own = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "LAMBDA_TASK_ROOT": str(CHECKOUT / "services"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(CHECKOUT / "services"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", handler],
        env=cloud.environment() | own | environment,
        cwd=CHECKOUT / "services",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        ended = runtime.ended.wait(TIMEOUT)
    finally:
        process.kill()
        output = process.communicate()[0]
        server.shutdown()
        server.server_close()
        thread.join()
    assert ended, output
    yield runtime, output


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with running() as cloud:
        yield cloud


@pytest.mark.parametrize("media", [{}, CLOUDFRONT], ids=["S3", "CloudFront"])
def test_the_api_is_primed_before_its_snapshot_without_the_network(cloud: Cloud, media: dict[str, str]) -> None:
    event = rest_event("GET", "/openapi.json", headers={"Accept": "application/json"})
    with started(cloud, "api.handler.handler", event, **media) as (runtime, output):
        assert runtime.asked[:3] == ["restore/next", "next", "invocation/{id}/response"], output
    assert runtime.calls_before_restore == [], "priming called AWS"
    assert runtime.answers[0]["statusCode"] == 200


def test_priming_leaves_no_line_in_the_log(cloud: Cloud) -> None:
    with started(cloud, "api.handler.handler", rest_event("GET", "/health")) as (_, output):
        lines = [line for line in output.splitlines() if line.strip()]
    assert [line for line in lines if "snapshot" in line] == []
    assert len([line for line in lines if '"request_id"' in line]) <= 1, output


def test_the_authorizer_fetches_no_keys_before_its_snapshot(cloud: Cloud) -> None:
    event = {"methodArn": "arn:aws:execute-api:us-east-1:123456789012:a/dev/GET/articles", "headers": {}}
    with started(cloud, "api.authorizer.handler", event) as (runtime, output):
        assert runtime.asked[:3] == ["restore/next", "next", "invocation/{id}/response"], output
    assert runtime.calls_before_restore == []
    assert runtime.answers[0]["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_a_version_that_cannot_be_primed_is_not_published(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "from api import snapshot\n\n"
        "def prime():\n    raise RuntimeError('the first request was answered 500')\n\n"
        "def handler(event, context):\n    return {}\n\n"
        "snapshot.register(prime, lambda: None)\n"
    )
    paths = os.pathsep.join((str(CHECKOUT / "services"), str(tmp_path)))
    with started(cloud, "broken.handler", {}, PYTHONPATH=paths) as (runtime, output):
        assert runtime.asked == ["init/error"], output
    assert "the first request was answered 500" in json.dumps(runtime.answers)


def test_without_snapstart_no_hook_is_called(cloud: Cloud) -> None:
    event = rest_event("GET", "/openapi.json")
    with started(cloud, "api.handler.handler", event, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand") as (runtime, output):
        assert runtime.asked[:2] == ["next", "invocation/{id}/response"], output
