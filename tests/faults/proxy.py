"""An HTTP proxy between a function and the cloud, which spoils chosen calls and hands on all others as they are.

The SDK is pointed at it by AWS_ENDPOINT_URL. The Host header is handed on as it came: SigV4 signs it.
"""

import http.client
import io
import json
import os
import select
import sys
import threading
import time
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

from tests.faults import errors
from tests.faults.callers import pid_of_client
from tests.faults.fault import Ending, Fault

LONGEST_SILENCE = 120.0
"""Seconds after which a silent connection is closed, should its caller wait that long."""

_UPSTREAM_PATIENCE = 60.0


@dataclass(frozen=True)
class Rule:
    """Spoils the next `times` calls of that operation which are about the same thing."""

    service: str
    operation: str
    fault: Fault
    times: int = 1
    after: str | None = None
    """Only from the moment on when a call of that operation, about the same thing, has been seen."""


@dataclass(frozen=True)
class Call:
    """A call that came by. `at` and `answered_at`: seconds, monotonic. `status` is None where no answer was sent."""

    service: str
    operation: str
    about: str | None
    at: float
    answered_at: float
    reached: bool
    status: int | None


class FaultProxy(ThreadingHTTPServer):
    """Listens on the loopback interface from construction on; `start` serves."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, upstreams: Mapping[str, str]) -> None:
        """Takes the URL of each service by its name in SigV4's scope; "" stands for all others."""
        self.upstreams = {name: urlsplit(url).netloc for name, url in upstreams.items()}
        self.calls: list[Call] = []
        self._words: dict[str, str] = {}
        self._rules: dict[str, Sequence[Rule]] = {}
        self._hits: Counter[tuple[str, Rule]] = Counter()
        self._seen: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serves in a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def close(self) -> None:
        """Stops; silent connections are closed."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def recognise(self, word: str, about: str) -> None:
        """From now on, a call in which the word stands is about that."""
        with self._lock:
            self._words[word] = about

    def spoil(self, about: str, rules: Sequence[Rule]) -> None:
        """Uses these rules on calls about that; an empty sequence lets them all pass again."""
        with self._lock:
            self._rules[about] = rules

    def spoilt(self, about: str, rule: Rule) -> int:
        """How many calls that rule has spoilt."""
        with self._lock:
            return self._hits[about, rule]

    def calls_about(self, about: str, service: str | None = None) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.about == about and service in (None, call.service)]

    def let_through(self, service: str) -> dict[str, int]:
        """How many calls of each operation the service got."""
        with self._lock:
            return dict(Counter(call.operation for call in self.calls if call.service == service and call.reached))

    def judge(self, service: str, operation: str, text: str) -> tuple[str | None, Fault | None]:
        """What a call is about, and what is to happen to it."""
        with self._lock:
            about = next((whom for word, whom in self._words.items() if word in text), None)
            if about is None:
                return None, None
            for rule in self._rules.get(about, ()):
                wanted = (rule.service, rule.operation) == (service, operation)
                armed = not rule.after or (about, rule.after) in self._seen
                if wanted and armed and self._hits[about, rule] < rule.times:
                    self._hits[about, rule] += 1
                    self._seen.add((about, operation))
                    return about, rule.fault
            self._seen.add((about, operation))
            return about, None

    def note(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up, killed ones most of all: nothing to report."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: FaultProxy
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        at = time.monotonic()
        body = self._body()
        service = _service(self.headers.get("Authorization", ""))
        operation = _operation(self.command, self.path, self.headers.get("X-Amz-Target"), body)
        about, fault = self.server.judge(service, operation, _text(service, self.path, body))
        if fault and fault.seconds:
            self.server.closing.wait(fault.seconds)
        answer = self._ask(service, body) if fault is None or fault.reaches else None
        if fault and fault.signal:
            pid = pid_of_client(self.server.server_port, self.client_address[1])
            if pid is not None:
                os.kill(pid, fault.signal)
        status: int | None = None
        if answer and (fault is None or fault.ending is Ending.ANSWER):
            status = answer[0]
        elif fault and fault.ending is Ending.ERROR:
            status = fault.status
        # Before the answer leaves, so that whoever has it finds it noted.
        self.server.note(Call(service, operation, about, at, time.monotonic(), answer is not None, status))
        if answer and (fault is None or fault.ending is Ending.ANSWER):
            self._answer(*answer)
        elif fault:
            self._spoil(fault, service, body, answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - the base class looks for these names

    def _spoil(self, fault: Fault, service: str, body: bytes, answer: "_Answer | None") -> None:
        match fault.ending:
            case Ending.ERROR:
                headers, text = errors.answer(service, fault.code, body)
                self._answer(fault.status, [*headers.items()], text)
                return
            case Ending.HALF if answer:
                status, kept, content = answer
                self._answer(status, kept, content[: len(content) // 2], announced=len(content))
            case Ending.SILENCE:
                self._wait_until_gone()
        self.close_connection = True

    def _ask(self, service: str, body: bytes) -> "_Answer":
        upstreams = self.server.upstreams
        connection = http.client.HTTPConnection(upstreams.get(service, upstreams[""]), timeout=_UPSTREAM_PATIENCE)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                # The body stands here whole: nothing is asked for first, and it is not sent in chunks.
                if name.lower() not in ("expect", "transfer-encoding", "content-length", "connection"):
                    connection.putheader(name, value)
            if body or self.command in ("PUT", "POST"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: Sequence[tuple[str, str]], body: bytes, announced: int | None = None
    ) -> None:
        self.send_response_only(status)
        length = str(len(body) if announced is None else announced)
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _wait_until_gone(self) -> None:
        """Until the caller hangs up: then its end of the connection is readable."""
        until = time.monotonic() + LONGEST_SILENCE
        while time.monotonic() < until and not self.server.closing.is_set():
            with suppress(OSError, ValueError):
                if select.select([self.connection], [], [], 0.1)[0]:
                    return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent: `calls` has them."""


_Answer = tuple[int, list[tuple[str, str]], bytes]


def _service(authorization: str) -> str:
    """From SigV4's scope: Credential=<key>/<date>/<region>/<service>/aws4_request."""
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) == 5 else ""


def _operation(method: str, path: str, target: str | None, body: bytes) -> str:
    """The API's name of what is asked for: DynamoDB, SQS and Rekognition name it, S3 is told by method and path."""
    if target:
        return target.rpartition(".")[2]
    if body.startswith((b"Action=", b"Version=")) or b"&Action=" in body[:1000]:
        return parse_qs(body.decode())["Action"][0]
    url = urlsplit(path)
    if method == "GET" and "list-type" in parse_qs(url.query):
        return "ListObjectsV2"
    return f"{method.capitalize()}Object"


def _text(service: str, path: str, body: bytes) -> str:
    """What a call says about whom it is about. A picture is known by its size: it is the only thing that is sent."""
    match service:
        case "s3":
            return unquote(path)
        case "rekognition":
            with suppress(OSError, ValueError, KeyError):
                width, height = Image.open(io.BytesIO(b64decode(json.loads(body)["Image"]["Bytes"]))).size
                return f"{width}x{height} pixels"
            return ""
        case _:
            return unquote(body.decode(errors="replace"))
