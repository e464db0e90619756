"""A stand-in for CodeDeploy at its HTTP border, since moto's deployments never begin: it takes the four calls that a
release makes, and moves the alias as CodeDeploy does, a look at a time.

A deployment of a function begins with ten percent, and ends at the next look; one whose function is `ill` is taken back
with the alarm's name, as DEPLOYMENT_STOP_ON_ALARM does, unless alarms are ignored. To be taken back is a deployment of
its own, and a group has one under way at most.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class RefusedError(Exception):
    """By CodeDeploy: its code."""


class CodeDeploy:
    """What it was asked for, and what became of it."""

    def __init__(self, lambda_client: Any) -> None:
        self._lambda = lambda_client
        self.deployments: dict[str, dict[str, Any]] = {}
        self.created: list[dict[str, Any]] = []
        self.ill: set[str] = set()
        self.endless: set[str] = set()
        self.not_begun: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            result: dict[str, Any] = getattr(self, action)(request)
            return result

    def CreateDeployment(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the API's name
        if any(self.ListDeployments({**request, "includeOnlyStatuses": ["Created", "InProgress"]}).values()):
            raise RefusedError("DeploymentLimitExceededException")
        self.created.append(request)
        content = json.loads(request["revision"]["appSpecContent"]["content"])
        [resource] = content["Resources"]
        [properties] = [one["Properties"] for one in resource.values()]
        alias = self._alias(properties)
        if alias["FunctionVersion"] != properties["CurrentVersion"]:
            return self._add(request, properties, "Failed")  # as CodeDeploy checks it
        if properties["Name"] in self.not_begun:
            return self._add(request, properties, "Created")
        name = self._add(request, properties, "InProgress")
        if request.get("deploymentConfigName") == "CodeDeployDefault.LambdaAllAtOnce":
            self._end(self.deployments[name["deploymentId"]])
        else:
            self._lambda.update_alias(
                FunctionName=properties["Name"], Name=properties["Alias"],
                FunctionVersion=properties["CurrentVersion"],
                RoutingConfig={"AdditionalVersionWeights": {properties["TargetVersion"]: 0.1}},
            )  # fmt: skip
        return name

    def GetDeployment(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deployment = self.deployments[request["deploymentId"]]
        seen = dict(deployment["info"])
        if seen["status"] == "InProgress" and (
            deployment["goes_back"] or deployment["properties"]["Name"] not in self.endless
        ):
            self._end(deployment)
        return {"deploymentInfo": seen}

    def ListDeployments(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {
            "deployments": [
                name
                for name, one in self.deployments.items()
                if one["group"] == request["deploymentGroupName"]
                and one["info"]["status"] in request["includeOnlyStatuses"]
            ]
        }

    def StopDeployment(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        deployment = self.deployments[request["deploymentId"]]
        assert request["autoRollbackEnabled"] is True
        if deployment["info"]["status"] == "InProgress":
            self._back(deployment)
        elif deployment["info"]["status"] == "Created":
            deployment["info"]["status"] = "Stopped"
        return {"status": "Succeeded"}

    def _add(self, request: dict[str, Any], properties: dict[str, str], status: str) -> dict[str, str]:
        name = f"d-{len(self.deployments) + 1}"
        self.deployments[name] = {
            "group": request["deploymentGroupName"],
            "properties": properties,
            "ignores": request.get("overrideAlarmConfiguration", {}).get("enabled") is False,
            "goes_back": False,
            "info": {"deploymentId": name, "status": status},
        }
        return {"deploymentId": name}

    def _alias(self, properties: dict[str, str]) -> Any:
        return self._lambda.get_alias(FunctionName=properties["Name"], Name=properties["Alias"])

    def _end(self, deployment: dict[str, Any]) -> None:
        properties = deployment["properties"]
        if properties["Name"] in self.ill and not (deployment["ignores"] or deployment["goes_back"]):
            deployment["info"]["errorInformation"] = {
                "code": "ALARM_ACTIVE",
                "message": f"Activated alarms: {properties['Name']}-errors",
            }
            self._back(deployment)
            return
        self._move(properties, properties["TargetVersion"])
        deployment["info"]["status"] = "Succeeded"

    def _back(self, deployment: dict[str, Any]) -> None:
        deployment["info"]["status"] = "Stopped"
        properties = {**deployment["properties"], "TargetVersion": deployment["properties"]["CurrentVersion"]}
        back = self._add({"deploymentGroupName": deployment["group"]}, properties, "InProgress")["deploymentId"]
        self.deployments[back]["goes_back"] = True
        deployment["info"]["rollbackInfo"] = {"rollbackDeploymentId": back}

    def _move(self, properties: dict[str, str], version: str) -> None:
        self._lambda.update_alias(
            FunctionName=properties["Name"], Name=properties["Alias"], FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )  # fmt: skip


@contextmanager
def served(stand_in: CodeDeploy) -> Iterator[str]:
    """Serves it for a while; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                answer, status = stand_in.answer(self.headers["X-Amz-Target"].partition(".")[2], request), 200
            except RefusedError as refused:
                answer, status = {"__type": str(refused), "message": ""}, 400
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
