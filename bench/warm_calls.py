"""Calls a handler again and again, in the directory and with the interpreter of its stack: bench.warm starts it.

    warm_calls.py HANDLER REQUEST.json             a line for each answer; then, per line "<which> <times>" on
                                                   stdin, the seconds these calls took
    warm_calls.py HANDLER REQUEST.json TIMES       forks a child for each of the answers that makes one call, then one
                                                   that makes TIMES more: valgrind prints what each has executed

DynamoDB is stubbed at botocore's `_make_api_call`, and at the `_call` of our own client, which is the same to it. What
boto3's resource does to a request before and to an answer after it, by its event handlers, stays: it is to the usual
stack what articles/dynamo_json.py is to us. Building the request, signing it, HTTP and parsing the answer are gone,
for all.
"""

import importlib
import importlib.util
import json
import os
import sys
import time
from types import SimpleNamespace

sys.path.insert(0, os.getcwd())  # noqa: PTH109 (before anything of the stack is imported)

import botocore.client

CONTEXT = SimpleNamespace(
    aws_request_id="5c1e1f3e-0000-4000-8000-000000000000",
    function_name="bench",
    function_version="$LATEST",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
    memory_limit_in_mb="1024",
    get_remaining_time_in_millis=lambda: 10_000,
)


def stub(answers):
    """The client's calls are answered by the next of these, each an object of its own: the resource changes them."""

    def call(client, operation, parameters):
        model, context = client.meta.service_model.operation_model(operation), {}
        client._emit_api_params(parameters, model, context)
        parsed = answers.pop()
        event = f"after-call.dynamodb.{operation}"
        client.meta.events.emit(event, http_response=None, parsed=parsed, model=model, context=context)
        return parsed

    botocore.client.BaseClient._make_api_call = call
    if importlib.util.find_spec("api"):
        importlib.import_module("api.dynamodb").DynamoDB._call = lambda *_: answers.pop()


def main():
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a handler prints is a log
    module, _, name = sys.argv[1].rpartition(".")
    with open(sys.argv[2]) as file:  # noqa: PTH123
        request = json.load(file)
    event, texts, answers = request["event"], request["answers"], []
    stub(answers)
    handler = getattr(importlib.import_module(module), name)

    def calls(times):
        began = time.perf_counter()
        for _ in range(times):
            handler(event, CONTEXT)
        return time.perf_counter() - began

    def prepared(which, times):
        answers[:] = [json.loads(texts[which]) for _ in range(times)]

    if len(sys.argv) > 3:
        for which in texts:
            for times in (1, 1 + int(sys.argv[3])):
                if os.fork() == 0:
                    prepared(which, 1 + int(sys.argv[3]))
                    calls(times)
                    os._exit(0)
                os.wait()
        return
    for which in texts:
        prepared(which, 1)
        answer = handler(event, CONTEXT)
        print(json.dumps(answer), file=results, flush=True)
    for line in sys.stdin:
        which, times = line.split()
        prepared(which, int(times))
        print(calls(int(times)), file=results, flush=True)


main()
