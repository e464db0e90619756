"""Answers of AWS that were recorded, given again over HTTP by a process of its own: `python -m bench.canned FILE`.

So a handler can be measured with everything that it does itself, its HTTP client's work too, and nothing that an
emulator does. A request is known by its target and body; where the body was never seen (it has a new id in it, say) the
target's last answer serves. Requests without a target, S3's, are answered 204.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.listening import listening

_ONCE = ("ClientRequestToken", "ReturnConsumedCapacity")


class Recorder:
    """`answers`: {target: {body: answer}}, all as text; "" stands for any body."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, str]] = {}

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The clients that are made inside are listened to, for good."""
        with listening(("before-call", self._before), ("response-received", self._after)):
            yield

    def _before(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        target = params["headers"].get("X-Amz-Target")
        if target:
            context["recorded"] = (target, _known_by(params["body"]))

    def _after(self, context: dict[str, Any], response_dict: Mapping[str, Any] | None = None, **_: Any) -> None:
        if "recorded" not in context or not response_dict:
            return
        target, body = context["recorded"]
        answer = json.loads(response_dict["body"])
        answer.pop("ConsumedCapacity", None)
        known = self.answers.setdefault(target, {})
        known[body] = known[""] = json.dumps(answer)


@contextmanager
def served(answers: Mapping[str, Mapping[str, str]], folder: Path) -> Iterator[str]:
    """The address at which these answers are given."""
    file = folder / "answers.json"
    file.write_text(json.dumps(answers))
    process = subprocess.Popen([sys.executable, "-m", "bench.canned", str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _known_by(body: bytes | str) -> str:
    content = json.loads(body)
    return json.dumps({name: value for name, value in content.items() if name not in _ONCE}, sort_keys=True)


def _serve(answers: Mapping[str, Mapping[str, str]]) -> None:
    class Canned(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment an answer

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            known = answers.get(self.headers.get("X-Amz-Target", ""))
            text = (known.get(_known_by(body)) or known[""]).encode() if known else b""
            self.send_response(200 if known else 204)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()

        do_PUT = do_DELETE = do_GET = do_POST  # noqa: N815 (named by the library)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Canned)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    _serve(json.loads(Path(sys.argv[1]).read_text()))
