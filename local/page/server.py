"""The HTTP side: GET and HEAD of the page's files, and of /config.json.

The standard library's threading server is enough for one developer's browsers, and it is there in no time.
"""

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from local.files import read_json
from local.page.files import KEPT_BACK, Content, find
from local.page.headers import security_headers

CONFIG: Final = "/config.json"
_TEXT: Final = "text/plain; charset=utf-8"
_NOT_YET: Final = "The local cloud is not up yet: `make up` has to be through first."


class PageServer(ThreadingHTTPServer):
    """Serves a folder. It and the outputs are looked at for each request: both may change meanwhile."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], files: Path, outputs: Path) -> None:
        """Takes the address to listen on (port 0: one that is free), the folder, and the file that `up` leaves."""
        self.files = files
        self._outputs = outputs
        super().__init__(address, _RequestHandler)

    def outputs(self) -> dict[str, Any]:
        """What `up` left; nothing before it is through."""
        content = read_json(self._outputs)
        return content if isinstance(content, dict) else {}

    def config(self) -> Content | None:
        """What the page has to know of its cloud; None before `up` is through."""
        known = self.outputs()
        config = {
            "api_url": known.get("api_url"),
            "sign_in_url": known.get("sign_in_url"),
            "client_id": known.get("user_pool_client_id"),
        }
        return Content(json.dumps(config).encode(), "application/json") if all(config.values()) else None

    def security_headers(self) -> dict[str, str]:
        """Those of every answer."""
        return security_headers(read_json(self.files / KEPT_BACK) or {}, self.outputs())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers hang up whenever somebody goes on; that is not worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _RequestHandler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet each time: no waiting for Nagle's algorithm.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """A file, or the configuration."""
        path = unquote(self.path.partition("?")[0])
        if path == CONFIG:
            config = self.server.config()
            if config is None:
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, _NOT_YET)
            else:
                self._answer(config)
            return
        content = find(self.server.files, path)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND, "There is no such file.")
        else:
            self._answer(content)

    def do_HEAD(self) -> None:
        """The same without the body."""
        self.do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """A plain sentence in place of the base class's page; which calls this, too, for methods that have no do_…"""
        # Closed, as the base class does: a body that came along is not read, and would look like the next request.
        headers = {"Content-Type": _TEXT, "Connection": "close"}
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code, message = HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD only."
            headers["Allow"] = "GET, HEAD"
        self._send(code, headers, f"{message or HTTPStatus(code).phrase}\n".encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Silent: addresses that come back from the sign-in hold a code, which no log may have."""

    def _answer(self, content: Content) -> None:
        headers = {"Content-Type": content.type, "ETag": content.etag, "Vary": "Accept-Encoding"}
        body = content.body
        compressed = content.compressed() if _takes_gzip(self.headers.get("Accept-Encoding", "")) else None
        if compressed is not None:
            body = compressed
            # As CloudFront has it: weak, as the bytes are not those that the tag was made of.
            headers |= {"Content-Encoding": "gzip", "ETag": f"W/{content.etag}"}
        if content.is_known(self.headers.get("If-None-Match", "")):
            self._send(HTTPStatus.NOT_MODIFIED, {"ETag": headers["ETag"], "Vary": headers["Vary"]}, None)
        else:
            self._send(HTTPStatus.OK, headers, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes | None) -> None:
        self.send_response(status)
        for name, value in (headers | {"Cache-Control": "no-cache"} | self.server.security_headers()).items():
            self.send_header(name, value)
        if body is not None:  # 304 says nothing of a body
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether the header names gzip, and not with a weight of nought."""
    for offer in accept_encoding.lower().split(","):
        name, _, weight = (part.strip() for part in offer.partition(";"))
        if name == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
