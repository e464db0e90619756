"""Puts the app together from its settings: the only place of the API that makes AWS clients."""

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from flask import Flask

from api.app import create_app
from api.settings import Settings
from api.signing import Signer
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobQueue
from articles.label_index import LabelIndex
from articles.repository import ArticleRepository
from articles.service import ArticleService
from articles.table import Table

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

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

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _queue(self) -> JobQueue:
        return JobQueue(boto3.client("sqs", config=_FAST), self._url)

    def send(self, job: Job) -> None:
        self._queue.send(job)


def build(settings: Settings) -> Flask:
    """The app on the AWS that the environment names. No call leaves here yet."""
    table = Table(boto3.client("dynamodb", config=_FAST), settings.table_name)
    articles = ArticleRepository(table)
    service = ArticleService(articles, ImageRepository(table), _Queue(settings.image_jobs_queue_url))
    return create_app(
        service,
        LabelIndex(table),
        Signer(_s3, settings.uploads_bucket, settings.media_bucket),
        cursor_key=settings.cursor_key,
        cors_allow_origin=settings.cors_allow_origin,
        max_upload_bytes=settings.max_upload_bytes,
    )


def _s3() -> "S3Client":
    # The regional address and signature version 4: what a bucket of any region and age accepts.
    return boto3.client("s3", config=_FAST.merge(Config(signature_version="s3v4")))
