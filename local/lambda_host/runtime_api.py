"""Lambda's Runtime API, as a container asks it for events: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

The functions' images hold AWS's own client of it. AWS's emulator of it (RIE) is not used here: it serves one call at a
time, panics on a second one, and makes up request id, ARN and deadline.
"""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.lambda_host.environment import FunctionError, Invocation
from local.lambda_runtime import MAX_PAYLOAD, too_large
from local.ports import HOST

_ROOT = "/2018-06-01/runtime"
_REPLY = re.compile(rf"{_ROOT}/invocation/([^/]+)/(response|error)")


class RuntimeEndedError(Exception):
    """The runtime will not answer any more."""


class RuntimeApi:
    """Serves one runtime: events in, one at a time, results out."""

    def __init__(self) -> None:
        """Listens on a free port of the loopback interface."""
        self._changed = threading.Condition()
        self._current: Invocation | None = None
        self._taken = False
        self._reply: tuple[str, bytes] | None = None
        self._asked = False
        self._init_error: dict[str, Any] | None = None
        self._ended = False
        self._server = _Server((HOST, 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API."""
        return f"{HOST}:{self._server.server_address[1]}"

    @property
    def ready(self) -> bool:
        """Whether the runtime has imported its handler and asked for an event."""
        return self._asked

    @property
    def ended(self) -> bool:
        """Whether the runtime is gone."""
        return self._ended

    def invoke(self, invocation: Invocation) -> str:
        """Hands the event to the runtime and gives its result as JSON text.

        Raises:
            FunctionError: the handler raised, or could not be imported.
            RuntimeEndedError: the runtime ended before it answered.
            TimeoutError: the deadline passed.
        """
        with self._changed:
            self._current, self._taken, self._reply = invocation, False, None
            self._changed.notify_all()
            try:
                self._changed.wait_for(self._is_settled, max(0.0, invocation.deadline - time.time()))
                kind, body = self._settled()
            finally:
                self._current = None
        if kind == "error":
            raise FunctionError(json.loads(body))
        if len(body) > MAX_PAYLOAD:
            raise FunctionError(too_large(len(body)))
        return body.decode()

    def _is_settled(self) -> bool:
        return self._reply is not None or self._init_error is not None or self._ended

    def _settled(self) -> tuple[str, bytes]:
        if self._reply is not None:
            return self._reply
        if self._init_error is not None:
            raise FunctionError(self._init_error)
        raise RuntimeEndedError if self._ended else TimeoutError

    def end(self) -> None:
        """Says that the runtime is gone: whoever waits for it stops waiting."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stops serving; a runtime that waits for its next event ends."""
        self.end()
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> Invocation | None:
        """What the runtime is to do next; waits for it. None: nothing ever again."""
        with self._changed:
            if self._taken and self._current and self._reply is None:
                # It asks anew without having answered: the process that had the event has died.
                self._ended = True
            self._asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended or (self._current is not None and not self._taken))
            if self._ended:
                return None
            self._taken = True
            return self._current

    def reply(self, request_id: str, kind: str, body: bytes) -> bool:
        """Takes a response or an error; gives whether anybody still waits for it."""
        with self._changed:
            if self._current is None or self._current.request_id != request_id:
                return False
            self._reply = (kind, body)
            self._changed.notify_all()
            return True

    def fail(self, error: dict[str, Any]) -> None:
        """The handler could not be imported."""
        with self._changed:
            self._init_error = {**error, "errorType": f"Runtime.{error.get('errorType', 'Unknown')}"}
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], api: RuntimeApi) -> None:
        self.api = api
        super().__init__(address, _RequestHandler)


class _RequestHandler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The next event."""
        if self.path != f"{_ROOT}/invocation/next":
            self._answer(404)
            return
        invocation = self.server.api.next()
        if invocation is None:
            self.close_connection = True
            self._answer(410)
            return
        self._answer(
            200,
            json.dumps(invocation.event).encode(),
            {
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": invocation.trace_id,
            },
        )

    def do_POST(self) -> None:
        """A result, an error, or that there will be none."""
        body = self._body()
        found = _REPLY.fullmatch(self.path)
        if found:
            self._answer(202 if self.server.api.reply(found.group(1), found.group(2), body) else 400)
        elif self.path == f"{_ROOT}/init/error":
            self.server.api.fail(json.loads(body))
            self._answer(202)
        else:
            self._answer(404)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(parts)

    def _answer(self, status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent: the function's own log has its invocations."""
