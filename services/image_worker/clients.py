"""The AWS clients, with time limits that fit a function: made once a process, shared by its threads.

How long a call may take, in seconds, and why it ends before the function does:

    attempt                  connect + read     DynamoDB, SQS, SNS 2 + 4; S3, Rekognition 2 + 8
    call                     3 attempts, with pauses of up to 1 and 2: 21 and 33 at most
    closing                  one attempt at giving the claim back and one at reporting the message: 6 + 6
    last moment for another  closing and one second more must be left after it: 19 and 23 before the end

The calls of a job, one after the other (claim, download, look, write, finish, remove, announce, settle), could take
some 200 s in the worst case, which no timeout of ours allows. So each attempt is asked whether it fits in
(deadline.guard); what does not is left to the message's next try. With the default of 60 s any one call may fail twice
by time-out and the job still ends well: 2 × 10 + 3 s are lost, and 60 - 23 - 23 = 14 s are there for all else, which
takes two or three.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session

from image_worker.deadline import LAST_SECOND, guard

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_rekognition import RekognitionClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient

_CONNECT = 2.0
"""Seconds: one lost SYN is sent again after one (RFC 6298)."""

QUICK = _CONNECT + 4.0
BULKY = _CONNECT + 8.0
"""Seconds that one attempt takes at most. The read time-out counts from byte to byte: Uploads.read sees to the rest."""

CLOSING = QUICK + QUICK
"""Seconds that the worker keeps for giving a claim back (DynamoDB) and for reporting its message (SQS)."""

LAST_BEGIN = BULKY + CLOSING + LAST_SECOND
"""Seconds before the end of the function after which no attempt of S3 or Rekognition is begun."""

_CONNECTIONS = 32
"""Of each client, at the same time: ten pictures (Terraform's limit) with two calls each, and room."""


def dynamodb() -> "DynamoDBClient":
    client: DynamoDBClient = _client("dynamodb", QUICK)
    return client


def s3() -> "S3Client":
    client: S3Client = _client("s3", BULKY)
    return client


def sqs() -> "SQSClient":
    client: SQSClient = _client("sqs", QUICK)
    return client


def sns() -> "SNSClient":
    client: SNSClient = _client("sns", QUICK)
    return client


def rekognition() -> "RekognitionClient":
    client: RekognitionClient = _client("rekognition", BULKY)
    return client


@cache
def _session() -> Session:
    """boto3's, less boto3: that imports resources and s3transfer, which take 40 ms and 4 MB, and are not used."""
    return Session()


def _client(service: str, attempt: float) -> Any:
    """`attempt`: seconds that one takes at most.

    Standard mode backs off with jitter; after three attempts the queue waits, which costs nothing.
    """
    config = Config(
        connect_timeout=_CONNECT,
        read_timeout=attempt - _CONNECT,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=_CONNECTIONS,
    )
    client = _session().create_client(service, config=config)
    # First of all handlers: others of the same event may already send something.
    client.meta.events.register_first("before-send", guard(attempt), unique_id="deadline")
    return client
