"""The HTTP side: the emulator posts each invocation to /functions/<key>.

POST /functions/<key>   an event; headers X-Amzn-Lambda-Function-Name, -Function-Version, -Function-Arn,
                        -Request-Id and -Deadline-Ms → 200 and the handler's result, or 502 and Lambda's
                        {errorType, errorMessage, stackTrace}
PUT /functions/<key>    the first two of these headers → 202: an environment is started ahead of the first event
GET /health             200
"""

import json
import re
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.lambda_host.environment import FunctionError, Invocation
from local.lambda_host.pool import Pool

DEFAULT_TIMEOUT = 900.0  # seconds; Lambda's own maximum, for callers that name no deadline
_PATH = re.compile(r"/functions/([a-z0-9_]+)")


class FunctionHost(ThreadingHTTPServer):
    """Serves any number of functions; a function's pool is made at its first event."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], make_pool: Callable[[str], Pool]) -> None:
        """Takes the address to listen on, and what makes a pool for a key."""
        self._make_pool = make_pool
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()
        super().__init__(address, _RequestHandler)

    def pool(self, key: str) -> Pool:
        """The function's pool."""
        with self._lock:
            if key not in self._pools:
                self._pools[key] = self._make_pool(key)
            return self._pools[key]

    def server_close(self) -> None:
        """Stops listening and ends every child."""
        super().server_close()
        with self._lock:
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()


class _RequestHandler(BaseHTTPRequestHandler):
    server: FunctionHost
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Health."""
        self._answer(200 if self.path == "/health" else 404, b"{}")

    def do_PUT(self) -> None:
        """Warm-up."""
        pool = self._pool()
        if pool is None:
            return
        name, version = self._function()
        # The caller does not wait for it, and a failure shows up, with its reason, at the first event.
        threading.Thread(target=_warm_up, args=(pool, name, version), daemon=True).start()
        self._answer(202, b"{}")

    def do_POST(self) -> None:
        """An invocation."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pool = self._pool()
        if pool is None:
            return
        try:
            name, version = self._function()
            self._answer(200, pool.invoke(name, version, self._invocation(body)).encode())
        except FunctionError as error:
            self._answer(502, json.dumps(error.error).encode())
        except Exception as error:  # noqa: BLE001 - the emulator needs an answer; the log has the rest
            traceback.print_exc()
            failure = {"errorType": "Runtime.HostError", "errorMessage": f"{type(error).__name__}: {error}"}
            self._answer(502, json.dumps(failure).encode())

    def _pool(self) -> Pool | None:
        found = _PATH.fullmatch(self.path)
        if found is None:
            self._answer(404, b'{"errorType": "NotFound", "errorMessage": "the path is /functions/<key>"}')
            return None
        return self.server.pool(found.group(1))

    def _function(self) -> tuple[str, str]:
        return (
            self.headers["X-Amzn-Lambda-Function-Name"],
            self.headers.get("X-Amzn-Lambda-Function-Version") or "$LATEST",
        )

    def _invocation(self, body: bytes) -> Invocation:
        now = time.time()
        deadline = float(self.headers.get("X-Amzn-Lambda-Deadline-Ms") or (now + DEFAULT_TIMEOUT) * 1000) / 1000
        return Invocation(
            event=json.loads(body or b"null"),
            request_id=self.headers.get("X-Amzn-Lambda-Request-Id", ""),
            deadline=deadline,
            timeout=deadline - now,
            function_arn=self.headers.get("X-Amzn-Lambda-Function-Arn", ""),
            trace_id=self.headers.get("X-Amzn-Trace-Id", ""),
        )

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent: each function's own log has its invocations."""


def _warm_up(pool: Pool, name: str, version: str) -> None:
    try:
        pool.warm_up(name, version)
    except Exception:  # noqa: BLE001 - only ever an optimisation
        traceback.print_exc()
