"""Each fault between the worker and the world: nothing is lost, shown too early, or paid for without need."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import pytest

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.faults import document
from tests.faults.laboratory import Laboratory, Outcome
from tests.faults.queues import Inbox
from tests.faults.scenarios import SCENARIOS, Scenario, title
from tests.faults.subject import Subject

pytestmark = pytest.mark.e2e

AT_ONCE = 12
"""Scenarios that run at the same time: most of them only wait."""

Result = Outcome | Exception


@dataclass(frozen=True)
class Seen:
    """What came of each scenario, and how many calls the stand-in says it had, beside how many were let through."""

    results: dict[str, Result]
    counted: dict[str, int]
    let_through: dict[str, int]


def _run(lab: Laboratory, scenario: Scenario, subject: Subject) -> None:
    lab.proxy.spoil(subject.about, scenario.rules)
    scenario.act(lab, subject)
    lab.wait_until_quiet(subject)


def _look(lab: Laboratory, scenario: Scenario, subject: Subject) -> Outcome:
    """What became of it; and, where it ended in the dead letters, of sending it back once all is well."""
    spoilt = {rule.operation: lab.proxy.spoilt(subject.about, rule) for rule in scenario.rules}
    assert all(spoilt.values()), f"not injected: {spoilt}"
    found = lab.outcome(subject)
    if not found.dead_letters:
        return found
    lab.proxy.spoil(subject.about, ())
    lab.send(lab.dead_letters.body(subject.about))
    lab.wait_until_quiet(subject)
    lab.settle(subject)
    again = lab.outcome(subject)
    found.redriven = again.status
    found.answered_redriven = again.answered
    found.notifications, found.notification_ids = again.notifications, again.notification_ids
    found.uploads, found.stale_renditions = again.uploads, again.stale_renditions
    found.shown, found.problems = again.shown, [*found.problems, *["shown before it was sent back"] * found.shown]
    found.problems += again.problems
    return found


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, stack: RunningStack, alice: ApiClient) -> Iterator[Seen]:
    """What came of each selected scenario, or why it did not come to an end. It leaves the stack as it was."""
    stack.rekognition.reset()
    selected: list[Scenario] = [
        cast(Scenario, item.callspec.params["scenario"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == test_nothing_is_lost.__name__
    ]
    inbox = Inbox(stack)
    lab = Laboratory(stack, alice, inbox)
    results: dict[str, Result] = {}

    def tried(scenario: Scenario, subject: Subject) -> None:
        try:
            _run(lab, scenario, subject)
            lab.settle(subject)
            results[title(scenario)] = _look(lab, scenario, subject)
        except Exception as error:  # noqa: BLE001 - it is this scenario's, and its test raises it
            results[title(scenario)] = error
        except BaseException as error:
            results[title(scenario)] = RuntimeError(repr(error))
            raise
        finally:
            lab.watch.rest(subject)

    together = sorted((scenario for scenario in selected if not scenario.alone), key=lambda one: not one.waits)
    with inbox.open(), lab.open():
        subjects = [lab.subject() for _ in together]
        with lab.batches_of(1), ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(tried, together, subjects))
        for scenario in selected:
            if scenario.alone:
                tried(scenario, lab.subject())
        counted, let_through = stack.rekognition.counts(), lab.proxy.let_through("rekognition")
    for subject in lab.watch.subjects():
        alice.delete(f"/articles/{subject.article_id}")
    yield Seen(results, counted, let_through)
    if os.environ.get("GAZETTE_RELIABILITY"):
        seen = {name: found for name, found in results.items() if isinstance(found, Outcome)}
        if len(seen) == len(SCENARIOS):
            document.write(seen)
        else:
            pytest.fail(f"docs/reliability.md stays as it was: {len(SCENARIOS) - len(seen)} scenarios saw no end")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=title)
def test_nothing_is_lost(scenario: Scenario, outcomes: Seen) -> None:
    found = outcomes.results[title(scenario)]
    if isinstance(found, Exception):
        raise found

    end = f"{found.status}/{found.error}" if found.error else found.status
    assert ("dead letters" if found.dead_letters else end) == scenario.ends, found
    assert found.problems == [], "a picture that was not ready was shown, or written where readers are served from"
    assert (found.answered["DetectLabels"], found.answered["DetectModerationLabels"]) == scenario.calls, found
    assert found.shown is ("ready" in (found.status, found.redriven)), found
    assert found.notifications >= 1, found
    assert found.notification_ids == 1, found
    assert found.uploads == 0, found
    assert found.stale_renditions == 0, found
    if scenario.ends == "dead letters":
        assert [letter.reason for letter in found.dead_letters] == [scenario.reason]
        assert found.renditions == 0, "not analysed, so there is nothing to show"
        assert found.redriven == "ready"
        assert tuple(found.answered_redriven.values()) == scenario.calls_redriven, found
    else:
        assert found.renditions == (2 if scenario.ends == "ready" else 0)


def test_rekognition_was_called_no_more_often_than_the_scenarios_say(outcomes: Seen) -> None:
    assert outcomes.counted == {name: outcomes.let_through.get(name, 0) for name in outcomes.counted}
