"""Threads that know what their starter knows."""

import threading
from contextvars import ContextVar

import pytest

from image_worker.threads import Threads

_name: ContextVar[str] = ContextVar("name", default="nobody")


def running(name: str) -> int:
    return sum(thread.name.startswith(name) for thread in threading.enumerate())


def test_all_threads_are_there_from_the_beginning_until_the_end() -> None:
    threads = Threads(3, "some")
    assert running("some") == 3
    threads.close()
    assert running("some") == 0


def test_where_a_thread_cannot_be_begun_there_is_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "few_2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError):
        Threads(3, "few")


def test_a_thread_has_a_copy_of_its_starters_context() -> None:
    threads = Threads(1, "context")
    token = _name.set("alice")
    seen = threads.begin(_name.get)
    _name.reset(token)
    assert seen.result() == "alice"
    threads.begin(_name.set, "bob").result()
    assert threads.begin(_name.get).result() == _name.get() == "nobody"
    threads.close()


def test_what_has_no_thread_yet_is_dropped_at_the_end() -> None:
    threads, begun, go = Threads(1, "drop"), threading.Event(), threading.Event()

    def wait() -> bool:
        begun.set()
        return go.wait()

    first, second = threads.begin(wait), threads.begin(go.wait)
    begun.wait()
    threading.Timer(0.02, go.set).start()
    threads.close()
    assert first.result()
    assert second.cancelled()
