"""Makes the virtual environment that everything else runs in: `python3 local/bootstrap.py`.

Needs nothing but a Python: this file is read by whatever `python3` a machine has, so it keeps to syntax that old ones
understand, and says in one sentence when they are too old. Run again, it compares one hash and does nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LOCK = CHECKOUT / "requirements" / "dev.txt"
LOCAL = CHECKOUT / ".local"
VENV = CHECKOUT / ".venv"
STAMP = VENV / ".gazette-lock"
OLDEST = (3, 11)
TOO_NEW = (3, 14)  # the locked onnxruntime and numpy carry wheels up to 3.13


class BootstrapError(Exception):
    """Something that the person at the keyboard has to put right; the text is one sentence that says what."""


def is_supported(version: tuple[int, ...]) -> bool:
    """Whether the lock's wheels fit this (major, minor, …)."""
    return OLDEST <= tuple(version[:2]) < TOO_NEW


def wanted_stamp(lock: bytes, python: str) -> str:
    """What the stamp file holds when the environment is complete: it changes with the lock and the interpreter."""
    return hashlib.sha256(lock + python.encode()).hexdigest()


def locked_requirement(lock: str, name: str) -> str:
    """One package's lines of the lock, version and hashes, so that it can be installed before all others.

    Raises:
        BootstrapError: the lock does not pin that package.
    """
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    if not found:
        raise BootstrapError(f"{LOCK.relative_to(CHECKOUT)} does not pin {name}: run `make lock`")
    return found.group()


def uv_settings(pip_config: str) -> dict[str, str]:
    """uv's environment variables for the indexes and certificates that this machine's pip is configured with.

    uv does not read pip's configuration, and a site's mirror usually stands nowhere else. Takes what `pip config list`
    prints; gives nothing when there is nothing to hand over.
    """
    values = {}
    for line in pip_config.splitlines():
        found = re.match(r"(?:global|install|user|site|:env:)\.([a-z-]+)='(.*)'$", line.strip())
        if found:
            values[found.group(1)] = " ".join(found.group(2).replace("\\n", " ").split())
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_EXTRA_INDEX_URL",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
    }
    settings = {names[key]: value for key, value in values.items() if key in names}
    if "UV_FIND_LINKS" in settings:
        settings["UV_FIND_LINKS"] = settings["UV_FIND_LINKS"].replace(" ", ",")
    if "UV_EXTRA_INDEX_URL" in settings:
        # Like pip, look at every index: the lock's hashes decide what is accepted, not the index it came from.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return settings


def supported_python() -> str:
    """The path of an interpreter that the lock fits: this one where it does.

    Raises:
        BootstrapError: there is none on PATH.
    """
    if is_supported(tuple(sys.version_info[:2])):
        return sys.executable
    for minor in range(TOO_NEW[1] - 1, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # A version manager's shim is on PATH for versions that are not active, too: ask it.
        if found and is_supported(version_of(Path(found))):
            return found
    raise BootstrapError(
        f"Gazette needs Python {OLDEST[0]}.{OLDEST[1]} to {TOO_NEW[0]}.{TOO_NEW[1] - 1}, and {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}: install one, or name it with `make PYTHON=/path/to/python3.12 …`"
    )


def run(command: list[str], failure: str, settings: dict[str, str] | None = None) -> None:
    """Runs a command quietly; its output is shown only when it fails.

    Raises:
        BootstrapError: with `failure` and the last lines of what the command said.
    """
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(settings or {})},
        check=False,
    )
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise BootstrapError(f"{failure}\n{last}")


def install(python: Path, lock: str) -> str:
    """Installs the lock into the environment and gives the name of the tool that did it."""
    with tempfile.TemporaryDirectory() as scratch:
        alone = Path(scratch) / "uv.txt"
        alone.write_text(locked_requirement(lock, "uv"))
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
        try:
            run([*pip, "-r", str(alone)], "uv could not be installed")
            shown = subprocess.run(
                [str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
            )
            run(
                [
                    str(python.with_name("uv")), "pip", "sync", "--quiet", "--require-hashes",
                    "--python", str(python), str(LOCK),
                ],
                "uv could not install the locked packages",
                uv_settings(shown.stdout),
            )  # fmt: skip
        except BootstrapError as error:
            # pip knows proxies, mirrors and certificates in more ways than uv does; the result is the same, later.
            print(f"  {str(error).splitlines()[0]}: going on with pip, which takes longer", flush=True)
            run([*pip, "-r", str(LOCK)], "The locked packages could not be installed.")
            return "pip"
    return "uv"


def bootstrap() -> None:
    """Makes or updates .venv until it holds exactly what the lock says.

    Raises:
        BootstrapError: no suitable Python, no venv module, or no index that holds the packages.
    """
    interpreter = supported_python()
    lock = LOCK.read_text()
    wanted = wanted_stamp(lock.encode(), os.path.realpath(interpreter))
    if is_complete(wanted):
        return
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    with (LOCAL / "setup.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two commands at once: the second one finds the work done
        if not is_complete(wanted):
            make(interpreter, lock, wanted)


def is_complete(wanted: str) -> bool:
    """Whether the environment is the one that is wanted, and whole."""
    try:
        return (VENV / "pyvenv.cfg").exists() and STAMP.read_text() == wanted
    except OSError:
        return False


def make(interpreter: str, lock: str, wanted: str) -> None:
    """Makes the environment where there is none that can be updated, and installs the lock into it."""
    python = VENV / "bin" / "python"
    began = time.monotonic()
    STAMP.unlink(missing_ok=True)  # until all is there, nothing vouches for it
    if not ((VENV / "pyvenv.cfg").exists() and version_of(python) == version_of(Path(interpreter))):
        run(
            [interpreter, "-m", "venv", "--clear", str(VENV)],
            f"`{interpreter} -m venv` failed: on Debian and Ubuntu the package python3-venv is missing.",
        )
        report("virtual environment", began)
        began = time.monotonic()
    report(f"pinned dependencies, by {install(python, lock)}", began)
    STAMP.write_text(wanted)


def version_of(python: Path) -> tuple[int, ...]:
    """(major, minor) of an interpreter; (0, 0) where it does not even start."""
    try:
        done = subprocess.run(
            [str(python), "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
    except OSError:
        return (0, 0)
    return tuple(int(part) for part in done.stdout.split()) if done.returncode == 0 else (0, 0)


def report(what: str, began: float) -> None:
    """Prints a finished step with the seconds it took."""
    print(f"✓ {what:<44} {time.monotonic() - began:6.1f} s", flush=True)


if __name__ == "__main__":
    try:
        bootstrap()
    except BootstrapError as error:
        sys.exit(f"✗ {error}")
