"""Going on with a restored table, step by step as docs/runbook.md#restore tells it: on dev's own root, of which the
table is all that is applied here."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.layout import CHECKOUT
from local.operations.restore import CARRIED_OVER, Comparison, Drill
from tests.terraform.conftest import Terraform
from tests.terraform.emulated import Client, cloud, root, run

pytestmark = pytest.mark.terraform

LIVE = "gazette-dev-articles"
ADDRESS = "module.gazette.module.article_table.aws_dynamodb_table.articles"
TARGET = "-target=module.gazette.module.article_table"
ITEM = {"PK": {"S": "ARTICLE#1"}, "SK": {"S": "ARTICLE"}}


@dataclass(frozen=True)
class Story:
    """What was seen."""

    restored: str
    compared: Comparison
    plan: str
    then: str
    last_plan: str
    table: dict[str, Any]
    ttl: str
    recovery: str
    tags: set[str]
    item: Any
    tables: list[str]


@pytest.fixture(scope="module")
def story(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with cloud(tmp_path_factory.mktemp("cloud"), terraform) as (there, client), root(there, "dev", "restored") as dev:
        yield _tell(there, dev, client)


def _tell(terraform: Terraform, dev: str, client: Client) -> Story:
    dynamodb = client("dynamodb")
    applied = run(terraform, dev, "apply", "-auto-approve", TARGET)
    assert applied.returncode == 0, applied.stdout
    dynamodb.put_item(TableName=LIVE, Item=ITEM)

    carried_over = [what for what in CARRIED_OVER if what != "encryption"]  # the emulator forgets it
    drill = Drill(dynamodb, client("cloudwatch"), LIVE, None, carried_over=carried_over)
    drill.start()
    drill.wait(lambda _: None)
    compared = drill.compare(lambda _: None)

    name = f"-var=table_name={drill.target}"
    for step in (
        terraform.run(dev, "state", "rm", ADDRESS),
        run(terraform, dev, "import", name, ADDRESS, drill.target),
    ):
        assert step.returncode == 0, step.stdout
    plan = run(terraform, dev, "plan", name, TARGET)
    then = run(terraform, dev, "apply", "-auto-approve", name, TARGET)
    last_plan = run(terraform, dev, "plan", name, TARGET)
    for step in (plan, then, last_plan):
        assert step.returncode == 0, step.stdout
    table = dynamodb.describe_table(TableName=drill.target)["Table"]
    return Story(
        restored=drill.target,
        compared=compared,
        plan=plan.stdout,
        then=then.stdout,
        last_plan=last_plan.stdout,
        table=table,
        ttl=dynamodb.describe_time_to_live(TableName=drill.target)["TimeToLiveDescription"].get("AttributeName", ""),
        recovery=dynamodb.describe_continuous_backups(TableName=drill.target)["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]["PointInTimeRecoveryStatus"],
        tags={tag["Key"] for tag in dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]},
        item=dynamodb.get_item(TableName=drill.target, Key=ITEM).get("Item"),
        tables=dynamodb.list_tables()["TableNames"],
    )


def test_the_drill_names_what_terraform_has_to_set_again(story: Story) -> None:
    assert story.compared.faults == []
    told = [setting.partition(":")[0] for setting in story.compared.by_hand]
    assert set(told) >= {"time to live", "point-in-time recovery", "tags"}


def test_terraform_takes_the_restored_table_and_replaces_nothing(story: Story) -> None:
    assert f"# {ADDRESS} will be updated in-place" in story.plan
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in story.plan
    assert "0 added, 1 changed, 0 destroyed" in story.then
    assert "No changes." in story.last_plan


def test_what_a_restore_leaves_out_is_set_again(story: Story) -> None:
    assert story.ttl == "expires_at"
    assert story.recovery == "ENABLED"
    assert story.tags >= {"Project", "Environment", "ManagedBy"}
    schema = json.loads((CHECKOUT / "services" / "articles" / "table.json").read_text("utf-8"))
    indexes = {index["IndexName"] for index in story.table["GlobalSecondaryIndexes"]}
    assert indexes == {index["name"] for index in schema["indexes"]}


def test_the_items_are_there_and_the_old_table_too(story: Story) -> None:
    assert story.item == ITEM
    assert {LIVE, story.restored} <= set(story.tables)


def test_the_runbook_names_the_same_address() -> None:
    page = (CHECKOUT / "docs" / "runbook.md").read_text("utf-8")
    assert set(re.findall(r"module\.gazette\.module\.article_table\.\S+", page)) == {ADDRESS}
