"""What moto is told and does not tell again: with this it does, so that a second plan compares like with like."""

import re
from typing import Any

import pytest
from moto.awslambda.models import EventSourceMapping, LambdaFunction
from moto.codedeploy import responses


def remember(patch: pytest.MonkeyPatch) -> None:
    """Logging and SnapStart of functions, the alias of an event source mapping, alarms of a deployment group."""
    initialise, configuration = LambdaFunction.__init__, LambdaFunction.get_configuration

    def new_function(self: Any, account_id: str, spec: dict[str, Any], region: str, version: int = 1) -> None:
        initialise(self, account_id, spec, region, version)
        self.told = {"LoggingConfig": spec.get("LoggingConfig", {})}
        if "SnapStart" in spec:
            self.told["SnapStart"] = {**spec["SnapStart"], "OptimizationStatus": "On"}

    def told_again(self: Any, on_create: bool = False) -> dict[str, Any]:
        return configuration(self, on_create) | self.told

    map_events = EventSourceMapping.__init__

    def new_mapping(self: Any, spec: dict[str, Any]) -> None:
        called = spec["FunctionName"]
        map_events(self, spec)
        if re.search(r":function:[^:]+:[^:]+$", called):
            self.function_arn = called

    describe = responses._deployment_group_info

    def described(group: Any) -> dict[str, Any]:
        info = describe(group) | {"alarmConfiguration": group.alarm_configuration or {}}
        if not info["loadBalancerInfo"]:
            del info["loadBalancerInfo"]  # for functions CodeDeploy has none
        return info

    patch.setattr(LambdaFunction, "__init__", new_function)
    patch.setattr(LambdaFunction, "get_configuration", told_again)
    patch.setattr(EventSourceMapping, "__init__", new_mapping)
    patch.setattr(responses, "_deployment_group_info", described)
