"""The sweeper's Lambda handler: runs on a schedule, whatever the event says."""

import os
from typing import Any

from articles import logs
from articles.metrics import Metrics
from image_worker import clients, wiring
from image_worker.deadline import LambdaContext
from image_worker.settings import SweeperSettings

_settings = SweeperSettings.from_environment(os.environ)
logs.configure("sweeper", _settings.log_level)
_sweeper = wiring.sweeper(
    _settings,
    dynamodb=clients.dynamodb(),
    s3=clients.s3(),
    sqs=clients.sqs(),
    metrics=Metrics("sweeper", _settings.stack_name),
)


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """The counts of what was found and set going. Raises SweepError where something could not be looked after."""
    return _sweeper.run(context)
