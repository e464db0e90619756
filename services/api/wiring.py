"""Puts the app together from its settings."""

import os
from functools import cached_property
from typing import TYPE_CHECKING, cast

from flask import Flask

from api.app import create_app, create_app_without_services
from api.aws import Aws
from api.media_urls import CloudFrontUrls, MediaUrls, PresignedUrls
from api.outside import Outside
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
    from types_boto3_sqs import SQSClient


class _Queue:
    """The job queue, whose client is made when the first job is sent: most requests send none."""

    def __init__(self, aws: Aws, url: str) -> None:
        self._aws = aws
        self._url = url

    @cached_property
    def _queue(self) -> JobQueue:
        return JobQueue(cast("SQSClient", self._aws.client("sqs")), self._url)

    def send(self, job: Job) -> None:
        self._queue.send(job)


def build(settings: Settings | None, outside: Outside) -> Flask:
    """The app on the AWS that the environment names. No call leaves here yet. Where no AWS is named, by settings or by
    its region, only what needs none is answered. `outside` is told of whatever calls AWS."""
    aws = Aws(os.environ)
    outside.add(aws)
    if settings is None or not aws.region:
        return create_app_without_services()
    table = Table(cast("DynamoDBClient", aws.dynamodb()), settings.table_name)
    articles = ArticleRepository(table)
    service = ArticleService(
        articles,
        ImageRepository(table),
        _Queue(aws, settings.image_jobs_queue_url),
        uploads_per_hour=settings.uploads_per_hour,
    )

    s3 = aws.presigner()
    media_urls: MediaUrls = PresignedUrls(s3, settings.media_bucket)
    if media := settings.media:
        secret = media.private_key_secret_arn
        signed_by_cloudfront = CloudFrontUrls(media.url, media.key_pair_id, lambda: _secret(aws, secret))
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


def _secret(aws: Aws, arn: str) -> str:
    # Not Systems Manager, whose parameters are free of charge: its client takes 190 ms to make, this one 16.
    return cast("str", aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
