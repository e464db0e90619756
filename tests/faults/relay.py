"""Between the emulator, which reads the queue, and the worker: sees each delivery of a message and what came of it."""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PATIENCE = 120.0

DONE, FAILED, BROKEN, LOST = "done", "reported as failed", "the function failed", "lost on the way"


@dataclass
class Delivery:
    """A message that was handed to the worker. `outcome` is None while it works."""

    message_id: str
    receipt_handle: str
    body: str
    tries: int
    outcome: str | None = None


class Relay(ThreadingHTTPServer):
    """Answers in the worker's place at `url`; `start` serves."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, target: str, on_arrival: Callable[[Delivery], None], on_failure: Callable[[Delivery], None]
    ) -> None:
        """Takes the worker's own URL, and what to do before each delivery, and after each that did not succeed."""
        self.target = target
        self.on_arrival = on_arrival
        self.on_failure = on_failure
        self._deliveries: list[Delivery] = []
        self._lost: set[str] = set()
        self._hurried: dict[str, float] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def start(self) -> None:
        """Serves in a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def lose(self, word: str) -> None:
        """The next message in which the word stands is taken from the queue and reaches nobody."""
        with self._lock:
            self._lost.add(word)

    def hurry(self, word: str, seconds: float) -> None:
        """The next function that gets a message in which the word stands has only that many seconds."""
        with self._lock:
            self._hurried[word] = seconds

    def deliveries(self, word: str) -> list[Delivery]:
        """Of the messages in which the word stands, in the order in which they came."""
        with self._lock:
            return [delivery for delivery in self._deliveries if word in delivery.body]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The emulator stops waiting when the function's time is up: nothing to report."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def take(self, event: dict[str, Any]) -> tuple[list[Delivery], bool, float | None]:
        """The deliveries of an event, whether it gets lost, and the seconds that the function has where not all."""
        found = [
            Delivery(
                record["messageId"],
                record["receiptHandle"],
                record["body"],
                int(record["attributes"]["ApproximateReceiveCount"]),
            )
            for record in event.get("Records", [])
        ]
        text = "".join(delivery.body for delivery in found)
        with self._lock:
            self._deliveries += found
            lost = {word for word in self._lost if word in text}
            self._lost -= lost
            hurried = next((word for word in self._hurried if word in text), None)
            return found, bool(lost), self._hurried.pop(hurried) if hurried else None


class _Handler(BaseHTTPRequestHandler):
    server: Relay
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """An invocation."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        deliveries, lost, seconds = self.server.take(json.loads(body))
        for delivery in deliveries:
            self.server.on_arrival(delivery)
        if lost:
            status, answer = 200, b'{"batchItemFailures": []}'
        else:
            status, answer = self._invoke(body, seconds)
        failed = _failed_in(answer) if status == 200 else {delivery.message_id for delivery in deliveries}
        for delivery in deliveries:
            if delivery.message_id in failed:
                delivery.outcome = FAILED if status == 200 else BROKEN
            else:
                delivery.outcome = LOST if lost else DONE
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.wfile.flush()
        for delivery in deliveries:
            if delivery.message_id in failed:
                self.server.on_failure(delivery)

    def _invoke(self, body: bytes, seconds: float | None) -> tuple[int, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower().startswith("x-am")}
        if seconds is not None:
            headers["X-Amzn-Lambda-Deadline-Ms"] = str(int((time.time() + seconds) * 1000))
        request = urllib.request.Request(self.server.target, body, headers, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as failure:
            with failure:
                return failure.code, failure.read()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent: `deliveries` has them."""


def _failed_in(answer: bytes) -> set[str]:
    return {entry["itemIdentifier"] for entry in json.loads(answer)["batchItemFailures"]}
