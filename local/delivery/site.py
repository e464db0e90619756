"""Where a delivery goes: account, region, and the bucket that keeps its state."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class Site:
    """An AWS account and region, as the usual AWS settings (environment, profile, role) name them."""

    account: str
    region: str
    session: boto3.session.Session

    @property
    def state_bucket(self) -> str:
        """$GAZETTE_STATE_BUCKET, or what terraform/bootstrap calls it by default."""
        return os.environ.get("GAZETTE_STATE_BUCKET") or f"gazette-terraform-state-{self.account}-{self.region}"

    @cached_property
    def s3(self) -> "S3Client":
        """The state bucket's client."""
        return self.session.client("s3", region_name=self.region)

    @cached_property
    def ecr(self) -> Any:
        """The registry's control plane."""
        return self.session.client("ecr", region_name=self.region)

    @cached_property
    def lambda_(self) -> "LambdaClient":
        """The functions."""
        return self.session.client("lambda", region_name=self.region)

    @cached_property
    def codedeploy(self) -> Any:
        """What moves callers from version to version."""
        return self.session.client("codedeploy", region_name=self.region)

    def has_state_bucket(self) -> bool:
        """Whether the bucket is there and these credentials may use it.

        Raises:
            LocalError: it is there, but not theirs.
        """
        try:
            self.s3.head_bucket(Bucket=self.state_bucket)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                return False
            raise LocalError(
                f"These credentials may not use the state bucket {self.state_bucket} (HTTP {status})."
            ) from error
        return True


def current() -> Site:
    """Asks AWS who is calling.

    Raises:
        LocalError: no region is set, or no credentials that AWS takes.
    """
    try:
        session = boto3.session.Session()
        region = os.environ.get("AWS_REGION") or session.region_name  # boto3 knows AWS_DEFAULT_REGION only
        if not region:
            raise LocalError("No AWS region is set: name one, as in AWS_REGION=eu-west-1.")
        account = session.client("sts", region_name=region).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise LocalError(
            f"AWS takes no credentials from here: {error}. `aws sso login`, or AWS_PROFILE, may help."
        ) from error
    return Site(account, region, session)
