"""AWS's own command line on the local cloud: every such command of docs/operations.md and docs/runbook.md runs."""

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from articles.jobs import JobKind
from local.layout import CHECKOUT
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack
from tests.scans import install

pytestmark = pytest.mark.e2e

_FENCE = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "--- the end of a command ---"
PATIENCE = 30.0  # seconds until a line that a function wrote can be read


def blocks(page: str, heading: str) -> list[str]:
    """The shell blocks under a heading."""
    text = (CHECKOUT / "docs" / page).read_text("utf-8")
    section = text.split(f"\n{heading}\n", 1)[1]
    level = heading.partition(" ")[0]
    return _FENCE.findall(re.split(rf"(?m)^#{{1,{len(level)}}} ", section)[0])


def commands(block: str) -> list[str]:
    """Single commands, which may go over several lines."""
    return [line for line in re.split(r"(?<!\\)\n(?! )", block.strip()) if line]


@pytest.fixture(scope="module")
def environment(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing but what the page sets, and the tools."""
    return {
        "PATH": f"{install('awscli')}:{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("home")),
        "NO_PROXY": "*",
        "AWS_ENDPOINT_URL": stack.outputs["endpoint_url"],
        "AWS_DEFAULT_REGION": stack.outputs["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def run(script: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_commands_of_by_hand_work_as_they_stand(
    stack: RunningStack, environment: dict[str, str], tmp_path: Path
) -> None:
    [block] = blocks("operations.md", "## By hand")
    settings, *calls = commands(block.replace("/tmp/gazette", f"{tmp_path}/gazette"))
    assert settings.startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:4566 ")
    settings = settings.replace("http://127.0.0.1:4566", stack.outputs["endpoint_url"])
    alone = {name: environment[name] for name in ("PATH", "HOME", "NO_PROXY")}
    printed = [run(f"{settings}\n{call}", alone) for call in calls]
    apis, functions, invoked, swept, lines = printed

    assert "gazette-local" in apis.split()
    assert stack.outputs["api_url"].split("/")[4] in apis.split()
    assert {stack.outputs[f"{key}_function"] for key in ("api", "authorizer", "worker", "sweeper")} <= set(
        functions.split()
    )
    assert json.loads(invoked)["StatusCode"] == 200
    # Besides, the jobs that it asked for anew: other tests of this stack may leave something overdue.
    assert set(json.loads(swept)) - {*JobKind} == {"overdue", "expired", "failed", "left"}
    assert isinstance(json.loads(lines), list)
    until = time.monotonic() + PATIENCE
    while not any(_said(line) == "swept" for line in json.loads(lines)):
        assert time.monotonic() < until, "the sweep that was asked for is not in the log"
        time.sleep(1)
        lines = run(f"{settings}\n{calls[-1]}", alone)


def _said(line: str) -> str | None:
    found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
    return found.get("message")


def test_a_calls_lines_are_in_its_functions_log_group_between_lambdas_own(
    stack: RunningStack, environment: dict[str, str], anonymous: ApiClient
) -> None:
    answer = anonymous.session.get(f"{stack.outputs['api_url']}/articles", timeout=30)
    correlation_id = answer.headers["X-Correlation-Id"]
    group = f"/aws/lambda/{stack.outputs['api_function']}"
    found: list[dict[str, Any]] = []
    until = time.monotonic() + PATIENCE
    while not found:
        assert time.monotonic() < until, "no such line"
        text = run(
            f"aws logs filter-log-events --log-group-name {group} --filter-pattern '\"{correlation_id}\"'", environment
        )
        found = json.loads(text)["events"]
    [event] = found
    line = json.loads(event["message"])
    assert line["correlation_id"] == correlation_id
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\d+\][0-9a-f]+", event["logStreamName"])

    text = run(
        f"aws logs get-log-events --log-group-name {group} --log-stream-name '{event['logStreamName']}' "
        "--start-from-head",
        environment,
    )
    messages = [one["message"] for one in json.loads(text)["events"]]
    place = messages.index(event["message"])
    request_id = line["request_id"]
    assert any(one.startswith(f"START RequestId: {request_id} Version: ") for one in messages[:place])
    assert f"END RequestId: {request_id}" in messages[place:]
    assert any(one.startswith(f"REPORT RequestId: {request_id}\tDuration: ") for one in messages[place:])


def test_make_shows_a_correlation_id_and_calls_a_function(stack: RunningStack, anonymous: ApiClient) -> None:
    answer = anonymous.session.get(f"{stack.outputs['api_url']}/articles", timeout=30)
    correlation_id = answer.headers["X-Correlation-Id"]

    def make(*arguments: str) -> str:
        done = subprocess.run(
            ["make", "--silent", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "GAZETTE_LOCAL_DIR": str(stack.layout.root)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    until = time.monotonic() + PATIENCE
    while correlation_id not in (shown := make("logs", f"CORRELATION={correlation_id}", "SINCE=5m")):
        assert time.monotonic() < until, "no such line"
    assert {line.split()[1] for line in shown.splitlines()} == {"api"}
    assert json.loads(make("invoke", "FUNCTION=sweeper", "EVENT=tests/events/schedule.json")).keys() >= {"overdue"}
    status = make("status")
    assert re.search(r"^api +version \d+$", status, re.MULTILINE)
    assert re.search(r"^alarms +\d+ of \d+ ringing$", status, re.MULTILINE)


def test_a_rendition_that_was_deleted_comes_back(
    stack: RunningStack, environment: dict[str, str], alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    bucket = stack.outputs["media_bucket"]
    article = alice.create_article()
    image = alice.wait_for(alice.upload(article["id"], photograph))
    served = anonymous.session.get(image["urls"]["large"], timeout=10)
    assert served.status_code == 200
    prefix = f"media/{article['id']}/{image['id']}/"
    keys = [one["Key"] for one in stack.clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    assert len(keys) >= 2
    for key in keys:
        stack.clients.s3.delete_object(Bucket=bucket, Key=key)
    assert anonymous.session.get(image["urls"]["large"], timeout=10).status_code == 404

    [block] = blocks("runbook.md", "### Files")
    run(block, environment | {"MEDIA": bucket, "ARTICLE": article["id"], "IMAGE": image["id"]})

    again = anonymous.session.get(image["urls"]["large"], timeout=10)
    assert again.status_code == 200
    assert again.content == served.content
    listed = stack.clients.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    assert [one["Key"] for one in listed] == keys


def test_deleted_files_are_kept_for_a_window(stack: RunningStack) -> None:
    rules = stack.clients.s3.get_bucket_lifecycle_configuration(Bucket=stack.outputs["media_bucket"])["Rules"]
    [days] = {
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in rules
        if rule["Status"] == "Enabled" and "NoncurrentVersionExpiration" in rule
    }
    assert days >= 30
    assert stack.clients.s3.get_bucket_versioning(Bucket=stack.outputs["media_bucket"])["Status"] == "Enabled"
