"""What a deployed function says about itself, and the environment that a child gets from it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sts import STSClient

# Read by the emulator, not by the function: it says where to forward the events to.
EMULATOR_VARIABLES = frozenset({"MINISTACK_LAMBDA_PROXY_URL"})
SESSION = timedelta(hours=1)  # the shortest that every role allows


@dataclass(frozen=True)
class Credentials:
    """A role's temporary credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime


@dataclass(frozen=True)
class Function:
    """A deployed function's configuration. Two are equal when nothing that a child depends on differs."""

    name: str
    version: str
    image: str
    handler: str
    role: str
    region: str
    memory_mb: int
    log_group: str
    log_format: str
    variables: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """A short name for exactly this configuration."""
        return hashlib.sha256(json.dumps([*self.__dict__.values()]).encode()).hexdigest()[:12]

    def environment(self, credentials: Credentials, log_stream: str) -> dict[str, str]:
        """The variables of a child: the function's own and those that Lambda reserves, which win."""
        own = {name: value for name, value in self.variables if name not in EMULATOR_VARIABLES}
        return own | {
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
            "_HANDLER": self.handler,
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": self.log_format,
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            "AWS_REGION": self.region,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
            "TZ": ":UTC",
        }


class FunctionSource(Protocol):
    """Where configurations and credentials come from: the emulator, or a test."""

    def function(self, name: str, version: str) -> Function:
        """The deployed configuration of a function's version (`$LATEST`, a number, or an alias of one)."""

    def credentials(self, function: Function) -> Credentials:
        """Fresh credentials of its role."""


class DeployedFunctions:
    """Reads both from the local cloud."""

    def __init__(self, lambda_client: "LambdaClient", sts_client: "STSClient") -> None:
        """Takes clients that act as the account's root, as the Lambda service itself may."""
        self._lambda = lambda_client
        self._sts = sts_client

    def function(self, name: str, version: str) -> Function:
        """GetFunction, reduced to what an environment depends on."""
        function = self._lambda.get_function(FunctionName=name, Qualifier=version)
        image = function.get("Code", {}).get("ImageUri", "")
        return parse(dict(function["Configuration"]), image, self._lambda.meta.region_name)

    def credentials(self, function: Function) -> Credentials:
        """AssumeRole on the function's role, as the Lambda service does before it starts an environment."""
        given = self._sts.assume_role(
            RoleArn=function.role,
            RoleSessionName=function.name[:64],
            DurationSeconds=int(SESSION.total_seconds()),
        )["Credentials"]
        return Credentials(
            access_key_id=given["AccessKeyId"],
            secret_access_key=given["SecretAccessKey"],
            session_token=given["SessionToken"],
            expires_at=given["Expiration"].astimezone(UTC),
        )


def parse(configuration: dict[str, Any], image: str, region: str) -> Function:
    """A function's configuration and its image as a Function.

    Raises:
        ValueError: the function is not a container image with a command of one handler.
    """
    command = configuration.get("ImageConfigResponse", {}).get("ImageConfig", {}).get("Command", [])
    if len(command) != 1:
        raise ValueError(f"{configuration['FunctionName']}: image_config.command must name one handler, not {command}")
    logging = configuration.get("LoggingConfig", {})
    return Function(
        name=configuration["FunctionName"],
        version=configuration.get("Version", "$LATEST"),
        image=image,
        handler=command[0],
        role=configuration["Role"],
        region=region,
        memory_mb=configuration.get("MemorySize", 128),
        log_group=logging.get("LogGroup") or f"/aws/lambda/{configuration['FunctionName']}",
        log_format=logging.get("LogFormat", "Text"),
        variables=tuple(sorted(configuration.get("Environment", {}).get("Variables", {}).items())),
    )
