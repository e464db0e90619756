"""A function that a snapshot is taken of, and its copies: a program of its own, as a copy is one of the whole process.

    subject.py CHANNEL JSON     JSON: {module, copies, leave_out, pause, tokens}

A copy is made as no fork of Python's or the C library's is: the bare system call, so that no handler runs which would
give the child random numbers of its own (`random` does at os.fork), into a process id namespace of its own, so that it
has its parent's process id, by which OpenSSL would notice. Where the machine allows no such namespace, the id differs.

Writes one JSON object a line into the channel: what the parent found, then what each copy did.
"""

import ctypes
import importlib
import json
import os
import platform
import random
import signal
import ssl
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import snapshot_restore_py
from awslambdaric import lambda_runtime_hooks_runner as runtime

from tests.gateway import ALICE, Gateway

_NEW_PIDS, _NEW_USER = 0x20000000, 0x10000000
_CLONE = {"x86_64": 56, "aarch64": 220}[platform.machine()]
_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the interpreter's lock is held in both when the call returns


def main() -> None:
    channel, wish = int(sys.argv[1]), json.loads(sys.argv[2])
    same_pid = _become_first()
    module = importlib.import_module(wish["module"])
    make = {"api.handler": _api, "api.authorizer": _authorizer}[wish["module"]](module, wish)
    make.warm_up()
    runtime.run_before_snapshot()
    left = {"left_sockets": _sockets(), "left_threads": _threads()}
    make.warm_up()  # once more: what the hook after the restore must let go of is there whatever the one before did
    if wish["leave_out"]:
        make.leave_out(wish["leave_out"])
    make.stop()
    _write(channel, {"same_pid": same_pid, "sockets": _sockets(), **left, **make.seen})
    time.sleep(wish["pause"])
    for _ in range(wish["copies"]):
        _copy(lambda: _write(channel, _restored(make)), same_pid=same_pid)


def _restored(subject: "_Subject") -> dict[str, Any]:
    began = time.time()
    runtime.run_after_restore()
    return {"restored_at": began, "pid": os.getpid(), **subject.use(), "sockets": _sockets()}


class _Subject:
    def __init__(self, module: Any, wish: dict[str, Any]) -> None:
        self.module = module
        self.wish = wish
        self.seen: dict[str, Any] = {}

    def warm_up(self) -> None:
        """Uses the function as no init should: so there is something to let go of."""

    def stop(self) -> None:
        """What is done last before the copies are made."""

    def leave_out(self, renewal: str) -> None:
        """Makes one renewal do nothing."""
        from api import snapshot
        from articles import ids

        nothing: Callable[..., None] = lambda *_: None  # noqa: E731
        match renewal:
            case "random":
                random.seed = nothing
            case "ids":
                ids.forget = nothing
            case "tls":
                ssl.RAND_add = nothing
            case "cryptography":
                snapshot._renew_cryptography = nothing
            case "connections":
                importlib.import_module("api.connections").Connections.close = nothing
            case "credentials":
                importlib.import_module("api.session")._Found.forget = nothing
            case "forget":
                for hook, _, _ in snapshot_restore_py.get_after_restore():
                    _cell(hook, "forget", nothing)
            case _:
                raise ValueError(renewal)

    def use(self) -> dict[str, Any]:
        raise NotImplementedError


class _api(_Subject):  # noqa: N801 (named as its module)
    def warm_up(self) -> None:
        self._gateway = Gateway(self.module.handler)
        self._draw()
        self._call()

    def stop(self) -> None:
        now = time.time_ns()
        if self.wish["stop_clock"]:  # restored within the millisecond of the last id, or before the clock was set
            time.time_ns = lambda: now
            from articles.ids import new_id

            new_id()
        self._draws: list[float] = []
        for name in ("random", "uniform"):
            setattr(random, name, _recorded(getattr(random, name), self._draws))

    def use(self) -> dict[str, Any]:
        return {**self._call(), **self._draw(), "draws": self._draws}

    def _call(self) -> dict[str, Any]:
        created = self._gateway.create(status="published")
        target = f"/articles/{created['id']}"
        image = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 1000}
        upload = self._gateway.post(f"{target}/images", ALICE, json_body=image)
        assert upload.status == 201, upload
        listed = self._gateway.get("/articles?author=me&limit=1", ALICE)
        assert listed.status == 200, listed
        return {
            "article_id": created["id"],
            "created_at": created["created_at"],
            "image_id": upload.json["image"]["id"],
            "upload": upload.json["upload"],
            "cursor": listed.json["next_cursor"],
        }

    def _draw(self) -> dict[str, Any]:
        return {"tls": ssl.RAND_bytes(16).hex(), "random": random.random(), "signature": _signature()}  # noqa: S311


class _authorizer(_Subject):  # noqa: N801
    def warm_up(self) -> None:
        self.seen = {"effects": self._effects(), "signature": _signature()}

    def use(self) -> dict[str, Any]:
        return {"effects": self._effects(), "signature": _signature()}

    def _effects(self) -> list[str]:
        """What it says to each of the tokens."""
        from tests.gateway import Context, recorded

        effects = []
        for token in self.wish["tokens"]:
            event = recorded("request_authorizer")
            event["headers"] = {"Authorization": token}
            event["multiValueHeaders"] = {"Authorization": [token]}
            policy = self.module.handler(event, Context())["policyDocument"]
            effects.append(policy["Statement"][0]["Effect"])
        return effects


_key: list[Any] = []


def _signature() -> str:
    """One by cryptography's generator: of random padding, always under the same key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    if not _key:
        _key.append(ec.derive_private_key(12345, ec.SECP256R1()))
    signature: bytes = _key[0].sign(b"the same message", ec.ECDSA(hashes.SHA256()))
    return signature.hex()


def _recorded(function: Callable[..., float], into: list[float]) -> Callable[..., float]:
    def draw(*arguments: Any) -> float:
        into.append(function(*arguments))
        return into[-1]

    return draw


def _cell(hook: Any, name: str, value: Any) -> None:
    """Sets what a function closes over."""
    for free, cell in zip(hook.__code__.co_freevars, hook.__closure__, strict=True):
        if free == name:
            cell.cell_contents = value


def _become_first() -> bool:
    """Goes on as the first process of a new namespace; gives whether there is one."""
    if _libc.unshare(_NEW_PIDS) and _libc.unshare(_NEW_PIDS | _NEW_USER):
        return False
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status))
    return True


def _copy(use: Callable[[], None], *, same_pid: bool) -> None:
    child = _libc.syscall(_CLONE, signal.SIGCHLD | (_NEW_PIDS if same_pid else 0), 0, 0, 0, 0)
    if child < 0:
        raise OSError(ctypes.get_errno(), "clone")
    if child == 0:
        code = 1
        try:
            use()
            code = 0
        except BaseException:  # noqa: BLE001 (the copy must end here, whatever happens)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit("a copy failed")


def _sockets() -> list[str]:
    """Every socket that is open here, by its inode."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return [name for name in found if name.startswith("socket:")]


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def _write(channel: int, found: dict[str, Any]) -> None:
    os.write(channel, json.dumps(found).encode() + b"\n")


if __name__ == "__main__":
    main()
