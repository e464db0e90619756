"""The API's function from its start to its first answer, and from its restore: what bench.snapstart starts.

    snapstart_subject.py init EVENT BEGAN       BEGAN: the monotonic clock when the process was started
    snapstart_subject.py restore EVENT TIMES    makes that many copies of the primed process, one after the other
    snapstart_subject.py count EVENT            makes two copies: the first ends at once, the second does what one does

Writes milliseconds, one number a line. It imports nothing that the function's image has not.
"""

import importlib
import json
import os
import sys
import time
from types import SimpleNamespace

import awslambdaric.bootstrap  # noqa: F401 (Lambda's runtime has it)
from awslambdaric import lambda_runtime_hooks_runner as runtime

handler = importlib.import_module("api.handler").handler
mode, event = sys.argv[1], json.loads(sys.argv[2])


def call() -> None:
    answer = handler(event, SimpleNamespace(aws_request_id="bench"))
    assert answer["statusCode"] == 200, answer


def restore() -> None:
    began = time.monotonic()
    runtime.run_after_restore()
    call()
    say(began)


def say(began: float) -> None:
    os.write(1, f"{(time.monotonic() - began) * 1000:.3f}\n".encode())


def copy(do: object) -> None:
    if os.fork() == 0:
        do()  # type: ignore[operator]
        os._exit(0)
    _, status = os.wait()
    assert status == 0


if mode == "init":
    call()
    say(float(sys.argv[3]))
    os._exit(0)
runtime.run_before_snapshot()
if mode == "count":
    copy(lambda: None)
    copy(restore)
else:
    for _ in range(int(sys.argv[3])):
        copy(restore)
