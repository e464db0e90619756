"""The memory that pictures share."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_worker.deadline import Deadline, OutOfTimeError
from image_worker.memory import MIB, MemoryBudget, for_decoding
from image_worker.threads import Threads
from tests.unit.image_worker.fakes import Clock, Context

SERVICES = Path(__file__).parents[3] / "services"


class Meter:
    """What is taken at the moment, and by how many; remembers where that was too much."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.wrong: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        self._taken: list[int] = []

    def use(self, budget: MemoryBudget, size: int) -> None:
        with budget.reserve(size):
            with self._lock:
                self._taken.append(size)
                if sum(self._taken) > self.total and len(self._taken) > 1:
                    self.wrong.append((sum(self._taken), len(self._taken)))
            threading.Event().wait(0.0005)  # others come in, if they may
            with self._lock:
                self._taken.remove(size)


@given(total=st.integers(0, 100), sizes=st.lists(st.integers(1, 150), min_size=1, max_size=24))
def test_never_is_more_taken_than_there_is_unless_by_one_alone_and_all_get_their_turn(
    total: int, sizes: list[int]
) -> None:
    budget, meter, threads = MemoryBudget(total), Meter(total), Threads(8, "memory")
    for turn in [threads.begin(meter.use, budget, size) for size in sizes]:
        turn.result(timeout=20)
    threads.close()
    assert meter.wrong == []


def waiting(budget: MemoryBudget, count: int) -> None:
    """Returns once so many requests wait."""
    while len(budget._waiting) < count:
        threading.Event().wait(0.001)


def test_small_requests_do_not_overtake_a_large_one() -> None:
    budget, order, threads = MemoryBudget(10), [], Threads(4, "memory")

    def use(size: int) -> None:
        with budget.reserve(size):
            order.append(size)

    with budget.reserve(5):
        turns = []
        for position, size in enumerate([9, 1, 2]):
            turns.append(threads.begin(use, size))
            waiting(budget, position + 1)
        assert order == []
    for turn in turns:
        turn.result(timeout=20)
    threads.close()
    assert order[0] == 9


def test_what_fits_in_beside_others_does_not_wait() -> None:
    budget = MemoryBudget(10)
    with budget.reserve(4) as first, budget.reserve(6) as second:
        assert (first.shared, second.shared) == (True, True)
    with budget.reserve(50) as only:
        assert not only.shared


def test_no_more_have_some_at_the_same_time_than_may() -> None:
    budget, threads, inside = MemoryBudget(100, at_once=2), Threads(1, "memory"), threading.Event()

    def use() -> None:
        with budget.reserve(1):
            inside.set()

    with budget.reserve(1):
        with budget.reserve(1):
            turn = threads.begin(use)
            waiting(budget, 1)
            assert not inside.wait(0.05)
        turn.result(timeout=20)  # it got its turn while the first one still had some
    threads.close()


def test_an_error_gives_back_what_was_reserved() -> None:
    budget = MemoryBudget(10)
    for _ in range(3):
        with pytest.raises(MemoryError), budget.reserve(10):
            raise MemoryError
    with budget.alone() as only:
        assert not only.shared


def test_alone_means_that_nobody_else_has_any() -> None:
    budget, threads, inside = MemoryBudget(10), Threads(1, "memory"), threading.Event()

    def use() -> None:
        with budget.reserve(1):
            inside.set()

    with budget.alone():
        turn = threads.begin(use)
        waiting(budget, 1)
        assert not inside.is_set()
    turn.result(timeout=20)
    threads.close()


def test_nobody_waits_longer_than_the_function_runs_nor_stands_in_the_way_afterwards() -> None:
    budget = MemoryBudget(10)
    with budget.reserve(9):
        with Deadline(Context([1_010]), Clock()).kept(), pytest.raises(OutOfTimeError), budget.reserve(5):
            pass
        with budget.reserve(1):
            pass


def test_what_is_left_for_decoding_follows_from_the_functions_memory() -> None:
    assert for_decoding(2048, 4, 25 * MIB) == 1436 * MIB
    assert for_decoding(256, 4, 25 * MIB) == 0


PROGRAM = """
import sys
from image_worker import memory, renditions
from image_worker.decoding import Decoding
from image_worker.failures import PictureError
from image_worker.memory import MemoryBudget
from tests.unit.image_worker import pictures
data = pictures.encoded(pictures.quadrants(9000, 9000), "PNG", compress_level=1)
memory.limit_process(int(sys.argv[1]))
try:
    print(Decoding(MemoryBudget(0)).clean(data, 2048).pixels.size)
except PictureError as error:
    print(error.failure.code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory so")
@pytest.mark.parametrize(("memory_mb", "answer"), [(2048, "(2048, 2048)"), (300, "too_large")])
def test_a_decoder_that_wants_more_than_the_function_has_fails_and_the_process_lives(
    memory_mb: int, answer: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(memory_mb)],
        env={"PYTHONPATH": f"{SERVICES}:{SERVICES.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == answer, done.stderr
