"""One execution environment of a function: runs its handler, one event at a time, as Lambda's own runtime does.

Started by local.lambda_host as a plain script with the function's environment and nothing else: this file imports only
the standard library, and `local` itself is not importable in here, as it is not in the image. The channel is a socket
of its own, so that whatever the handler prints cannot disturb it. Frames are a 4-byte big-endian length and a JSON
object:

    us   → host  {"status": "ready"} once the handler is imported, or {"status": "error", "error": {...}}
    host → us    {"event", "request_id", "deadline_ms", "function_arn", "trace_id"}
    us   → host  {"status": "ok", "payload": "<the result as JSON text>"} or {"status": "error", "error": {...}}
"""

import importlib
import json
import math
import os
import resource
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB for a synchronous answer, plus 100 bytes
MAX_PAYLOAD = 6 * 1024 * 1024 + 100

Handler = Callable[[Any, "LambdaContext"], Any]


@dataclass(frozen=True)
class LambdaContext:
    """What a handler gets beside its event."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is stopped; 0 when they are over."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


def send(channel: socket.socket, message: dict[str, Any]) -> None:
    """Writes one frame."""
    body = json.dumps(message).encode()
    channel.sendall(struct.pack(">I", len(body)) + body)


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """Reads one frame; None when the other side is gone."""
    head = _exactly(channel, 4)
    body = _exactly(channel, struct.unpack(">I", head)[0]) if head is not None else None
    return None if body is None else dict(json.loads(body))


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        try:
            part = channel.recv(min(size - len(parts), 1 << 20))
        except ConnectionResetError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)


def load(name: str) -> Handler:
    """The handler that a name like `api.handler.handler` stands for."""
    module, _, attribute = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), attribute)
    return handler


def error_of(exception: BaseException, request_id: str) -> dict[str, Any]:
    """An exception as Lambda answers it, without this file's own frames."""
    frames = [frame for frame in traceback.extract_tb(exception.__traceback__) if frame.filename != __file__]
    return {
        "errorMessage": str(exception),
        "errorType": type(exception).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }


def answer(handler: Handler, request: dict[str, Any]) -> dict[str, Any]:
    """Calls the handler and gives the frame to send back."""
    request_id = request["request_id"]
    os.environ["_X_AMZN_TRACE_ID"] = request.get("trace_id") or ""
    context = LambdaContext(
        aws_request_id=request_id,
        invoked_function_arn=request["function_arn"],
        deadline_ms=request["deadline_ms"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
    )
    try:
        result = handler(request["event"], context)
    except Exception as exception:  # noqa: BLE001 - whatever a handler raises is its caller's answer
        return failure(exception, request_id)
    try:
        payload = json.dumps(result)
    except (TypeError, ValueError) as exception:
        error = error_of(exception, request_id)
        return {"status": "error", "error": {**error, "errorType": "Runtime.MarshalError"}}
    size = len(payload.encode())
    if size > MAX_PAYLOAD:
        return {"status": "error", "error": {**too_large(size), "requestId": request_id}}
    return {"status": "ok", "payload": payload}


def too_large(size: int) -> dict[str, Any]:
    """The error for a result of so many bytes."""
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
    return {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}


def failure(exception: BaseException, request_id: str) -> dict[str, Any]:
    """The frame for an exception, which is logged on the way."""
    error = error_of(exception, request_id)
    trace = "".join(error["stackTrace"])
    print(f"[ERROR] {error['errorType']}: {error['errorMessage']}\n{trace}", file=sys.stderr, flush=True)
    return {"status": "error", "error": error}


def serve(channel: socket.socket) -> None:
    """Imports the handler, then answers events until the other side closes the channel."""
    started = time.perf_counter()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as exception:  # noqa: BLE001 - an import may raise anything
        error = failure(exception, "")
        error["error"]["errorType"] = f"Runtime.{type(exception).__name__}"
        send(channel, error)
        return
    initialised = f"\tInit Duration: {(time.perf_counter() - started) * 1000:.2f} ms"
    send(channel, {"status": "ready"})
    while (request := receive(channel)) is not None:
        version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        print(f"START RequestId: {request['request_id']} Version: {version}", file=sys.stderr, flush=True)
        began = time.perf_counter()
        reply = answer(handler, request)
        duration = (time.perf_counter() - began) * 1000
        sys.stdout.flush()
        print(f"{_end(request['request_id'], duration)}{initialised}", file=sys.stderr, flush=True)
        initialised = ""  # only the first event waited for that
        send(channel, reply)


def _end(request_id: str, milliseconds: float) -> str:
    """The last lines of an invocation, as Lambda writes them."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # Linux counts KiB; macOS, bytes
    report = (
        f"REPORT RequestId: {request_id}",
        f"Duration: {milliseconds:.2f} ms",
        f"Billed Duration: {math.ceil(milliseconds)} ms",
        f"Memory Size: {os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']} MB",
        f"Max Memory Used: {used} MB",
    )
    return f"END RequestId: {request_id}\n" + "\t".join(report)


if __name__ == "__main__":
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)  # a process that the handler starts must not hold the channel open
    with socket.socket(fileno=descriptor) as connection:
        serve(connection)
