"""Decoding within the memory there is: beside others, again alone, or never."""

import threading
from collections.abc import Iterator

import pytest

from image_worker import picture
from image_worker.decoding import Decoding
from image_worker.failures import PictureError
from image_worker.memory import MemoryBudget
from image_worker.picture import Picture
from tests.unit.image_worker import pictures

DATA = pictures.jpeg()
ENOUGH = 1 << 40
DAMAGED = PictureError("corrupt", "It is damaged.")


class Decoder:
    """In place of picture.clean: raises these errors first, one a call."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self._clean = picture.clean

    def __call__(self, data: bytes, max_side: int) -> Picture:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self._clean(data, max_side)


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    made = Decoder()
    monkeypatch.setattr(picture, "clean", made)
    return made


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(ENOUGH)


@pytest.fixture
def neighbour(budget: MemoryBudget) -> Iterator[None]:
    """Somebody else who has memory in hand until somebody wants to be alone."""
    leave, inside = threading.Event(), threading.Event()

    def stay() -> None:
        with budget.reserve(1):
            inside.set()
            while not leave.is_set() and not budget._waiting:
                leave.wait(0.001)

    thread = threading.Thread(target=stay)
    thread.start()
    inside.wait(timeout=10)
    yield
    leave.set()
    thread.join()


def test_a_picture_is_decoded(budget: MemoryBudget) -> None:
    assert Decoding(budget).clean(DATA, 2048).width == 320


def test_what_needs_more_than_there_is_may_still_be_tried_alone() -> None:
    assert Decoding(MemoryBudget(0)).clean(DATA, 2048).width == 320


def test_without_memory_a_picture_that_is_alone_is_too_large(budget: MemoryBudget, decoder: Decoder) -> None:
    decoder.errors = [MemoryError()]
    with pytest.raises(PictureError, match="memory") as caught:
        Decoding(budget).clean(DATA, 2048)
    assert caught.value.failure.code == "too_large"
    assert decoder.calls == 1


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize("error", [MemoryError(), DAMAGED])
def test_what_may_be_the_neighbours_doing_is_tried_again_alone(
    budget: MemoryBudget, decoder: Decoder, error: Exception
) -> None:
    decoder.errors = [error]
    assert Decoding(budget).clean(DATA, 2048).width == 320
    assert decoder.calls == 2


@pytest.mark.usefixtures("neighbour")
@pytest.mark.parametrize(("last", "code"), [(MemoryError(), "too_large"), (DAMAGED, "corrupt")])
def test_what_fails_alone_too_is_the_pictures_fault(
    budget: MemoryBudget, decoder: Decoder, last: Exception, code: str
) -> None:
    decoder.errors = [MemoryError(), last]
    with pytest.raises(PictureError) as caught:
        Decoding(budget).clean(DATA, 2048)
    assert caught.value.failure.code == code
    assert decoder.calls == 2


def test_damage_is_damage_where_nobody_else_had_any_memory(budget: MemoryBudget, decoder: Decoder) -> None:
    decoder.errors = [DAMAGED]
    with pytest.raises(PictureError, match="damaged"):
        Decoding(budget).clean(DATA, 2048)
    assert decoder.calls == 1


@pytest.mark.usefixtures("neighbour")
def test_what_no_memory_cures_is_not_tried_again(budget: MemoryBudget, decoder: Decoder) -> None:
    decoder.errors = [PictureError("unsupported_format", "No picture.")]
    with pytest.raises(PictureError, match="No picture"):
        Decoding(budget).clean(DATA, 2048)
    assert decoder.calls == 1


def test_a_header_that_claims_too_much_reserves_nothing(budget: MemoryBudget) -> None:
    with budget.alone(), pytest.raises(PictureError) as caught:
        Decoding(budget).clean(pictures.png_claiming(65_000, 65_000), 2048)
    assert caught.value.failure.code == "too_large"
