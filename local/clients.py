"""AWS clients that act as the root of the local account."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sts import STSClient

REGION = "us-east-1"
# The emulator takes these for the account's root. They open nothing anywhere else.
ACCESS_KEY_ID = SECRET_ACCESS_KEY = "test"  # noqa: S105


class Clients:
    """Makes each client once, when it is first used: most commands need one of them."""

    def __init__(self, endpoint_url: str) -> None:
        """Takes the emulator's address."""
        self.endpoint_url = endpoint_url
        self._session = boto3.session.Session(
            aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=REGION
        )
        # No proxy stands between a machine and itself.
        self._config = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 2})

    def client(self, service: str) -> Any:
        """A client of any other service."""
        return self._session.client(service, endpoint_url=self.endpoint_url, config=self._config)  # type: ignore[call-overload]

    @cached_property
    def cognito(self) -> "CognitoIdentityProviderClient":
        """User pools."""
        return self._session.client("cognito-idp", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """Tables."""
        return self._session.client("dynamodb", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def iam(self) -> "IAMClient":
        """Roles and their policies."""
        return self._session.client("iam", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def lambda_(self) -> "LambdaClient":
        """Functions."""
        return self._session.client("lambda", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """Log groups."""
        return self._session.client("logs", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def s3(self) -> "S3Client":
        """Buckets."""
        return self._session.client("s3", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def sns(self) -> "SNSClient":
        """Topics."""
        return self._session.client("sns", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return self._session.client("sqs", endpoint_url=self.endpoint_url, config=self._config)

    @cached_property
    def sts(self) -> "STSClient":
        """Roles' credentials."""
        return self._session.client("sts", endpoint_url=self.endpoint_url, config=self._config)
