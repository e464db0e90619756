"""A minute of fuzzing, and the proof that a finding would be seen. `make fuzz SECONDS=…` for longer."""

from pathlib import Path

import pytest

from tests.fuzz.run import engine, fuzz
from tests.fuzz.target import SHARES, seconds_each

pytestmark = pytest.mark.fuzz

SECONDS = 60
"""Over all targets."""


@pytest.mark.parametrize(("name", "seconds"), seconds_each(SECONDS).items(), ids=SHARES)
def test_no_input_is_answered_in_another_way_than_it_should_be(name: str, seconds: int) -> None:
    outcome = fuzz(name, seconds)
    if outcome.finding:
        pytest.fail(f"{outcome.report}\nThe input is {outcome.finding}", pytrace=False)
    assert outcome.tried > 100


@pytest.mark.parametrize("with_engine", ["atheris", "hypothesis"])
def test_a_decoder_that_crashes_is_reported_with_its_input(with_engine: str, tmp_path: Path) -> None:
    if with_engine == "atheris" and engine()[0] != "atheris":
        pytest.skip("no atheris can be installed for this machine and Python: hypothesis fuzzes alone, unguided")
    outcome = fuzz("canary", 5, with_engine=with_engine, findings=tmp_path)
    assert outcome.engine == with_engine
    assert outcome.finding is not None
    assert outcome.finding.read_bytes() == b"abort"
