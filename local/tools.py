"""Programs that get an environment of their own, because what they depend on would hold back what the services run on.

Each is requirements/<name>.txt, installed below .local/tools when it is first asked for, or when its lock has changed.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.bootstrap import BootstrapError, run, uv_settings, wanted_stamp
from local.errors import LocalError
from local.layout import CHECKOUT

TOOLS = CHECKOUT / ".local" / "tools"
_STAMP = ".gazette-lock"


def programs(name: str) -> Path:
    """The directory of the programs that requirements/<name>.txt brings.

    Raises:
        LocalError: they cannot be installed on this machine.
    """
    lock = CHECKOUT / "requirements" / f"{name}.txt"
    wanted = wanted_stamp(lock.read_bytes(), os.path.realpath(sys.executable))
    home = TOOLS / name
    TOOLS.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (TOOLS / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two tests at once: the second one finds the work done
        if not _is_complete(home, wanted):
            try:
                _install(home, lock)
            except BootstrapError as error:
                raise LocalError(str(error)) from error
            (home / _STAMP).write_text(wanted)
    return home / "bin"


def _is_complete(home: Path, wanted: str) -> bool:
    stamp = home / _STAMP
    return stamp.exists() and stamp.read_text() == wanted


def _install(home: Path, lock: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    run([sys.executable, "-m", "venv", "--without-pip", str(home)], f"No environment could be made for {lock.name}.")
    python = home / "bin" / "python"
    shown = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "sync", "--quiet", "--require-hashes"]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet"]
    failure = f"What {lock.name} locks cannot be installed here."
    try:
        run([*uv, "--python", str(python), str(lock)], failure, uv_settings(shown.stdout))
    except (BootstrapError, OSError):
        # Like bootstrap.py: pip knows proxies and mirrors in more ways.
        run([*pip, "--require-hashes", "-r", str(lock)], failure)
