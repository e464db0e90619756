"""What an operator reads before saying yes to an erasure."""

from types import SimpleNamespace
from typing import Any

import pytest

from articles.model import ArticleStatus
from local.operations import __main__ as operations
from local.operations.belongings import Found
from local.operations.erase import Plan
from local.operations.people import Person

ANNA = Person("a-sub", "anna")


def lines(plan: Plan, **options: bool) -> list[str]:
    return list(operations._planned(plan, **{"user_too": False, "of_deleted_too": False} | options))


def test_everything_has_its_number() -> None:
    found = Found({"a", "b"}, [{"PK": "x"}], 9)
    plan = Plan(ANNA, found, {"c"}, 9, 2, {ArticleStatus.PUBLISHED: 1, ArticleStatus.DRAFT: 1})

    assert lines(plan)[:5] == [
        "  2 articles: 1 published, 1 draft, 0 being removed already",
        "  9 images in these articles, from whomever, with all versions of the files",
        "  1 record under their id: idempotency keys, upload counters",
        "  1 article of an earlier run that did not get to its end",
        "  2 letters: dead letters and undelivered notifications that name any of this",
    ]


def test_what_there_is_none_of_has_no_line() -> None:
    assert lines(Plan(ANNA, Found(), set()), user_too=True) == [
        "  the user anna",
        "  not: old versions of articles that were deleted before; nothing says whose (DELETED=yes: all)",
    ]


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stage that has nothing of anna."""

    class Eraser:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def plan(self) -> Plan:
            return Plan(ANNA, Found(), set())

    monkeypatch.setattr(operations, "Eraser", Eraser)
    monkeypatch.setattr(operations.People, "find", lambda _people, _name: ANNA)
    return SimpleNamespace(place=SimpleNamespace(stage="local"), cognito=None, user_pool_id="pool")


def test_nothing_is_said_to_be_nothing_without_a_list_of_noughts(
    stores: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert operations.erase_author(stores, "anna", approved=False, user_too=False, of_deleted_too=False) == 0

    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("✓ Looking for what local has of a-sub")
    assert shown[1:] == ["Nothing in local is theirs."]
