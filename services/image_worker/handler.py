"""The worker's Lambda handler: batches of the image-jobs queue."""

import os
from typing import Any

from articles import logs
from articles.metrics import Metrics
from image_worker import clients, memory, wiring
from image_worker.deadline import LambdaContext
from image_worker.rekognition import counted
from image_worker.settings import WorkerSettings

_settings = WorkerSettings.from_environment(os.environ)
logs.configure("image_worker", _settings.log_level)
memory.limit_process(_settings.memory_mb)
_metrics = Metrics("image_worker", _settings.stack_name)
_batch = wiring.batch(
    _settings,
    dynamodb=clients.dynamodb(),
    s3=clients.s3(),
    sqs=clients.sqs(),
    sns=clients.sns(),
    rekognition=counted(clients.rekognition(), _metrics),
    metrics=_metrics,
)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """An SQS event in, a partial batch response out."""
    return _batch.run(event, context)
