"""The worker in a container that has the function's memory and no more: nothing that is uploaded gets it killed.

AWS's own emulator runs it, inside the same limit, which takes some 20 MB that the function has to itself in Lambda. A
process that was killed for its memory would be started again by the emulator: so it must be the same one at the end.
"""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import photographs
from local.layout import CHECKOUT
from tests.docker import nasty
from tests.docker.containers import Container, docker, running
from tests.unit.image_worker.events import failed, sqs_event
from tests.worker_cloud import WorkerCloud, worker_cloud

pytestmark = pytest.mark.docker

TRIES = 5
SMALL_MB = 768
"""Less than some of the largest pictures take."""

SECONDS = 300.0
"""Of one invocation. Not the function's own: this is about memory, on machines of any speed."""

PROCESSES = """
import os
for pid in filter(str.isdigit, os.listdir('/proc')):
    if int(pid) != os.getpid():
        print(pid, open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[19])
"""
PEAK = """
import os
one, two = '/sys/fs/cgroup/memory/memory.max_usage_in_bytes', '/sys/fs/cgroup/memory.peak'
print(open(one if os.path.exists(one) else two).read())
"""


@dataclass
class Limited:
    """A worker in its container; `outcomes` has by name how its picture ended: ready, or the error's code."""

    container: Container
    cloud: WorkerCloud
    limit: int
    outcomes: dict[str, str]

    def handle(self, files: dict[str, bytes]) -> None:
        """Delivers all of them in one batch, and again what is to come again, as SQS does."""
        waiting = {name: self.cloud.uploaded(data) for name, data in files.items()}
        uploads = dict(waiting)
        for tries in range(1, TRIES + 1):
            event = sqs_event(*(uploaded.message for uploaded in waiting.values()), tries=tries)
            answer = self.container.invoke(event, SECONDS)
            again = failed(answer) if "batchItemFailures" in answer else [f"m{n}" for n in range(len(waiting))]
            names = list(waiting)
            waiting = {names[int(message_id[1:])]: waiting[names[int(message_id[1:])]] for message_id in again}
            if not waiting:
                break
        for name, uploaded in uploads.items():
            item = self.cloud.item(uploaded)
            self.outcomes[name] = item["error"]["code"] if item["status"] == "failed" else item["status"]

    def processes(self) -> set[str]:
        """Its processes, each with the moment it was started: the emulator's and the function's."""
        return set(self.container.python(PROCESSES).splitlines())

    def peak(self) -> int:
        """The most bytes that the container ever had."""
        return int(self.container.python(PEAK))

    def was_killed(self) -> bool:
        """Whether anything in it was killed for its memory."""
        return docker("inspect", "--format", "{{.State.OOMKilled}}", self.container.name).stdout.strip() != "false"


@pytest.fixture(scope="module")
def cloud(docker_engine: str) -> Iterator[WorkerCloud]:  # noqa: ARG001
    """Where containers reach it: on the address that this machine has in Docker's own network."""
    found = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").stdout.strip()
    try:
        with socket.socket() as probe:
            probe.bind((found, 0))
    except OSError:
        pytest.skip(f"{found}, where containers could reach this machine, is none of its addresses")
    with worker_cloud(found) as cloud:
        cloud.rekognition.answer_always(["Sky"], [], delay_ms=0)
        yield cloud


@pytest.fixture
def limited(images: dict[str, str], cloud: WorkerCloud) -> Iterator[Limited]:
    """A worker with the memory that Terraform gives it."""
    with limited_to(memory_of_the_function(), images, cloud) as worker:
        yield worker


@contextmanager
def limited_to(memory_mb: int, images: dict[str, str], cloud: WorkerCloud) -> Iterator[Limited]:
    """A worker that was handed an ordinary picture already; afterwards it must be alive, and have stayed below."""
    environment = cloud.environment | {
        "AWS_LAMBDA_FUNCTION_TIMEOUT": f"{SECONDS:.0f}",
        "MEMORY_MB": str(memory_mb),
        "TIMEOUT_SECONDS": f"{SECONDS:.0f}",
    }
    limits = (f"--memory={memory_mb}m", f"--memory-swap={memory_mb}m")  # the same: no swap
    with running(images["image_worker"], "", environment, *limits) as container:
        worker = Limited(container, cloud, memory_mb * 1024 * 1024, {})
        worker.handle({"before": photographs.jpeg(400, 300)})
        before = worker.processes()
        assert len(before) > 1
        yield worker
        print(container.logs, worker.outcomes, f"peak: {worker.peak() / 1e6:.0f} MB", sep="\n")
        worker.handle({"after": photographs.jpeg(400, 300)})
        assert worker.outcomes["after"] == "ready"
        assert worker.processes() == before
        assert not worker.was_killed()
        assert worker.peak() < worker.limit


def memory_of_the_function() -> int:
    """MB, as Terraform gives it by default."""
    variables = (CHECKOUT / "terraform" / "modules" / "gazette" / "variables.tf").read_text()
    found = re.search(r"image_worker = optional\(object\(\{\s+memory_mb\s+= optional\(number, (\d+)\)", variables)
    assert found
    return int(found[1])


@pytest.fixture(scope="module")
def largest(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """The largest pictures by name, each made once."""
    folder: Path = tmp_path_factory.mktemp("largest")

    def made(name: str) -> bytes:
        kept = folder / name
        if not kept.exists():
            kept.write_bytes(nasty.LARGEST[name]())
        return kept.read_bytes()

    return made


def test_every_picture_of_the_most_pixels_fits_alone(limited: Limited, largest: Callable[[str], bytes]) -> None:
    for name in nasty.LARGEST:
        limited.handle({name: largest(name)})

    assert limited.outcomes == dict.fromkeys(["before", *nasty.LARGEST], "ready")


@pytest.mark.parametrize("name", ["progressive JPEG", "RGBA PNG", "lossless WebP with alpha", "HEIC of tiles", "AVIF"])
def test_four_of_them_in_one_batch_fit_one_after_the_other(
    limited: Limited, largest: Callable[[str], bytes], name: str
) -> None:
    limited.handle({str(number): largest(name) for number in range(4)})

    assert limited.outcomes == dict.fromkeys(["before", *"0123"], "ready")


def test_four_different_ones_in_one_batch_fit(limited: Limited, largest: Callable[[str], bytes]) -> None:
    names = ["WebP", "16-bit RGBA PNG", "HEIC of one piece", "32-bit TIFF"]

    limited.handle({name: largest(name) for name in names})

    assert limited.outcomes == dict.fromkeys(["before", *names], "ready")


def test_a_smaller_function_refuses_what_does_not_fit(
    images: dict[str, str], cloud: WorkerCloud, largest: Callable[[str], bytes]
) -> None:
    with limited_to(SMALL_MB, images, cloud) as worker:
        for name in nasty.LARGEST:
            worker.handle({name: largest(name)})

    outcomes = {name: worker.outcomes[name] for name in nasty.LARGEST}
    assert set(outcomes.values()) == {"ready", "too_large"}
    assert outcomes["JPEG"] == "ready"
    assert outcomes["lossless WebP with alpha"] == "too_large"


def test_files_that_lie_or_unpack_to_gigabytes_cost_nothing(limited: Limited) -> None:
    names = list(nasty.NASTIEST)
    for first in range(0, len(names), 4):
        limited.handle({name: nasty.NASTIEST[name][0]() for name in names[first : first + 4]})

    allowed = {name: codes for name, (_, codes) in nasty.NASTIEST.items()}
    assert not {name: limited.outcomes[name] for name in names if limited.outcomes[name] not in allowed[name]}
    assert limited.peak() < limited.limit / 2
