"""Puts the app together from its settings: the only place of the API that makes AWS clients.

They are botocore's, which boto3's clients are, too: what boto3 adds (resources, transfers, their docs) is not used
here, and would be imported at every cold start all the same (`python -X importtime -c "import api.handler"`).
"""

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config
from flask import Flask

from api.app import create_app, create_app_without_services
from api.media_urls import CloudFrontUrls, MediaUrls, PresignedUrls
from api.outside import Outside
from api.presigning import presigner
from api.session import Session
from api.settings import Settings
from api.signing import Signer
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobQueue
from articles.label_index import LabelIndex
from articles.repository import ArticleRepository
from articles.service import ArticleService
from articles.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

# API Gateway gives up after 29 seconds. A feed asks its shards in two rounds: with the pauses between the tries that is
# 2 × (3 × 3 + 3) seconds at worst, where connections are taken and never answered.
_FAST = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,
)


class _Queue:
    """The job queue, whose client is made when the first job is sent: most requests send none."""

    def __init__(self, session: botocore.session.Session, url: str) -> None:
        self._session = session
        self._url = url

    @cached_property
    def _queue(self) -> JobQueue:
        return JobQueue(cast("SQSClient", self._session.create_client("sqs", config=_FAST)), self._url)

    def send(self, job: Job) -> None:
        self._queue.send(job)


def build(settings: Settings | None, outside: Outside) -> Flask:
    """The app on the AWS that the environment names. No call leaves here yet. Where no AWS is named, by settings or by
    its region, only what needs none is answered. `outside` is told of whatever calls AWS."""
    session = Session()
    outside.add(session)
    if settings is None or not session.get_config_variable("region"):
        return create_app_without_services()
    table = Table(cast("DynamoDBClient", session.create_client("dynamodb", config=_FAST)), settings.table_name)
    articles = ArticleRepository(table)
    service = ArticleService(
        articles,
        ImageRepository(table),
        _Queue(session, settings.image_jobs_queue_url),
        uploads_per_hour=settings.uploads_per_hour,
    )

    s3 = presigner(session, partial(_s3, session))
    media_urls: MediaUrls = PresignedUrls(s3, settings.media_bucket)
    if media := settings.media:
        secret = media.private_key_secret_arn
        signed_by_cloudfront = CloudFrontUrls(media.url, media.key_pair_id, lambda: _secret(session, secret))
        outside.on_forget(signed_by_cloudfront.forget)  # the key may have been rotated since the snapshot
        media_urls = signed_by_cloudfront
    return create_app(
        service,
        LabelIndex(table),
        Signer(s3, settings.uploads_bucket, media_urls),
        cursor_key=settings.cursor_key,
        token_audience=settings.token_audience,
        cors_allow_origin=settings.cors_allow_origin,
        max_upload_bytes=settings.max_upload_bytes,
        public_url=settings.public_url,
    )


def _s3(session: botocore.session.Session) -> "S3Client":
    # The regional address and signature version 4: what a bucket of any region and age accepts.
    config = _FAST.merge(Config(signature_version="s3v4"))
    return cast("S3Client", session.create_client("s3", config=config))


def _secret(session: botocore.session.Session, arn: str) -> str:
    # Not Systems Manager, whose parameters are free of charge: its client takes 190 ms to make, this one 16.
    client: Any = session.create_client("secretsmanager", config=_FAST)
    return cast("str", client.get_secret_value(SecretId=arn)["SecretString"])
