"""AWS JSON 1.1 over HTTP, and the control routes beside it.

The standard library's threading server is enough: calls are few and long, each is one thread in code that lets go of
the interpreter's lock, and importing it costs nothing, so the stand-in is ready before its models are.
"""

import json
import logging
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from local.rekognition.errors import ServiceError, malformed
from local.rekognition.program import OPERATIONS, Program, ProgramError
from local.rekognition.service import Service

_TARGET: Final = "RekognitionService"
_AWS_JSON: Final = "application/x-amz-json-1.1"
# 5 MB of picture are 7 MB of base64. Beyond this the picture is too large anyway and the body is not kept.
_MAX_BODY_BYTES: Final = 16 * 1024 * 1024

JsonObject = dict[str, Any]

_LOGGER: Final = logging.getLogger(__name__)


class RekognitionServer(ThreadingHTTPServer):
    """Listens at `host` and `port` (0: one that is free, see server_port) from construction on."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, service: Service, host: str = "127.0.0.1") -> None:
        self.service = service
        self.program = Program()
        self._host = host
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers may hang up at any time, a timed-out SDK does; that is not worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: RekognitionServer
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet each time: no waiting for Nagle's algorithm.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        started = time.perf_counter()
        body = self._body()
        if self.path == "/":
            self._operation(body, started)
        elif self.path.startswith("/_control/"):
            self._control(body)
        else:
            self._answer(404, {"message": f"no such route: {self.path}"})

    def do_GET(self) -> None:
        if self.path == "/_control/calls":
            self._answer(200, self.server.program.calls())
        elif self.path == "/_control/health":
            self._answer(200, {"status": "ok"})
        else:
            self._answer(404, {"message": f"no such route: {self.path}"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        _LOGGER.debug(format, *args)

    def _operation(self, body: bytes | None, started: float) -> None:
        try:
            operation = self._authorized_operation()
        except ServiceError as error:
            self._answer(error.status, error.body(), _AWS_JSON)
            return
        call, rule, delay_ms = self.server.program.begin(operation)
        error_code = None
        try:
            status, answer = 200, self.server.service.answer(operation, _parsed(body), call, rule)
        except ServiceError as error:
            status, answer, error_code = error.status, dict(error.body()), error.code
        except Exception:
            _LOGGER.exception("%s failed", operation)
            failure = ServiceError("InternalServerError")
            status, answer, error_code = failure.status, dict(failure.body()), failure.code
        remaining = delay_ms / 1000 - (time.perf_counter() - started)
        if remaining > 0:
            time.sleep(remaining)
        # Before the answer leaves, so that whoever has it finds it counted.
        self.server.program.end(call, status, error_code, (time.perf_counter() - started) * 1000)
        self._answer(status, answer, _AWS_JSON)

    def _authorized_operation(self) -> str:
        """The operation named by X-Amz-Target, of a request that carries a SigV4 header. Raises ServiceError."""
        service, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        if service != _TARGET or operation not in OPERATIONS:
            raise ServiceError("UnknownOperationException", f"The stand-in knows {' and '.join(OPERATIONS)} only.")
        authorization = self.headers.get("Authorization")
        if authorization is None:
            raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
        algorithm, _, rest = authorization.partition(" ")
        parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        if algorithm != "AWS4-HMAC-SHA256" or not {"Credential", "SignedHeaders", "Signature"} <= parts.keys():
            raise ServiceError("IncompleteSignatureException", "Authorization header is not a SigV4 signature.")
        scope = parts["Credential"].split("/")[1:]
        if len(scope) != 4 or scope[2] != "rekognition":
            raise ServiceError(
                "InvalidSignatureException", "Credential should be scoped to correct service: 'rekognition'."
            )
        return operation

    def _control(self, body: bytes | None) -> None:
        program = self.server.program
        routes = {
            "/_control/next": program.next,
            "/_control/delay": program.delay,
            "/_control/always": program.always,
        }
        try:
            if self.path == "/_control/reset":
                program.reset()
            elif self.path in routes:
                routes[self.path](_parsed(body))
            else:
                self._answer(404, {"message": f"no such route: {self.path}"})
                return
        except (ProgramError, ServiceError) as error:
            self._answer(400, {"message": str(error)})
            return
        self._answer(200, {"status": "ok"})

    def _body(self) -> bytes | None:
        """The request's body, read to its end; None where it is over _MAX_BODY_BYTES."""
        announced = self.headers.get("Content-Length", "0")
        if not announced.isdecimal():
            # Where this request ends is unknown, so nothing after it can be read either.
            self.close_connection = True
            return b""
        length = int(announced)
        if length <= _MAX_BODY_BYTES:
            return self.rfile.read(length)
        while length > 0 and (chunk := self.rfile.read(min(length, 1 << 16))):
            length -= len(chunk)
        return None

    def _answer(self, status: int, body: JsonObject | dict[str, str], content_type: str = "application/json") -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def _parsed(body: bytes | None) -> JsonObject:
    if body is None:
        raise ServiceError("RequestEntityTooLargeException", "Request body is too large")
    try:
        parsed = json.loads(body or b"{}")
    except ValueError as error:
        raise malformed("The body is not JSON") from error
    if not isinstance(parsed, dict):
        raise malformed("The body is not a JSON object")
    return parsed
