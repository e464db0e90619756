"""What the two functions take from their environment, typed. Terraform alone sets it."""

from collections.abc import Mapping
from dataclasses import dataclass

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """The environment is incomplete or wrong; str() names every variable concerned."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    table_name: str
    uploads_bucket: str
    media_bucket: str
    image_jobs_queue_url: str
    image_events_topic_arn: str
    max_upload_bytes: int
    label_min_confidence: float
    """Percent: labels below it are not kept."""
    moderation_min_confidence: float
    """Percent: anything that moderation sees with at least this much rejects the image."""
    max_receive_count: int
    """Tries after which the queue moves a message to the dead letters."""
    dead_letter_queue_url: str
    timeout_seconds: int
    """The function's own timeout: no attempt at a job outlives it. Below 30 calls would not be begun (clients.py)."""
    memory_mb: int
    """The function's own memory."""
    max_concurrent_pictures: int
    """Messages of one batch that are worked on at the same time, at most."""
    reuse_analyses_for_days: int
    """How long what Rekognition saw in a picture serves for identical ones; 0: never."""
    analyses_per_day: int
    """Pictures that Rekognition is asked about, of all people's together; 0: as many as there are."""
    stack_name: str
    """By which metrics of two stacks in one account are told apart."""
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "WorkerSettings":
        """Raises SettingsError."""
        read = _Reader(environment)
        settings = cls(
            table_name=read.text("TABLE_NAME"),
            uploads_bucket=read.text("UPLOADS_BUCKET"),
            media_bucket=read.text("MEDIA_BUCKET"),
            image_jobs_queue_url=read.text("IMAGE_JOBS_QUEUE_URL"),
            image_events_topic_arn=read.text("IMAGE_EVENTS_TOPIC_ARN"),
            max_upload_bytes=read.count("MAX_UPLOAD_BYTES"),
            label_min_confidence=read.percent("LABEL_MIN_CONFIDENCE"),
            moderation_min_confidence=read.percent("MODERATION_MIN_CONFIDENCE"),
            max_receive_count=read.count("MAX_RECEIVE_COUNT"),
            dead_letter_queue_url=read.text("DEAD_LETTER_QUEUE_URL"),
            timeout_seconds=read.count("TIMEOUT_SECONDS", least=30),
            memory_mb=read.count("MEMORY_MB"),
            max_concurrent_pictures=read.count("MAX_CONCURRENT_PICTURES"),
            reuse_analyses_for_days=read.count("REUSE_ANALYSES_FOR_DAYS", least=0),
            analyses_per_day=read.count("ANALYSES_PER_DAY", least=0),
            stack_name=read.text("STACK_NAME"),
            log_level=read.log_level("LOG_LEVEL"),
        )
        read.complain()
        return settings


@dataclass(frozen=True, slots=True)
class SweeperSettings:
    table_name: str
    uploads_bucket: str
    image_jobs_queue_url: str
    stack_name: str
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SweeperSettings":
        """Raises SettingsError."""
        read = _Reader(environment)
        settings = cls(
            table_name=read.text("TABLE_NAME"),
            uploads_bucket=read.text("UPLOADS_BUCKET"),
            image_jobs_queue_url=read.text("IMAGE_JOBS_QUEUE_URL"),
            stack_name=read.text("STACK_NAME"),
            log_level=read.log_level("LOG_LEVEL"),
        )
        read.complain()
        return settings


class _Reader:
    """Reads variables and remembers what is wrong with them, so that one message names it all."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def text(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            self._problems.append(f"{name} is missing")
        return value

    def count(self, name: str, least: int = 1) -> int:
        value = self.text(name)
        if value and not (value.isascii() and value.isdigit() and int(value) >= least):
            self._problems.append(f"{name} is no whole number from {least} on: {value!r}")
            return 0
        return int(value or 0)

    def percent(self, name: str) -> float:
        value = self.text(name)
        try:
            number = float(value or 0)
        except ValueError:
            number = -1
        if not 0 <= number <= 100:
            self._problems.append(f"{name} is no number from 0 to 100: {value!r}")
        return number

    def log_level(self, name: str) -> str:
        value = self.text(name)
        if value and value not in LOG_LEVELS:
            self._problems.append(f"{name} is none of {', '.join(LOG_LEVELS)}: {value!r}")
        return value

    def complain(self) -> None:
        if self._problems:
            raise SettingsError("The function's environment: " + "; ".join(self._problems))
