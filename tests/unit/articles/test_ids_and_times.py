from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.clock import from_text, now, to_text
from articles.ids import forget, is_id, new_id
from articles.keys import FEED_SHARDS, ids_of_upload, pad_sequencer, shard_of, upload_object

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)


@given(MOMENTS, MOMENTS)
def test_times_survive_as_text_that_sorts_as_they_do(one: datetime, other: datetime) -> None:
    assert from_text(to_text(one)) == one
    assert (to_text(one) < to_text(other)) == (one < other)


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    east = timezone(timedelta(hours=2))
    assert to_text(datetime(2026, 1, 31, 14, 0, 0, 5999, tzinfo=east)) == "2026-01-31T12:00:00.005Z"


def test_the_present_survives_the_trip_through_the_table() -> None:
    moment = now()
    assert from_text(to_text(moment)) == moment


def test_a_new_id_is_an_id_and_nobody_elses() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(map(is_id, ids))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "01JD9Z6M3T8Q4V7W2X5Y1Z0AB",
        "81JD9Z6M3T8Q4V7W2X5Y1Z0ABC",
        "01jd9z6m3t8q4v7w2x5y1z0abc",
        "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC\n",
        "01JD9Z6M3T8Q4V7W2X5Y1Z0ABI",
    ],
)
def test_what_could_not_be_an_id_is_told_apart(text: str) -> None:
    assert not is_id(text)


def test_ids_spread_over_all_shards() -> None:
    shards = [shard_of(new_id(), FEED_SHARDS) for _ in range(2000)]
    assert {shards.count(shard) > 50 for shard in range(FEED_SHARDS)} == {True}


def test_an_uploads_key_names_its_image() -> None:
    assert ids_of_upload(upload_object("A", "B")) == ("A", "B")
    for other in ("uploads/A", "uploads/A/B/C", "media/A/B", ""):
        assert ids_of_upload(other) is None


def test_a_shorter_sequencer_compares_as_if_zeros_followed() -> None:
    assert pad_sequencer("0055AED6DCD90281") < pad_sequencer("0055AED6DCD90281E5")
    assert pad_sequencer("0055aed6dcd90281e5") == pad_sequencer("0055AED6DCD90281E5")
    assert pad_sequencer("01") > pad_sequencer("00FFFF")


def test_an_id_is_its_millisecond_and_80_random_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setattr("time.time_ns", lambda: 1_469_922_850_259_000_000)  # the specification's example
    monkeypatch.setattr("os.urandom", lambda size: bytes(range(size)))
    assert new_id() == "01ARZ3NDEK" + "000G40R40M30E209"
    forget()
    monkeypatch.setattr("os.urandom", lambda size: b"\xff" * size)
    assert new_id() == "01ARZ3NDEK" + "Z" * 16


def test_ids_of_one_millisecond_sort_as_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setattr("time.time_ns", lambda: 1_469_922_850_259_000_000)
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == 100
    forget()
    assert new_id()[:10] == made[0][:10]
    assert new_id() not in made
