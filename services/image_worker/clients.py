"""The AWS clients, with time limits that fit a function: made once a process, shared by its threads."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_rekognition import RekognitionClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient


def _config(read_timeout: float) -> Config:
    """Seconds. Standard mode backs off with jitter; after three attempts the queue waits, which costs nothing."""
    return Config(connect_timeout=2, read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": 3})


_QUICK = _config(5)
_BULKY = _config(10)


def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_QUICK)


def s3() -> "S3Client":
    return boto3.client("s3", config=_BULKY)


def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_QUICK)


def sns() -> "SNSClient":
    return boto3.client("sns", config=_QUICK)


def rekognition() -> "RekognitionClient":
    """The worst case of a call is 3 × (2 + 10) seconds and two pauses, some 40 s of the function's 60."""
    return boto3.client("rekognition", config=_BULKY)
