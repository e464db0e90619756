"""Which process is at the other end of a connection on this machine."""

import os
import shutil
import subprocess
from pathlib import Path


def pid_of_client(server_port: int, client_port: int) -> int | None:
    """The process that connected from `client_port` to `server_port` on the loopback interface; None where unknown."""
    if Path("/proc/net/tcp").exists():
        return _from_proc(server_port, client_port)
    if shutil.which("lsof"):
        return _from_lsof(client_port)
    return None


def _from_proc(server_port: int, client_port: int) -> int | None:
    ends = (f":{client_port:04X}", f":{server_port:04X}")
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if (fields[1][-5:], fields[2][-5:]) == ends:
            target = f"socket:[{fields[9]}]"
            break
    else:
        return None
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(descriptor) == target:  # noqa: PTH115 - what it names is no path
                return int(descriptor.parts[2])
        except OSError:  # a process or file that is gone by now, or is another user's
            continue
    return None


def _from_lsof(client_port: int) -> int | None:
    found = subprocess.run(
        ["lsof", "-nP", "-t", f"-iTCP@127.0.0.1:{client_port}"], capture_output=True, text=True, check=False
    )
    return next((pid for pid in map(int, found.stdout.split()) if pid != os.getpid()), None)
