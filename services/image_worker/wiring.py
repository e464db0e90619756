"""Builds what the handlers hand over to, from settings and clients: the one place that knows all of the parts."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from articles import clock
from articles.budget import AnalysisBudget
from articles.image_repository import ImageRepository
from articles.jobs import JobQueue
from articles.metrics import Metrics
from articles.repository import ArticleRepository
from articles.table import Table
from image_worker.analysis import Analyst
from image_worker.batch import Batch
from image_worker.conclusion import Conclusion
from image_worker.dead_letters import DeadLetters
from image_worker.decoding import Decoding
from image_worker.indexing import Indexing
from image_worker.memory import MemoryBudget
from image_worker.memory import for_decoding as memory_for_decoding
from image_worker.notifications import Notifications
from image_worker.process import ImageProcess
from image_worker.purge import Purge
from image_worker.rekognition import Vision
from image_worker.reuse import Reuse
from image_worker.settings import SweeperSettings, WorkerSettings
from image_worker.storage import Media, Uploads
from image_worker.sweeper import Sweeper
from image_worker.threads import Threads
from image_worker.worker import Worker

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_rekognition import RekognitionClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient


def batch(
    settings: WorkerSettings,
    *,
    dynamodb: "DynamoDBClient",
    s3: "S3Client",
    sqs: "SQSClient",
    sns: "SNSClient",
    rekognition: "RekognitionClient",
    metrics: Metrics,
    now: Callable[[], datetime] = clock.now,
) -> Batch:
    table = Table(dynamodb, settings.table_name)
    articles, images = ArticleRepository(table), ImageRepository(table)
    at_once = settings.max_concurrent_pictures
    calls = Threads(2 * at_once, "call")  # of each picture both calls of Rekognition, or the two renditions
    uploads = Uploads(s3, settings.uploads_bucket)
    # One picture at a time is for those who want one thing after the other.
    media = Media(s3, settings.media_bucket, calls if at_once > 1 else None)
    vision = Vision(
        rekognition,
        calls,
        label_min_confidence=settings.label_min_confidence,
        moderation_min_confidence=settings.moderation_min_confidence,
    )
    reuse = Reuse(
        images,
        label_min_confidence=settings.label_min_confidence,
        moderation_min_confidence=settings.moderation_min_confidence,
        days=settings.reuse_analyses_for_days,
        now=now,
    )
    memory = MemoryBudget(
        memory_for_decoding(settings.memory_mb, at_once, settings.max_upload_bytes), at_once=os.cpu_count()
    )
    analyst = Analyst(
        uploads,
        media,
        vision,
        reuse,
        AnalysisBudget(table, analyses_per_day=settings.analyses_per_day, now=now),
        Decoding(memory),
        metrics,
        max_upload_bytes=settings.max_upload_bytes,
        now=now,
    )
    conclusion = Conclusion(images, uploads, media, Notifications(sns, settings.image_events_topic_arn), now)
    worker = Worker(
        ImageProcess(
            images, uploads, media, analyst, conclusion, metrics, now, timeout_seconds=settings.timeout_seconds
        ),
        conclusion,
        Purge(articles, images, uploads, media, now),
        Indexing(articles, images),
    )
    return Batch(
        worker.handle,
        sqs,
        DeadLetters(sqs, settings.dead_letter_queue_url, now),
        queue_url=settings.image_jobs_queue_url,
        uploads_bucket=settings.uploads_bucket,
        max_receive_count=settings.max_receive_count,
        at_once=at_once,
        metrics=metrics,
        now=now,
    )


def sweeper(
    settings: SweeperSettings,
    *,
    dynamodb: "DynamoDBClient",
    s3: "S3Client",
    sqs: "SQSClient",
    metrics: Metrics,
    now: Callable[[], datetime] = clock.now,
) -> Sweeper:
    table = Table(dynamodb, settings.table_name)
    return Sweeper(
        ArticleRepository(table),
        ImageRepository(table),
        Uploads(s3, settings.uploads_bucket),
        JobQueue(sqs, settings.image_jobs_queue_url),
        metrics,
        now,
    )
