"""From a new article to a picture that everybody may see, on the local stack: `python -m bench.end_to_end [ROUNDS]`.

Each round does what a client does: create an article, register an image, post the photograph, ask until it is ready.
The stand-in for Rekognition answers after a fixed time and looks at nothing; that time is taken off, as no code of ours
can change it. The photograph is another file each time, so that no analysis is reused.

Beside it runs the same at BEFORE, an earlier commit of this repository, on a stack of its own, where git knows it: a
round there follows each one here, so that a busy moment of the machine hits both alike. Printed are medians, in ms:

    article, register, upload   the client's three calls
    queue                       S3's event, SQS, its dispatch, until the worker's handler begins (the emulator's)
    prepare                     claim, download, decode, encode, until Rekognition is called
    rekognition                 from the first call to the last answer: the stand-in's own time, and ours around it
    conclude                    renditions, finish, notification, delete, settle; the image is ready within
    seen                        from its being ready until the client knows: at most its pause and a call
"""

import io
import itertools
import json
import os
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import requests

from bench.photographs import PHOTOGRAPH
from bench.results import record
from local import outputs
from local.clients import Clients
from local.layout import CHECKOUT, Layout
from local.ports import free_port
from local.rekognition.control import RekognitionControl
from local.users import UserPool

ROUNDS = 20
WARM_UP = 3
BEFORE = "c128bbe"
"""The commit at which this began to be measured."""

REKOGNITION_MS = 150.0
PAUSE = 0.01
PATIENCE = 60.0
SPANS = ("article", "register", "upload", "queue", "prepare", "rekognition", "conclude", "seen")

_numbers = itertools.count(time.time_ns())


class Stack:
    """A running stack, as a client of its API and a reader of its logs."""

    def __init__(self, layout: Layout) -> None:
        applied = outputs.read(layout)
        self._log = layout.log("image_worker")
        self._read = 0
        self._rekognition = RekognitionControl(applied["rekognition_endpoint_url"])
        self._rekognition.answer_always(["Person", "Face"], [], delay_ms=REKOGNITION_MS)
        users = UserPool(
            Clients(applied["endpoint_url"]).cognito, applied["user_pool_id"], applied["user_pool_client_id"]
        )
        self._url = applied["api_url"]
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy stands between a machine and itself
        self._http.headers["Authorization"] = f"Bearer {users.token('alice')}"

    def round(self) -> dict[str, float]:
        """Milliseconds of one picture: each of SPANS, `total`, and `ours`, which is without the stand-in's own."""
        photograph = PHOTOGRAPH.read_bytes()
        file = photograph[:2] + struct.pack(">HHQ", 0xFFFE, 10, next(_numbers)) + photograph[2:]  # a comment
        called = len(self._rekognition.calls())
        moments = [time.time()]
        article = self._post("articles", {"title": "A title", "body": "A body.", "status": "published"})
        moments.append(time.time())
        announced = {"filename": "photograph.jpg", "content_type": "image/jpeg", "size": len(file)}
        registered = self._post(f"articles/{article['id']}/images", announced)
        moments.append(time.time())
        upload = registered["upload"]
        sent = self._http.post(
            upload["url"], data=upload["fields"], files={"file": file}, timeout=30, headers={"Authorization": None}
        )
        assert sent.ok, sent.text
        moments.append(time.time())
        self._wait(f"{self._url}/articles/{article['id']}/images/{registered['image']['id']}")
        seen = time.time()
        concluded, seconds = self._worker(registered["image"]["id"])
        calls = self._rekognition.calls()[called:]
        asked = min(_seconds(call["at"]) for call in calls)
        answered = max(_seconds(call["at"]) + call["duration_ms"] / 1000 for call in calls)
        # The client may see the picture before the worker has told everybody else.
        moments += [concluded - seconds, asked, answered, min(concluded, seen), seen]
        spans = {
            name: (end - begin) * 1000 for name, (begin, end) in zip(SPANS, itertools.pairwise(moments), strict=True)
        }
        total = (seen - moments[0]) * 1000
        return spans | {"total": total, "ours": total - max(call["duration_ms"] for call in calls)}

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"{self._url}/{path}", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def _wait(self, url: str) -> None:
        until = time.monotonic() + PATIENCE
        while (status := self._http.get(url, timeout=30).json()["status"]) != "ready":
            assert status in ("pending", "processing"), status
            assert time.monotonic() < until, status
            time.sleep(PAUSE)

    def _worker(self, image_id: str) -> tuple[float, float]:
        """When its handler was through with the image (seconds since the epoch), and how many seconds that took."""
        until = time.monotonic() + PATIENCE
        while True:
            log = self._log.read_text()[self._read :]
            found = re.search(
                rf'^(\{{.*"finished".*"{image_id}".*\}})$(?s:.)*?Duration: ([\d.]+) ms', log, re.MULTILINE
            )
            if found:
                self._read += found.end()
                return _seconds(json.loads(found[1])["timestamp"]), float(found[2]) / 1000
            assert time.monotonic() < until, log
            time.sleep(PAUSE)


def main() -> None:
    """Measures, prints a table, and keeps the figures in bench/results.json."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    if shutil.which("terraform") is None:
        sys.exit("skipped: terraform is not installed")
    with ExitStack() as stack:
        measured = {"ours": stack.enter_context(starting(CHECKOUT))}
        if earlier := stack.enter_context(checkout_of(BEFORE)):
            measured["before"] = stack.enter_context(starting(earlier))
        else:
            print(f"git does not know {BEFORE} here: nothing to compare with")
        compare({name: started() for name, started in measured.items()}, rounds)


def compare(stacks: dict[str, Stack], rounds: int) -> None:
    """Goes through all the rounds on each of the stacks, in random order."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in stacks}
    for number in range(WARM_UP + rounds):
        for name in random.sample(list(stacks), len(stacks)):
            spans = stacks[name].round()
            if number >= WARM_UP:
                taken[name].append(spans)
    columns = (*SPANS, "total", "ours")
    median = {
        name: {span: statistics.median(one[span] for one in of) for span in columns} for name, of in taken.items()
    }
    print(f"{rounds} rounds, interleaved; medians in ms; ours: the total without Rekognition's stand-in")
    print(f"{'':<8}" + "".join(f"{column:>12}" for column in columns))
    for name, spans in median.items():
        print(f"{name:<8}" + "".join(f"{spans[column]:12.0f}" for column in columns))
    before = {name: spans["ours"] for name, spans in median.items() if name != "ours"}
    record("end_to_end", median["ours"]["ours"], before, unit="ms", aim="falling")


@contextmanager
def checkout_of(commit: str) -> Iterator[Path | None]:
    """The repository's files at a commit, or None where git does not know it (a copy without history)."""
    archive = subprocess.run(["git", "archive", commit], cwd=CHECKOUT, capture_output=True, check=False)
    if archive.returncode:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="gazette-before-") as directory:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(directory, filter="data")
        complete(Path(directory))
        yield Path(directory)


def complete(checkout: Path) -> None:
    """Puts what its functions were locked to, and what is not installed here any more, beside their code."""
    installed = {found.name.lower().replace("_", "-") for found in metadata.distributions()}
    locks = [(checkout / "requirements" / f"{name}.txt").read_text() for name in ("api", "image_worker")]
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", "\n".join(locks), re.MULTILINE))
    missing = [f"{name}=={version}" for name, version in locked.items() if name.lower() not in installed]
    if missing:
        command = ["uv", "pip", "install", "--quiet", "--no-deps", "--target", str(checkout / "services"), *missing]
        subprocess.run([sys.executable, "-m", *command], check=True)


@contextmanager
def starting(checkout: Path) -> "Iterator[Any]":
    """Begins to start a checkout's stack, with this Python; gives what waits for it and returns a Stack."""
    layout = Layout(Path(tempfile.mkdtemp(prefix="gazette-bench-")))
    output = (layout.root / "up.log").open("w+")

    def local(*command: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {"GAZETTE_LOCAL_DIR": str(layout.root)}
        return subprocess.Popen(
            [sys.executable, "-m", "local", *command], cwd=checkout, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    up = local("up", "--port", str(free_port()))

    def started() -> Stack:
        if up.wait():
            output.seek(0)
            sys.exit(output.read())
        return Stack(layout)

    try:
        yield started
    finally:
        up.terminate()
        up.wait()
        local("down").wait()
        output.close()
        shutil.rmtree(layout.root, ignore_errors=True)


def _seconds(at: str | float) -> float:
    return at if isinstance(at, int | float) else datetime.fromisoformat(at).timestamp()


if __name__ == "__main__":
    main()
