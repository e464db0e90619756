"""docs/runbook.md is read at night: each command in it exists, with its variables, files and sections."""

import re

import pytest

from local.layout import CHECKOUT

RUNBOOK = (CHECKOUT / "docs" / "runbook.md").read_text("utf-8")
MAKEFILE = (CHECKOUT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
ELSEWHERE = {"ACCEPT_ALARMS", "TAKE_OVER"}
"""Read from the environment, by local/delivery: make hands those on."""
COMMANDS = sorted(
    set(re.findall(r"(?:`|^\$ )((?:[A-Z_]+=\S+ )*make [a-z-]+(?: [A-Z_]+=[^\s`]+)*)", RUNBOOK, re.MULTILINE))
)
FUNCTIONS = {"api", "authorizer", "image_worker", "sweeper"}


def test_there_is_something_to_test() -> None:
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_exists_with_its_variables(command: str) -> None:
    [target] = re.findall(r"make ([a-z-]+)", command)
    assert target in TARGETS
    for name, value in re.findall(r"([A-Z_]+)=([^\s`]+)", command):
        assert f"$({name})" in MAKEFILE or name in ELSEWHERE, name
        if name == "EVENT":
            assert (CHECKOUT / value).is_file(), value
        if name == "FUNCTION":
            assert value in FUNCTIONS
        if name == "STAGE":
            assert value in ("dev", "prod")


def test_each_link_leads_somewhere() -> None:
    for place in re.findall(r"\]\(([^)]+)\)", RUNBOOK):
        path, _, section = place.partition("#")
        page = CHECKOUT / "docs" / path if path else CHECKOUT / "docs" / "runbook.md"
        assert page.is_file(), place
        if section:
            headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}
            assert section in anchors, place


def test_variables_that_it_names_are_terraforms() -> None:
    variables = "".join(path.read_text("utf-8") for path in (CHECKOUT / "terraform").rglob("*.tf"))
    alarms = RUNBOOK.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    named = {
        name.split(".")[-1] for name in re.findall(r"`([a-z]+(?:_[a-z0-9]+)+|functions\.<function>\.\w+)`", alarms)
    }
    assert len(named) > 10
    known = {"correlation_id", "duration_ms", "article_id", "analysis_failed"}  # of log lines
    for name in named - known:
        assert re.search(rf"\b{name}\b +=|variable \"{name}\"|output \"{name}\"", variables), name
