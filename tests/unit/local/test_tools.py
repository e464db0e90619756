"""Tools that have an environment of their own: made once, made again when their lock changes."""

from pathlib import Path

import pytest

from local import tools
from local.bootstrap import BootstrapError
from local.errors import LocalError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is installed, instead of being installed, with the lock's content."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "checks.txt").write_text("one==1")
    done = []

    def install(home: Path, lock: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        done.append(lock.read_text())

    monkeypatch.setattr(tools, "CHECKOUT", tmp_path)
    monkeypatch.setattr(tools, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(tools, "_install", install)
    return done


def test_an_environment_is_made_when_it_is_first_asked_for_and_not_again(installed: list[str], tmp_path: Path) -> None:
    assert tools.programs("checks") == tools.programs("checks") == tmp_path / "tools" / "checks" / "bin"
    assert installed == ["one==1"]


def test_another_lock_makes_it_anew(installed: list[str], tmp_path: Path) -> None:
    tools.programs("checks")
    (tmp_path / "requirements" / "checks.txt").write_text("one==2")
    tools.programs("checks")

    assert installed == ["one==1", "one==2"]


def test_one_that_could_not_be_finished_is_not_taken_for_whole(
    installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(home: Path, _lock: Path) -> None:
        home.mkdir(parents=True)
        raise BootstrapError("no index")

    with monkeypatch.context() as once:
        once.setattr(tools, "_install", fail)
        with pytest.raises(LocalError, match="no index"):
            tools.programs("checks")
    tools.programs("checks")

    assert installed == ["one==1"]
