"""Several messages of a batch at once: bounded, apart from each other, and all over when the batch is."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from articles import logs
from articles.ids import new_id
from image_worker.batch import USUAL
from image_worker.clients import CLOSING, LAST_BEGIN
from image_worker.deadline import Deadline, time_to_work
from image_worker.events import Work
from tests.unit.image_worker.fakes import Context
from tests.unit.image_worker.test_batch import FakeSqs, run, upload

TOO_DEEP = "[" * 100_000


class Crowd:
    """Counts how many are inside at the same time; everybody waits there for `expected` of them."""

    def __init__(self, expected: int) -> None:
        self.most = 0
        self._inside = 0
        self._changed = threading.Condition()
        self._expected = expected

    def __call__(self, work: Work, deadline: Deadline) -> None:  # noqa: ARG002
        with self._changed:
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.most >= self._expected, timeout=10)
        time.sleep(0.005)  # a moment in which a message too many could come in
        with self._changed:
            self._inside -= 1


def batch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("message")]


@pytest.mark.parametrize(("at_once", "messages", "expected"), [(4, 10, 4), (4, 3, 3), (10, 10, 10), (1, 5, 1)])
def test_as_many_are_in_hand_as_may_be_and_no_more(at_once: int, messages: int, expected: int) -> None:
    crowd = Crowd(expected)
    assert run(crowd, *[upload() for _ in range(messages)], at_once=at_once) == []
    assert crowd.most == expected


def test_with_one_at_once_there_is_no_thread() -> None:
    seen: list[threading.Thread] = []
    run(lambda *_: seen.append(threading.current_thread()), upload(), upload(), at_once=1)
    assert set(seen) == {threading.current_thread()}


@pytest.mark.parametrize("error", [None, RuntimeError("a bug")])
def test_no_thread_outlives_the_batch(error: Exception | None) -> None:
    first, late = new_id(), threading.Event()

    def handle(work: Work, _: Deadline) -> None:
        if work.image_id == first:
            if error:
                raise error
            return
        time.sleep(0.05)
        late.set()

    run(handle, upload(first), upload(), at_once=2)
    assert late.is_set()
    assert batch_threads() == []


class Killed(BaseException):
    pass


def test_what_ends_the_process_ends_the_batch_once_the_others_in_hand_are_over() -> None:
    first, second = new_id(), new_id()
    begun, seen = threading.Event(), []

    def handle(work: Work, _: Deadline) -> None:
        if work.image_id == first:
            begun.wait(timeout=10)
            raise Killed
        begun.set()
        time.sleep(0.05)
        seen.append(work.image_id)

    with pytest.raises(Killed):
        run(handle, upload(first), upload(second), at_once=2)
    assert seen == [second]
    assert batch_threads() == []


def overflow() -> None:
    overflow()


def exhaust() -> None:
    raise MemoryError


def stop() -> None:
    raise StopIteration


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("fail", [overflow, exhaust, stop])
def test_whatever_befalls_one_message_its_neighbours_are_done(fail: Callable[[], None], at_once: int) -> None:
    bad, seen = new_id(), []

    def handle(work: Work, _: Deadline) -> None:
        if work.image_id == bad:
            fail()
        seen.append(work.image_id)

    sqs = FakeSqs()
    others = [upload() for _ in range(7)]
    assert run(handle, TOO_DEEP, *others[:3], upload(bad), *others[3:], sqs=sqs, at_once=at_once) == ["m4"]
    assert len(seen) == 7
    assert [letter["MessageBody"] for letter in sqs.buried] == [TOO_DEEP]


def test_a_failure_that_cannot_be_reported_hurts_no_neighbour() -> None:
    bad, seen = new_id(), []

    def handle(work: Work, _: Deadline) -> None:
        if work.image_id == bad:
            raise ConnectionError
        seen.append(work)

    sqs = FakeSqs(ZeroDivisionError("a bug"))
    assert run(handle, upload(), "poison", upload(bad), upload(), sqs=sqs, at_once=4, tries=5) == ["m1", "m2"]
    assert len(seen) == 2


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("restored_logging")
def test_logs_of_each_message_carry_its_own_ids(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("image_worker", "INFO")
    meeting = threading.Barrier(4, timeout=10)

    def handle(work: Work, _: Deadline) -> None:
        meeting.wait()
        logging.getLogger("image_worker").info("working", extra={"expected": work.image_id})
        meeting.wait()

    images = [new_id() for _ in range(8)]
    run(handle, *map(upload, images), at_once=4)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {(line["message_id"], line["image_id"], line["expected"], line["request_id"]) for line in lines} == {
        (f"m{n}", image, image, "request-1") for n, image in enumerate(images)
    }


def test_what_is_not_begun_in_time_is_reported_and_comes_again_soon() -> None:
    sqs = FakeSqs()
    crowd = Crowd(4)
    context = Context([round(1000 * (LAST_BEGIN + USUAL)) - 1])
    answer = run(crowd, *[upload() for _ in range(10)], sqs=sqs, context=context, at_once=4)
    assert answer == [f"m{n}" for n in range(4, 10)]
    assert set(sqs.changes) == {f"handle-{n}" for n in range(4, 10)}
    assert max(sqs.changes.values()) <= 10


@pytest.mark.parametrize("at_once", [1, 2])
def test_every_message_keeps_the_functions_deadline(at_once: int) -> None:
    seen: list[float | None] = []
    run(lambda *_: seen.append(time_to_work()), upload(), upload(), at_once=at_once)
    assert seen == [60 - CLOSING - 1] * 2
    assert time_to_work() is None
