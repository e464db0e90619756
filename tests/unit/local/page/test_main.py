"""The command, as the local cloud starts it."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

from local.layout import CHECKOUT


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "local.page", "--outputs", "/nowhere/outputs.json", *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_says_where_it_listens_and_ends_on_sigterm(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the page")
    with start("--port", "0", "--files", str(tmp_path)) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Page ready on (http://127\.0\.0\.1:\d+)\n", line)
        assert found, line
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(found[1] + "/?code=a-code-of-the-sign-in", timeout=5) as answer:
            assert answer.read() == b"the page"
        process.send_signal(signal.SIGTERM)
        shown, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
        assert shown + errors == "", "nothing that a log should not have"


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


def test_nothing_slow_is_imported() -> None:
    check = (
        "import sys, local.page.__main__; print(sorted({'boto3', 'botocore', 'requests', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
