"""The command, as the local cloud starts it."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from local.rekognition.control import RekognitionControl

ROOT = Path(__file__).parents[4]


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "local.rekognition", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_says_where_it_listens_and_ends_on_sigterm() -> None:
    with start("--port", "0", "--endpoint-url", "http://127.0.0.1:1") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Rekognition stand-in ready on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        assert RekognitionControl(found[1]).counts() == {"DetectLabels": 0, "DetectModerationLabels": 0}
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors


def test_a_busy_port_is_one_clear_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start("--port", str(port)) as process:
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert "Traceback" not in errors


def test_what_is_slow_to_import_is_not_imported_before_it_is_ready() -> None:
    check = (
        "import sys, local.rekognition.__main__; print(sorted({'boto3', 'onnxruntime', 'skimage'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
