"""Moves what calls a stage's functions from one published version to another, through CodeDeploy.

A deployment lives at CodeDeploy: whoever started it may be killed, and the next run finds it and waits for its end.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.errors import LocalError
from local.steps import Step, step

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

PAUSE = 5.0  # seconds between two looks at a deployment
AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
_UNDER_WAY = ["Created", "Queued", "InProgress", "Baking", "Ready"]


@dataclass(frozen=True)
class Target:
    """The version that callers of a function are to get. Without an application Terraform moves the alias."""

    key: str
    function: str
    alias: str
    version: str
    application: str | None
    deployment_group: str | None


def targets(outputs: Mapping[str, Any]) -> list[Target]:
    """Each function and the version published last, by a stage's Terraform outputs; none before its first apply."""
    return [Target(key=key, **one) for key, one in sorted(outputs.get("releases", {}).items())]


class Traffic:
    """One account's functions and CodeDeploy."""

    def __init__(self, lambda_client: "LambdaClient", codedeploy: Any) -> None:
        """Takes their clients."""
        self._lambda = lambda_client
        self._codedeploy = codedeploy

    def waiting(self, wanted: Iterable[Target]) -> list[Target]:
        """Those that CodeDeploy has yet to move: the alias is elsewhere, or still on its way."""
        return [one for one in wanted if one.application and not self._is_at(one)]

    def earlier(self, published: Iterable[Target], versions: Mapping[str, str]) -> list[Target] | None:
        """The functions at these earlier versions; None where CodeDeploy could not move all of them there."""
        back = [replace(one, version=versions.get(one.key, "")) for one in published]
        return back if back and all(one.application and one.version and self._is_there(one) for one in back) else None

    def move(self, wanted: Iterable[Target], *, at_once: bool = False, ignore_alarms: bool = False) -> None:
        """Starts a deployment for each function that is not there yet, all at the same time, and waits for them.

        `at_once` is for incidents: what is under way is stopped, and nothing is tried out first.

        Raises:
            LocalError: one failed. It was taken back by CodeDeploy, and so were those that were still under way.
        """
        wanted = list(wanted)
        for one in wanted:
            # Also where the alias is right: what has only just been created has not moved it yet.
            if one.application:
                self._settle(one, stop=at_once)
        left = self.waiting(wanted)
        if not left:
            return
        with step(f"snapshots of {_named(left)}"):
            for one in left:
                # With SnapStart a version is not there yet when it is published.
                self._lambda.get_waiter("published_version_active").wait(
                    FunctionName=one.function, Qualifier=one.version
                )
        with step(f"release {_named(left)}") as current:
            self._watch({self._start(one, at_once=at_once, ignore_alarms=ignore_alarms): one for one in left}, current)

    def prune(self, one: Target, keep: set[str]) -> list[str]:
        """Deletes the versions before the one in service that no alias and no release needs; gives them."""
        aliases = self._lambda.list_aliases(FunctionName=one.function)["Aliases"]
        held = {alias["FunctionVersion"] for alias in aliases} | keep | {one.version}
        for alias in aliases:
            held |= set(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))
        live = next(int(alias["FunctionVersion"]) for alias in aliases if alias["Name"] == one.alias)
        pages = self._lambda.get_paginator("list_versions_by_function").paginate(FunctionName=one.function)
        published = [version["Version"] for page in pages for version in page["Versions"]]
        old = [name for name in published if name.isdigit() and int(name) < live and name not in held]
        for version in old:
            self._lambda.delete_function(FunctionName=one.function, Qualifier=version)
        return old

    def _is_at(self, one: Target) -> bool:
        alias = self._lambda.get_alias(FunctionName=one.function, Name=one.alias)
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return alias["FunctionVersion"] == one.version and not weights

    def _is_there(self, one: Target) -> bool:
        try:
            self._lambda.get_function_configuration(FunctionName=one.function, Qualifier=one.version)
        except self._lambda.exceptions.ResourceNotFoundException:
            return False
        return True

    def _settle(self, one: Target, *, stop: bool) -> None:
        """Waits until nothing is under way for the function any more; with `stop`, for its going back alone, which is a
        deployment of its own."""
        stopped: set[str] = set()
        while found := self._codedeploy.list_deployments(
            applicationName=one.application, deploymentGroupName=one.deployment_group, includeOnlyStatuses=_UNDER_WAY
        )["deployments"]:
            for deployment in found:
                with step(f"{one.key}: deployment {deployment}, under way") as current:
                    if stop and not stopped:
                        self._stop(deployment)
                    while self._status(deployment) in _UNDER_WAY:
                        current.note(self._share(one))
                        time.sleep(PAUSE)
            stopped.update(found)

    def _start(self, one: Target, *, at_once: bool, ignore_alarms: bool) -> str:
        alias = self._lambda.get_alias(FunctionName=one.function, Name=one.alias)
        settings: dict[str, Any] = {"deploymentConfigName": AT_ONCE} if at_once else {}
        if ignore_alarms:
            settings["overrideAlarmConfiguration"] = {"enabled": False, "alarms": []}
        started: str = self._codedeploy.create_deployment(
            applicationName=one.application,
            deploymentGroupName=one.deployment_group,
            description=f"{one.function}: {alias['FunctionVersion']} to {one.version}",
            revision=revision(one, alias["FunctionVersion"]),
            **settings,
        )["deploymentId"]
        return started

    def _watch(self, running: dict[str, Target], current: Step) -> None:
        failed: dict[str, Target] = {}
        left = dict(running)
        while left:
            for deployment, one in list(left.items()):
                status = self._status(deployment)
                if status in _UNDER_WAY:
                    continue
                del left[deployment]
                if status != "Succeeded":
                    failed[deployment] = one
                    for other in left:  # the functions belong together: none goes on alone
                        self._stop(other)
            if left:
                current.note(", ".join(f"{one.key} {self._share(one)}" for one in left.values()))
                time.sleep(PAUSE)
        if failed:
            raise LocalError(self._why(failed))

    def _why(self, failed: dict[str, Target]) -> str:
        """What became of each that failed, once CodeDeploy has taken it back."""
        said = []
        for deployment, one in failed.items():
            info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
            back = info.get("rollbackInfo", {}).get("rollbackDeploymentId")
            while back and self._status(back) in _UNDER_WAY:
                time.sleep(PAUSE)
            error = info.get("errorInformation", {})
            live = self._lambda.get_alias(FunctionName=one.function, Name=one.alias)["FunctionVersion"]
            reason = f"{error['code']}: {error['message']}" if error else info["status"]
            said.append(f"{one.function} {one.version}, now back at {live} ({deployment}, {reason})")
        return (
            f"CodeDeploy did not release {'; '.join(said)}. What was released before that stays: "
            "`make rollback` moves it back, too."
        )

    def _stop(self, deployment: str) -> None:
        try:
            self._codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
        except ClientError as error:
            if error.response["Error"]["Code"] != "DeploymentAlreadyCompletedException":
                raise

    def _status(self, deployment: str) -> str:
        status: str = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]["status"]
        return status

    def _share(self, one: Target) -> str:
        """How many of the calls get a new version now."""
        alias = self._lambda.get_alias(FunctionName=one.function, Name=one.alias)
        if alias["FunctionVersion"] == one.version:
            return "100 %"
        weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return f"{sum(weights.values()):.0%}".replace("%", " %")


def revision(one: Target, current: str) -> dict[str, Any]:
    """CodeDeploy's AppSpec for one function.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
    """
    properties = {
        "Name": one.function, "Alias": one.alias, "CurrentVersion": current, "TargetVersion": one.version,
    }  # fmt: skip
    content = {"version": 0.0, "Resources": [{one.key: {"Type": "AWS::Lambda::Function", "Properties": properties}}]}
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}}


def _named(some: Iterable[Target]) -> str:
    return ", ".join(f"{one.key} {one.version}" for one in some)
