"""A container of an image, locked in as Lambda does it, with AWS's emulator in front of the function."""

import http.client
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parent.parent / "events"
START_SECONDS = 30.0

# An AWS whose every address refuses connections.
NOWHERE = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_SECRET_ACCESS_KEY": "test",
}
STORES = {
    "IMAGE_JOBS_QUEUE_URL": "http://127.0.0.1:9/000000000000/image-jobs",
    "MEDIA_BUCKET": "gazette-media",
    "TABLE_NAME": "gazette",
    "UPLOADS_BUCKET": "gazette-uploads",
}
API = STORES | {
    "CURSOR_KEY": "5e" * 32,
    "MAX_UPLOAD_BYTES": "15728640",
    "TOKEN_AUDIENCE": "4k8examplec1ient1d",
    "UPLOADS_PER_HOUR": "200",
}
WORKER = STORES | {
    "ANALYSES_PER_DAY": "0",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/000000000000/dead-letters",
    "IMAGE_EVENTS_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:image-events",
    "LABEL_MIN_CONFIDENCE": "70",
    "LOG_LEVEL": "INFO",
    "MAX_CONCURRENT_PICTURES": "4",
    "MAX_RECEIVE_COUNT": "5",
    "MAX_UPLOAD_BYTES": "15728640",
    "MEMORY_MB": "2048",
    "MODERATION_MIN_CONFIDENCE": "60",
    "REUSE_ANALYSES_FOR_DAYS": "30",
    "STACK_NAME": "gazette-test",
    "TIMEOUT_SECONDS": "60",
}


@dataclass(frozen=True)
class Container:
    """A running one."""

    name: str
    port: int

    def invoke(self, event: Any, seconds: float = 60) -> Any:
        """Sends one event and gives the parsed answer, for which it waits so long."""
        return json.loads(self.invoke_raw(json.dumps(event).encode(), seconds))

    def invoke_raw(self, body: bytes, seconds: float = 60) -> bytes:
        """Sends these bytes and gives the answer's."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", body)
            return connection.getresponse().read()
        finally:
            connection.close()

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in it, as the function's user."""
        return docker("exec", self.name, *command, check=False)

    def python(self, code: str) -> str:
        """Runs Python in it and gives what it prints."""
        done = self.execute("python3", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def logs(self) -> str:
        """All that it has printed."""
        done = docker("logs", self.name)
        return done.stdout + done.stderr


def event(name: str) -> Any:
    """A recorded event of tests/events/."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Runs the Docker client."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check)


@contextmanager
def running(image: str, command: str, environment: dict[str, str], *options: str) -> Iterator[Container]:
    """A container that is ready for events."""
    started = docker(
        "run", "--detach", "--publish=127.0.0.1::8080", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL",
        "--security-opt=no-new-privileges", *(f"--env={name}={value}" for name, value in environment.items()),
        *options, image, *([command] if command else []),
    )  # fmt: skip
    name = started.stdout.strip()
    try:
        port = int(docker("port", name, "8080/tcp").stdout.splitlines()[0].rpartition(":")[2])
        _wait(name, port)
        yield Container(name, port)
    finally:
        docker("rm", "--force", "--volumes", name)


def _wait(name: str, port: int) -> None:
    """Docker's own proxy accepts connections before the emulator does: only an answer counts."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")  # not an invocation: nothing is started by it
            connection.getresponse().read()
        except OSError:
            if time.monotonic() > deadline:
                raise AssertionError(docker("logs", name).stderr) from None
            time.sleep(0.02)
        else:
            return
        finally:
            connection.close()
