"""Nothing is allowed that nothing needs: each statement, each action and each resource of the functions' policies is
taken away once, and something that the product does for its users must fail then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from local.policies.applied import FUNCTIONS, Applied, Role
from tests.e2e.conftest import RunningStack
from tests.e2e.twin import Places, Policy, Scenario, fails, scenarios, twin

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Mutant:
    """A policy with something missing. `service` is that of what is missing."""

    missing: str
    service: str
    policy: Policy


@pytest.fixture(scope="module")
def places(stack: RunningStack) -> Iterator[Places]:
    made = Places(stack)
    try:
        made.make()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def roles(stack: RunningStack) -> dict[str, Role]:
    return {role.function: role for role in Applied(stack.clients, stack.outputs).roles()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whatever_is_taken_away_from_a_policy_is_missed(places: Places, roles: dict[str, Role], function: str) -> None:
    with twin(places, roles[function]) as made, scenarios(made) as known:
        for scenario in known:
            scenario()  # with the whole policy all of it works

        mutants = list(mutants_of(made.role.statements))
        survivors = []
        for mutant in mutants:
            made.role.allow(mutant.policy)
            missed_by = next(filter(fails, _likely_first(known, mutant)), None)
            made.role.allow(made.role.statements)
            if missed_by is None:
                survivors.append(mutant.missing)
            else:
                missed_by()  # that alone was missing, nothing else was wrong

    print(f"{function}: {len(mutants)} mutants of {len(made.role.statements)} statements, {len(survivors)} survived")
    assert not survivors, f"{function} does not need: {survivors}"


def mutants_of(statements: Policy) -> Iterator[Mutant]:
    """Each statement missing; of those with several actions, or resources, each of these missing."""
    for position, statement in enumerate(statements):
        before, after = list(statements[:position]), list(statements[position + 1 :])
        service = statement["Action"][0].partition(":")[0]
        yield Mutant(statement["Sid"], service, [*before, *after])
        for part in ("Action", "Resource"):
            for left_out in statement[part] if len(statement[part]) > 1 else ():
                rest: Mapping[str, Any] = {**statement, part: [each for each in statement[part] if each != left_out]}
                yield Mutant(f"{statement['Sid']}: {left_out}", service, [*before, rest, *after])


def _likely_first(known: list[Scenario], mutant: Mutant) -> list[Scenario]:
    """Any scenario may miss it; those of Lambda itself miss logs and traces, and nothing else."""
    lambdas_own = mutant.service in ("logs", "xray")
    return sorted(known, key=lambda scenario: (scenario.__name__ == "lambda_starts") != lambdas_own)
