"""Every input that was kept is tried again, and the seeds still get where they are meant to get."""

from pathlib import Path

import pytest

from image_worker import picture
from image_worker.failures import PictureError
from tests.fuzz.target import CORPUS, SHARES, target
from tests.fuzz.targets import preflight

pytestmark = pytest.mark.filterwarnings("ignore")  # what Pillow says of broken files

KEPT = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("name", SHARES)
def test_the_seeds_are_answered_as_any_input(name: str) -> None:
    seeded = target(name)
    for label, data in seeded.seeds().items():
        assert len(data) <= seeded.longest, label
        try:
            seeded.check(data)
        except Exception as error:
            error.add_note(f"The seed is {label}.")
            raise


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_kept_is_answered_as_any_input(path: Path) -> None:
    target(path.parent.name).check(path.read_bytes())


def test_the_corpus_stays_small_and_each_of_it_is_of_a_target() -> None:
    assert {path.parent.name for path in KEPT} <= set(SHARES)
    assert sum(path.stat().st_size for path in KEPT) < 300_000


def test_every_picture_to_begin_with_reaches_its_decoder_and_comes_out() -> None:
    for label, data in preflight.accepted().items():
        header = picture.measure(data)
        assert header.format.lower() == label.partition("-")[0]
        assert header.width * header.height <= preflight.MOST_PIXELS
        assert picture.clean(data, 2048).pixels.size in ((96, 80), (80, 96))


def test_every_claim_to_begin_with_is_refused() -> None:
    for label, data in preflight.refused().items():
        with pytest.raises(PictureError):
            picture.clean(data, 2048)
        assert label


def test_the_checksums_of_a_changed_png_are_made_right() -> None:
    data = preflight.accepted()["png-palette"]
    colour = data.index(b"PLTE") + 4
    broken = data[:colour] + bytes([data[colour] ^ 1]) + data[colour + 1 :]
    with pytest.raises(PictureError):
        picture.clean(broken, 2048)
    assert picture.clean(preflight.repaired(broken), 2048).width == 96
