"""What is read from Terraform's output, and when it has to run. No Terraform is started."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from local import terraform as terraform_module
from local.errors import LocalError
from local.layout import Layout
from local.terraform import Progress, Terraform

# Lines as Terraform 1.11.4 prints them with -json, shortened.
PLAN = {"type": "change_summary", "changes": {"add": 160, "change": 1, "remove": 2, "operation": "plan"}}
CREATED = {"type": "apply_complete", "hook": {"action": "create", "resource": {"addr": "aws_sqs_queue.image_jobs"}}}
READ = {"type": "apply_complete", "hook": {"action": "read", "resource": {"addr": "data.aws_region.current"}}}
ERROR = {
    "type": "diagnostic",
    "diagnostic": {
        "severity": "error",
        "summary": "creating SQS Queue.",
        "detail": "operation error SQS: CreateQueue,\n  exceeded maximum number of attempts",
        "range": {"filename": "queues.tf", "start": {"line": 3}},
    },
}
WARNING = {"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Deprecated"}}
OUTPUTS = {"type": "outputs", "outputs": {"region": {"sensitive": False, "type": "string", "value": "us-east-1"}}}


def told(*messages: dict[str, Any]) -> Progress:
    """The progress after those lines."""
    progress = Progress()
    for message in messages:
        progress.read(json.dumps(message))
    return progress


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A state directory."""
    made = Layout(tmp_path / "state")
    made.create()
    return made


@pytest.fixture
def terraform(layout: Layout) -> Terraform:
    """With a directory of its own."""
    return Terraform(layout)


def fake_terraform(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts a shell script named terraform first on PATH."""
    directory.mkdir(exist_ok=True)
    program = directory / "terraform"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


def test_progress_counts_what_is_planned_and_done_but_no_data_sources() -> None:
    progress = told(PLAN, CREATED, READ, CREATED)

    assert (progress.done, progress.planned) == (2, 163)


def test_outputs_become_plain_values() -> None:
    assert told(OUTPUTS).outputs == {"region": "us-east-1"}


def test_an_error_is_one_line_with_its_place_and_a_warning_is_none() -> None:
    progress = told(WARNING, ERROR)

    assert progress.reason == (
        "creating SQS Queue (queues.tf:3): operation error SQS: CreateQueue, exceeded maximum number of attempts"
    )


def test_the_first_error_stands_for_all_of_them() -> None:
    assert told(ERROR, ERROR, ERROR).reason.endswith("(and 2 more)")


def test_lines_that_are_no_json_are_passed_over() -> None:
    assert Progress().read("panic: runtime error") is False


def test_a_missing_terraform_is_one_sentence(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(LocalError, match=r"Terraform is missing: install version 1\.10 or later"):
        terraform.check()


def test_an_old_terraform_is_one_sentence(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_terraform(tmp_path / "bin", monkeypatch, """echo '{"terraform_version": "1.9.8"}'""")

    with pytest.raises(LocalError, match=r"Terraform 1\.9\.8 .* is too old"):
        terraform.check()


def test_a_recent_terraform_is_taken(terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_terraform(tmp_path / "bin", monkeypatch, """echo '{"terraform_version": "1.12.0-rc1"}'""")

    assert terraform.check() == "1.12.0-rc1"


def test_an_apply_gives_its_outputs_and_is_remembered(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = "\n".join(json.dumps(message) for message in (PLAN, CREATED, OUTPUTS))
    (tmp_path / "lines").write_text(f'{{"terraform_version": "1.11.4"}}\n{lines}\n')
    fake_terraform(
        tmp_path / "bin", monkeypatch, f'[ "$1" = version ] && head -1 {tmp_path}/lines || cat {tmp_path}/lines'
    )
    terraform.check()
    seen: list[int] = []

    outputs = terraform.apply({"a": "b"}, "fingerprint", lambda progress: seen.append(progress.done))

    assert outputs == {"region": "us-east-1"}
    assert seen == [0, 1]
    assert terraform.is_applied("fingerprint")
    assert not terraform.is_applied("another")
    assert "-var=a=b" in terraform.log.read_text()


def test_a_failed_apply_says_why_and_is_not_remembered(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "lines").write_text(json.dumps(ERROR) + "\n")
    script = (
        f"""[ "$1" = version ] && echo '{{"terraform_version": "1.11.4"}}' || {{ cat {tmp_path}/lines; exit 1; }}"""
    )
    fake_terraform(tmp_path / "bin", monkeypatch, script)
    terraform.check()

    with pytest.raises(LocalError, match="terraform apply failed: creating SQS Queue") as caught:
        terraform.apply({}, "fingerprint", lambda _progress: None)

    assert caught.value.log == terraform.log
    assert not terraform.is_applied("fingerprint")


def test_an_interrupted_apply_ends_terraform_and_is_remembered(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = (
        f"""[ "$1" = version ] && echo '{{"terraform_version": "1.11.4"}}' && exit; """
        f"""echo $$ >{tmp_path}/pid; echo '{json.dumps(PLAN)}'; exec sleep 60"""
    )
    fake_terraform(tmp_path / "bin", monkeypatch, script)
    terraform.check()

    def interrupt(_progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        terraform.apply({}, "fingerprint", interrupt)

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert terraform.was_cut_off
    terraform.discard_state()
    assert not terraform.was_cut_off


def test_a_new_emulator_means_a_new_apply(terraform: Terraform) -> None:
    first = terraform.wanted({"endpoint_url": "http://127.0.0.1:4566"}, "12@34")

    assert first == terraform.wanted({"endpoint_url": "http://127.0.0.1:4566"}, "12@34")
    assert first != terraform.wanted({"endpoint_url": "http://127.0.0.1:4566"}, "13@35")
    assert first != terraform.wanted({"endpoint_url": "http://127.0.0.1:4567"}, "12@34")


def test_discarding_the_state_leaves_providers_in_place(terraform: Terraform, layout: Layout) -> None:
    (layout.terraform / "terraform.tfstate").write_text("{}")
    (layout.terraform / "data").mkdir()

    terraform.discard_state()

    assert [entry.name for entry in layout.terraform.iterdir()] == ["data"]


def test_terraform_sees_nothing_of_the_developers_aws_account(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(terraform_module, "cli_config", lambda _path: None)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "TF_VAR_name", "TF_CLI_ARGS_apply", "TF_WORKSPACE"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/does/not/exist")
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    environment = terraform._environment()

    assert "mine" not in environment.values()
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    assert "TF_CLI_CONFIG_FILE" not in environment
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert "127.0.0.1" in environment["NO_PROXY"]


def test_a_mirror_that_holds_no_providers_is_one_sentence(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAZETTE_PROVIDER_MIRROR", str(tmp_path))

    with pytest.raises(LocalError, match=r"holds no registry\.terraform\.io/ directory\."):
        terraform.check()


def test_a_developers_own_cli_configuration_is_respected(
    terraform: Terraform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GAZETTE_PROVIDER_MIRROR", raising=False)
    (tmp_path / "mine.tfrc").write_text("")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "mine.tfrc"))

    assert terraform._environment()["TF_CLI_CONFIG_FILE"] == str(tmp_path / "mine.tfrc")
