"""AWS as a restored copy meets it, over HTTP on this machine: credentials that are new each time, a DynamoDB that takes
every write and reads back the newest articles, Secrets Manager, the user pool's keys. All that comes is kept."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")


@dataclass(frozen=True)
class Request:
    operation: str
    body: dict[str, Any]
    connection: tuple[str, int]
    """The client's end, which names a connection for as long as the server lives."""
    access_key: str
    date: str
    """When it was signed, as `20260131T120000Z`."""


@dataclass
class Cloud:
    address: str = ""
    asked: list[str] = field(default_factory=list)
    """Everything that was ever asked for, by path or operation."""
    requests: list[Request] = field(default_factory=list)
    handed_out: list[str] = field(default_factory=list)
    """The access keys."""
    articles: list[dict[str, Any]] = field(default_factory=list)
    secret: str = ""
    keys: list[dict[str, Any]] = field(default_factory=list)
    """The user pool's, as a JWKS has them."""
    conflicts: bool = False
    """Whether each transaction is refused once, as another one's victim."""
    refused: set[str] = field(default_factory=set)

    def environment(self) -> dict[str, str]:
        """Of a function with SnapStart, whose AWS this is."""
        return {
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.address}/credentials",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_REGION": "us-east-1",
            "CURSOR_KEY": "5e" * 32,
            "IMAGE_JOBS_QUEUE_URL": f"{self.address}/000000000000/image-jobs",
            "JWKS_URL": f"{self.address}/jwks",
            "MAX_UPLOAD_BYTES": "15728640",
            "MEDIA_BUCKET": "gazette-media",
            "STACK_NAME": "gazette-test",
            "TABLE_NAME": "gazette",
            "TOKEN_AUDIENCE": "4k8examplec1ient1d",
            "TOKEN_ISSUER": "https://issuer.example.com",
            "UPLOADS_BUCKET": "gazette-uploads",
            "UPLOADS_PER_HOUR": "100",
        }

    def credentials(self) -> dict[str, str]:
        self.handed_out.append(f"AK{len(self.handed_out)}")
        return {
            "AccessKeyId": self.handed_out[-1],
            "SecretAccessKey": f"secret of {self.handed_out[-1]}",
            "Token": f"token of {self.handed_out[-1]}",
            "Expiration": "2099-01-01T00:00:00Z",  # so that nobody asks anew for its age
        }

    def answer(self, request: Request) -> tuple[int, Any]:
        self.asked.append(request.operation)
        self.requests.append(request)
        match request.operation:
            case "TransactWriteItems":
                token = request.body["ClientRequestToken"]
                if self.conflicts and request.access_key not in self.refused:
                    self.refused.add(request.access_key)
                    reasons = [{"Code": "TransactionConflict"} for _ in request.body["TransactItems"]]
                    return 400, {"__type": "TransactionCanceledException", "CancellationReasons": reasons}
                assert token
                items = [part["Put"]["Item"] for part in request.body["TransactItems"] if "Put" in part]
                self.articles += [item for item in items if "title" in item and "body" in item]
                return 200, {}
            case "PutItem":
                self.articles.append(request.body["Item"])
                return 200, {}
            case "Query":
                # A list's page ends with the newest, so that its cursor names that.
                found = [self.articles[-1], self.articles[0]][: 2 if "IndexName" in request.body else 1]
                return 200, {"Items": found, "Count": len(found), "ScannedCount": len(found)}
            case "GetSecretValue":
                return 200, {"SecretString": self.secret}
        return 200, {}


@contextmanager
def running() -> Iterator[Cloud]:
    cloud = Cloud()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment an answer

        def do_GET(self) -> None:
            cloud.asked.append(self.path)
            with lock:
                self._send(200, {"keys": cloud.keys} if self.path == "/jwks" else cloud.credentials())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = _ACCESS_KEY.search(self.headers["Authorization"])
            assert found
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            request = Request(operation, body, self.client_address, found[1], self.headers["X-Amz-Date"])
            with lock:
                self._send(*cloud.answer(request))

        def _send(self, status: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A copy that ends with a connection open is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    cloud.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
