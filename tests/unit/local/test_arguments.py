"""A wrong variable of make is one line that names it."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence

import pytest

from local import __main__ as cloud
from local.delivery import __main__ as delivery
from local.layout import CHECKOUT
from local.operations import __main__ as operations


@pytest.mark.parametrize(
    ("main", "arguments", "said"),
    [
        (cloud.main, ["up", "--runtime", "x"], "make: RUNTIME is process or docker, not x\n"),
        (cloud.main, ["up", "--runtime", ""], "make: RUNTIME is process or docker, not nothing\n"),
        (cloud.main, ["up", "--port", "x"], "make: PORT is a number from 1 to 65535, not x\n"),
        (cloud.main, ["up", "--port", "70000"], "make: PORT is a number from 1 to 65535, not 70000\n"),
        (operations.main, ["redrive", "--stage", "x"], "make: STAGE is local, dev or prod, not x\n"),
        (delivery.main, ["plan", "--stage", "local"], "make: STAGE is dev or prod, not local\n"),
    ],
)
def test_a_wrong_variable_is_one_line(
    main: Callable[[Sequence[str]], int], arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err == said


def test_anything_else_that_is_wrong_shows_how_to_say_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cloud.main(["fly"])

    assert capsys.readouterr().err.startswith("usage: python -m local")


def test_the_values_that_are_right_are_taken() -> None:
    taken = cloud._parser().parse_args(["serve", "--port", "4600", "--runtime", "attached"])

    assert (taken.port, taken.runtime) == (4600, "attached")


def make(*arguments: str, **environment: str) -> str:
    """What make prints."""
    return subprocess.run(
        ["make", *arguments],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("target", ["up", "demo", "matrix"])
def test_only_a_port_that_somebody_gave_is_handed_on(target: str) -> None:
    assert "--port" not in make("--dry-run", target)
    assert "up --port '4900' " in make("--dry-run", target, "PORT=4900")
    assert "up --port '4901' " in make("--dry-run", target, PORT="4901")


def test_help_fits_a_line_and_names_every_variable() -> None:
    shown = make("help")
    assert max(map(len, shown.splitlines())) <= 120
    _, variables = shown.split("\nVariables")
    used = set(re.findall(r"\$\((?:if |or )?\$?\(?([A-Z_]+)\b", (CHECKOUT / "Makefile").read_text()))
    ours = used - {"RUN", "CODE", "VENV", "MAKE", "MAKEFILE_LIST", "OPERATED", "TOKEN_USER"}
    assert {"PORT", "STAGE", "AUTHOR"} <= ours
    assert [name for name in sorted(ours) if not re.search(rf"\b{name}\b", variables)] == []
