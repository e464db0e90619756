"""The restore drill, on moto's AWS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend

from articles.model import Article
from articles.repository import ArticleRepository
from articles.table import Table
from local.operations import __main__ as operations
from local.operations import place as places
from local.operations.restore import Drill
from tests.dynamodb import create_table
from tests.samples import an_article

REGION = "eu-central-1"
SESSION = boto3.session.Session("testing", "testing", region_name=REGION)
LIVE = "gazette-dev-articles"


_restore = DynamoDBBackend.restore_table_to_point_in_time


def _with_billing(self: Any, target: str, source: str) -> Any:
    """moto's own forgets it."""
    made = _restore(self, target, source)
    made.billing_mode = self.get_table(source).billing_mode
    return made


@pytest.fixture(autouse=True)
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A table as Terraform leaves it, with an alarm, and articles in it."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr("boto3.session.Session", lambda: SESSION)
    monkeypatch.setattr(DynamoDBBackend, "restore_table_to_point_in_time", _with_billing)
    with mock_aws():
        client = SESSION.client("dynamodb")
        create_table(client, LIVE)
        client.update_time_to_live(
            TableName=LIVE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        client.update_continuous_backups(
            TableName=LIVE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        client.update_table(TableName=LIVE, DeletionProtectionEnabled=True)
        arn = client.describe_table(TableName=LIVE)["Table"]["TableArn"]
        client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Project", "Value": "gazette"}])
        SESSION.client("cloudwatch").put_metric_alarm(
            AlarmName="gazette-dev-throttles", MetricName="ReadThrottleEvents", Namespace="AWS/DynamoDB", Period=60,
            EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold", Statistic="Sum",
            Dimensions=[{"Name": "TableName", "Value": LIVE}],
        )  # fmt: skip
        yield client


def publish(client: Any, *articles: Article) -> None:
    repository = ArticleRepository(Table(client, LIVE))
    for article in articles:
        repository.create(article)


def drill(client: Any, at: datetime | None = None) -> Drill:
    return Drill(client, SESSION.client("cloudwatch"), LIVE, at, sleep=lambda _: None)


def restored(client: Any) -> Drill:
    made = drill(client)
    made.start()
    made.wait(lambda _: None)
    return made


def nothing(_: str) -> None:
    pass


def tables(client: Any) -> list[str]:
    names: list[str] = client.list_tables()["TableNames"]
    return names


def test_the_drill_restores_compares_and_deletes(dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    publish(dynamodb, *map(an_article, range(3)))

    assert operations.main(["restore-drill", "--stage", "dev"]) == 0

    shown = capsys.readouterr().out
    assert f"Restoring {LIVE} as of 20" in shown
    assert "the newest 3 articles of the feed" in shown
    assert "the same: keys, types of keys, indexes, billing, encryption" in shown
    for setting in (
        "time to live: by expires_at", "point-in-time recovery: on", "deletion protection: on", "tags: Project=gazette",
        "alarms: gazette-dev-throttles",
    ):  # fmt: skip
        assert f"not restored, Terraform's to set again: {setting}" in shown
    assert "✓ deleted gazette-dev-articles-restored-" in shown
    assert tables(dynamodb) == [LIVE]


def test_a_restored_table_can_be_kept_and_the_next_drill_mentions_it(
    dynamodb: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operations.main(["restore-drill", "--stage", "dev", "--keep"]) == 0
    [kept] = [name for name in tables(dynamodb) if name != LIVE]
    assert f"{kept} stays" in capsys.readouterr().out
    monkeypatch.setattr(Drill, "__init__", _named(Drill.__init__, "second"))

    assert operations.main(["restore-drill", "--stage", "dev"]) == 0

    assert f"{kept} is still there from before: aws dynamodb delete-table" in capsys.readouterr().err
    assert sorted(tables(dynamodb)) == [LIVE, kept]


def _named(initialise: Any, suffix: str) -> Any:
    def init(self: Drill, *arguments: Any, **named: Any) -> None:
        initialise(self, *arguments, **named)
        self.target += suffix  # not in the same second

    return init


def test_an_article_that_differs_though_nobody_changed_it_is_a_fault(dynamodb: Any) -> None:
    article = an_article()
    publish(dynamodb, article)
    made = restored(dynamodb)
    [item] = [one for one in dynamodb.scan(TableName=made.target)["Items"] if one.get("title")]
    assert item["PK"]["S"].endswith(article.id)
    dynamodb.put_item(TableName=made.target, Item=item | {"title": {"S": "something else"}})

    faults = made.compare(nothing).faults

    assert any("differs, though nobody has changed it since" in fault for fault in faults)


def test_what_was_written_after_the_time_is_no_fault(dynamodb: Any) -> None:
    publish(dynamodb, an_article(1), an_article(2))
    made = restored(dynamodb)
    publish(dynamodb, an_article(3, updated_at=datetime.now(UTC) + timedelta(minutes=1)))

    found = made.compare(nothing)

    assert found.faults == []
    assert found.live > found.restored > 0
    assert found.newest == 2


def test_an_article_that_the_restored_feed_lacks_is_a_fault(dynamodb: Any) -> None:
    article = an_article()
    publish(dynamodb, article)
    made = restored(dynamodb)
    for item in dynamodb.scan(TableName=made.target)["Items"]:
        dynamodb.delete_item(TableName=made.target, Key={"PK": item["PK"], "SK": item["SK"]})

    faults = made.compare(nothing).faults

    assert f"article {article.id} is not in the restored table's feed" in faults
    assert "of the items that were compared, none is the same" in faults


def test_a_lost_index_is_a_fault(dynamodb: Any) -> None:
    made = restored(dynamodb)
    dynamodb.update_table(TableName=made.target, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "due"}}])

    assert any(fault.startswith("indexes: ") for fault in made.compare(nothing).faults)


def test_without_recovery_there_is_nothing_to_restore(dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    dynamodb.update_continuous_backups(
        TableName=LIVE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )

    assert operations.main(["restore-drill", "--stage", "dev"]) == 1
    assert "has no point-in-time recovery" in capsys.readouterr().err
    assert tables(dynamodb) == [LIVE]


@pytest.mark.parametrize("stage", ["prod"])
def test_a_table_that_is_not_there_is_named(stage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert operations.main(["restore-drill", "--stage", stage]) == 1
    assert f"There is no table gazette-{stage}-articles." in capsys.readouterr().err


def test_a_time_that_cannot_be_restored_is_refused(dynamodb: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert operations.main(["restore-drill", "--stage", "dev", "--at", "2099-01-01T00:00:00Z"]) == 1
    assert "AT=2099-01-01T00:00:00Z is none" in capsys.readouterr().err
    assert tables(dynamodb) == [LIVE]


def test_a_drill_that_is_interrupted_deletes_its_table(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Drill, "compare", interrupt)

    assert operations.main(["restore-drill", "--stage", "dev"]) == 130
    assert tables(dynamodb) == [LIVE]


def test_the_live_table_is_never_deleted(dynamodb: Any) -> None:
    made = drill(dynamodb)
    made.target = LIVE
    with pytest.raises(Exception, match="is not of this drill"):
        made.delete()


def test_operations_use_the_table_that_the_api_uses() -> None:
    class Lambda:
        def get_function_configuration(self, **asked: str) -> Any:
            assert asked == {"FunctionName": "gazette-dev-api", "Qualifier": "live"}
            return {"Environment": {"Variables": {"TABLE_NAME": f"{LIVE}-restored-1"}}}

    assert places.table_of("dev", lambda _: Lambda()) == f"{LIVE}-restored-1"
    assert places.table_of("dev", SESSION.client) == LIVE
