"""docs/reliability.md tells of every fault that is tried, and of none that is not."""

import re
from collections import Counter

from local.layout import CHECKOUT
from tests.faults import document
from tests.faults.scenarios import SCENARIOS, title


def test_the_document_has_every_scenario_once_and_no_other() -> None:
    assert document.names(document.FILE.read_text()) == [title(scenario) for scenario in SCENARIOS], (
        "run `make reliability`"
    )


def test_the_titles_of_scenarios_are_unique() -> None:
    assert [name for name, times in Counter(map(title, SCENARIOS)).items() if times > 1] == []


def test_the_document_has_the_workers_own_table_of_errors() -> None:
    assert document.section(document.FILE.read_text(), "errors") == document.errors().strip(), "run `make reliability`"


def test_the_tests_that_the_document_names_are_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", document.FILE.read_text()))
    written = "".join(file.read_text() for file in (CHECKOUT / "tests" / "integration").glob("test_image_*.py"))

    assert len(named) >= 9
    assert {name for name in named if f"def {name}(" not in written} == set()
