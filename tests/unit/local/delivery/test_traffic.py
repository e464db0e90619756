"""How callers are moved from version to version. Functions are moto's, CodeDeploy is the stand-in of codedeploy.py."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.delivery import traffic
from local.delivery.traffic import Target, Traffic, targets
from local.errors import LocalError
from tests.unit.local.delivery.codedeploy import CodeDeploy, served

REGION = "eu-west-1"


class Account:
    """Two functions with an alias each, at version 1, and what moves them."""

    def __init__(self, functions: Any, codedeploy: CodeDeploy, moving: Traffic, role: str) -> None:
        self.functions = functions
        self.codedeploy = codedeploy
        self.traffic = moving
        for key in ("api", "worker"):
            functions.create_function(
                FunctionName=f"gazette-dev-{key}", Runtime="python3.13", Role=role, Handler="a.b",
                Code={"ZipFile": code("1")}, Publish=True,
            )  # fmt: skip
            functions.create_alias(FunctionName=f"gazette-dev-{key}", Name="live", FunctionVersion="1")

    def publish(self, key: str, content: str) -> str:
        """What Terraform's apply does."""
        version: str = self.functions.update_function_code(
            FunctionName=f"gazette-dev-{key}", ZipFile=code(content), Publish=True
        )["Version"]
        return version

    def live(self, key: str) -> tuple[str, dict[str, float]]:
        alias = self.functions.get_alias(FunctionName=f"gazette-dev-{key}", Name="live")
        return alias["FunctionVersion"], alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})


def code(content: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.py", content)
    return held.getvalue()


def target(key: str, version: str, application: str | None = "gazette-dev") -> Target:
    return Target(key, f"gazette-dev-{key}", "live", version, application, key if application else None)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(traffic, "PAUSE", 0)
    with mock_aws():
        trust = '{"Version": "2012-10-17", "Statement": []}'
        role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        functions = boto3.client("lambda", region_name=REGION)
        codedeploy = CodeDeploy(functions)
        with served(codedeploy) as url:
            client = boto3.client("codedeploy", region_name=REGION, endpoint_url=url)
            yield Account(functions, codedeploy, Traffic(functions, client), role)


def test_callers_move_to_the_published_version_of_each_function_that_changed(account: Account) -> None:
    wanted = [target("api", account.publish("api", "2")), target("worker", "1")]

    account.traffic.move(wanted)

    assert account.live("api") == ("2", {})
    [asked] = account.codedeploy.created
    assert (asked["applicationName"], asked["deploymentGroupName"]) == ("gazette-dev", "api")
    assert asked["revision"] == traffic.revision(wanted[0], "1")
    assert "deploymentConfigName" not in asked, "how calls are moved is the deployment group's"


def test_a_second_run_does_nothing(account: Account) -> None:
    wanted = [target("api", account.publish("api", "2"))]
    account.traffic.move(wanted)

    account.traffic.move(wanted)

    assert len(account.codedeploy.created) == 1
    assert account.traffic.waiting(wanted) == []


def test_a_release_that_an_alarm_took_back_names_it_and_where_callers_are(account: Account) -> None:
    account.codedeploy.ill.add("gazette-dev-api")
    wanted = [target("api", account.publish("api", "2"))]

    with pytest.raises(
        LocalError, match=r"gazette-dev-api 2, now back at 1 .*ALARM_ACTIVE: Activated alarms: gazette-dev-api-errors"
    ):
        account.traffic.move(wanted)

    assert account.live("api") == ("1", {})


def test_one_that_fails_takes_back_what_is_still_under_way(account: Account) -> None:
    account.codedeploy.ill.add("gazette-dev-api")
    account.codedeploy.endless.add("gazette-dev-worker")
    wanted = [target("api", account.publish("api", "2")), target("worker", account.publish("worker", "2"))]

    with pytest.raises(LocalError, match="gazette-dev-worker 2, now back at 1"):
        account.traffic.move(wanted)

    assert account.live("worker") == ("1", {})


def test_a_release_whose_starter_was_killed_is_waited_for_and_not_started_again(account: Account) -> None:
    wanted = [target("api", account.publish("api", "2"))]
    account.traffic._start(wanted[0], at_once=False, ignore_alarms=False)
    assert account.live("api") == ("1", {"2": 0.1})

    account.traffic.move(wanted)

    assert account.live("api") == ("2", {})
    assert len(account.codedeploy.created) == 1


def test_in_an_incident_what_is_under_way_is_stopped_and_callers_go_back_at_once_whatever_alarms_say(
    account: Account,
) -> None:
    account.traffic.move([target("api", account.publish("api", "2"))])
    account.traffic._start(target("api", account.publish("api", "3")), at_once=False, ignore_alarms=False)
    account.codedeploy.endless.add("gazette-dev-api")
    account.codedeploy.ill.add("gazette-dev-api")

    back = account.traffic.earlier([target("api", "3")], {"api": "1"})
    assert back == [target("api", "1")]
    account.codedeploy.endless.clear()
    account.traffic.move(back, at_once=True, ignore_alarms=True)

    assert account.live("api") == ("1", {})
    asked = account.codedeploy.created[-1]
    assert asked["deploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
    assert asked["overrideAlarmConfiguration"]["enabled"] is False


def test_in_an_incident_a_release_that_has_not_begun_to_move_callers_is_stopped_too(account: Account) -> None:
    account.codedeploy.not_begun.add("gazette-dev-api")
    account.traffic._start(target("api", account.publish("api", "2")), at_once=False, ignore_alarms=False)

    account.traffic.move([target("api", "1")], at_once=True, ignore_alarms=True)

    [begun] = account.codedeploy.deployments.values()
    assert begun["info"]["status"] == "Stopped"
    assert account.live("api") == ("1", {})


@pytest.mark.parametrize(
    ("published", "versions"),
    [
        ([target("api", "1"), target("worker", "1")], {"api": "1"}),
        ([target("api", "1")], {"api": "9"}),
        ([target("api", "1", None)], {"api": "1"}),
        ([], {"api": "1"}),
    ],
    ids=["one was not written down", "it was deleted", "Terraform moves the alias", "nothing was applied"],
)
def test_versions_that_codedeploy_cannot_move_to_are_none_to_go_back_to(
    account: Account, published: list[Target], versions: dict[str, str]
) -> None:
    assert account.traffic.earlier(published, versions) is None


def test_old_versions_go_and_those_in_service_kept_or_not_yet_released_stay(account: Account) -> None:
    for content in "23456":
        account.publish("api", content)
    account.traffic.move([target("api", "5")])
    account.functions.create_alias(FunctionName="gazette-dev-api", Name="probe", FunctionVersion="2")

    removed = account.traffic.prune(target("api", "5"), keep={"4"})

    assert removed == ["1", "3"]
    left = account.functions.list_versions_by_function(FunctionName="gazette-dev-api")["Versions"]
    assert {one["Version"] for one in left} == {"$LATEST", "2", "4", "5", "6"}


def test_where_terraform_moves_the_alias_nothing_waits_for_codedeploy(account: Account) -> None:
    account.traffic.move([target("api", account.publish("api", "2"), None)])

    assert account.codedeploy.created == []
    assert account.live("api") == ("1", {})


def test_targets_are_what_terraform_gives_out_and_none_before_the_first_apply() -> None:
    one = {"function": "f", "alias": "live", "version": "3", "application": "a", "deployment_group": "api"}

    assert targets({"releases": {"api": one}}) == [Target("api", "f", "live", "3", "a", "api")]
    assert targets({}) == []
