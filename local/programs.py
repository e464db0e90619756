"""The four programs that make up the local cloud, and how each is started and found ready."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path

from local.clients import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local.files import fingerprint
from local.layout import CHECKOUT, Layout
from local.ports import HOST

EMULATOR = "emulator"
REKOGNITION = "rekognition"
LAMBDA_HOST = "lambda_host"
PAGE = "page"

# What a program needs of the machine. The rest of the developer's shell (AWS_PROFILE, proxies, …) stays out.
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "USER")


@dataclass(frozen=True)
class Program:
    """What to start. `fingerprint` differs when a running one is out of date."""

    name: str
    title: str
    port: int
    command: tuple[str, ...]
    environment: Mapping[str, str]
    fingerprint: str
    ready: Callable[[], bool]


def emulator(layout: Layout, port: int, bind: str = HOST) -> Program:
    """ministack on one interface, with IAM enforced and nothing kept on disk."""
    environment = _base() | {
        "AUTH": "true",  # IAM policies are enforced, as on AWS
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        # Ports of services that Gazette does not use: a second stack on this machine would fight for them.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # At its start the emulator removes containers of any other one. The functions are processes: no Docker at all.
        "DOCKER_HOST": f"unix://{layout.scratch}/no-docker.sock",
        # Its process id and data files are this stack's own.
        "TMPDIR": str(layout.scratch),
        "STATE_DIR": str(layout.scratch / "emulator"),
        "S3_DATA_DIR": str(layout.scratch / "s3"),
        "LOG_LEVEL": "INFO",
    }
    command = (sys.executable, "-m", "local.emulator", "--bind", bind, "--port", str(port))
    return Program(
        name=EMULATOR,
        title=f"AWS emulator on port {port}",
        port=port,
        command=command,
        environment=environment,
        fingerprint=_fingerprint([CHECKOUT / "local" / "emulator.py"], command, environment, version("ministack")),
        ready=lambda: answers(f"http://{bind}:{port}/_ministack/health"),
    )


def rekognition(port: int, endpoint_url: str, bind: str = HOST) -> Program:
    """The stand-in for Amazon Rekognition, on one interface."""
    command = (
        sys.executable, "-m", "local.rekognition",
        "--bind", bind, "--port", str(port), "--endpoint-url", endpoint_url,
    )  # fmt: skip
    return Program(
        name=REKOGNITION,
        title=f"Rekognition stand-in on port {port}",
        port=port,
        command=command,
        environment=_base(),
        fingerprint=_fingerprint((CHECKOUT / "local" / "rekognition").glob("*.py"), command, _base()),
        ready=lambda: answers(f"http://{bind}:{port}/_control/health"),
    )


def lambda_host(layout: Layout, port: int, endpoint_url: str, runtime: str) -> Program:
    """The functions' processes or containers."""
    local = CHECKOUT / "local"
    sources = [*(local / "lambda_host").glob("*.py"), local / "lambda_runtime.py", local / "clients.py"]
    command = (
        sys.executable, "-m", "local.lambda_host",
        "--port", str(port), "--endpoint-url", endpoint_url, "--logs", str(layout.logs),
        "--runtime", runtime, "--state", str(layout.root),
    )  # fmt: skip
    environment = _base() | {name: os.environ[name] for name in os.environ if name.startswith("DOCKER_")}
    return Program(
        name=LAMBDA_HOST,
        title=f"function host on port {port}",
        port=port,
        command=command,
        environment=environment,
        fingerprint=_fingerprint(sources, command, environment),
        ready=lambda: answers(f"http://{HOST}:{port}/health"),
    )


def page(layout: Layout, port: int, bind: str = HOST) -> Program:
    """The stand-in for the page's bucket behind CloudFront, on one interface."""
    local = CHECKOUT / "local"
    sources = [*(local / "page").glob("*.py"), local / "files.py"]
    command = (
        sys.executable, "-m", "local.page",
        "--bind", bind, "--port", str(port), "--outputs", str(layout.outputs),
    )  # fmt: skip
    return Program(
        name=PAGE,
        title=f"page on port {port}",
        port=port,
        command=command,
        environment=_base(),
        fingerprint=_fingerprint(sources, command, _base()),
        ready=lambda: answers(f"http://{bind}:{port}/"),
    )


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    # No proxy stands between a machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return bool(response.status < 300)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return False
    except (OSError, HTTPException):  # refused, reset, timed out: urllib's own error is one of these, too
        return False


def _base() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONUNBUFFERED": "1"}


def _fingerprint(sources: Iterable[Path], command: tuple[str, ...], environment: Mapping[str, str], *more: str) -> str:
    return fingerprint(sources, *command, *(f"{name}={environment[name]}" for name in sorted(environment)), *more)
