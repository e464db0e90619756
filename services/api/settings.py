"""The environment as one typed object. Terraform is its only author; what it forgot fails here, at start."""

import logging
import re
from collections.abc import Mapping

from msgspec import Struct

_REQUIRED = (
    "TABLE_NAME",
    "UPLOADS_BUCKET",
    "MEDIA_BUCKET",
    "IMAGE_JOBS_QUEUE_URL",
    "CURSOR_KEY",
    "MAX_UPLOAD_BYTES",
    "UPLOADS_PER_HOUR",
    "TOKEN_AUDIENCE",
)


class SettingsError(Exception):
    """The environment lacks something or holds nonsense; str() names the variable."""


class MediaSettings(Struct, frozen=True):
    """The CloudFront that serves renditions."""

    url: str
    """With no slash at the end."""
    key_pair_id: str
    private_key_secret_arn: str
    """In Secrets Manager: the PEM of the key whose public half CloudFront knows by the id above."""


class Settings(Struct, frozen=True):
    table_name: str
    uploads_bucket: str
    media_bucket: str
    image_jobs_queue_url: str
    cursor_key: str
    """Signs the cursors of lists."""
    token_audience: str
    """The app client that tokens must be for."""
    cors_allow_origin: str
    max_upload_bytes: int
    uploads_per_hour: int
    """That one person may register."""
    public_url: str | None
    """Where clients reach the API, where a request does not tell."""
    media: MediaSettings | None
    """None: clients read renditions from S3 itself."""
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads the variables that the lambda_image module sets. Raises SettingsError."""
        return cls(
            table_name=_text(environment, "TABLE_NAME"),
            uploads_bucket=_text(environment, "UPLOADS_BUCKET"),
            media_bucket=_text(environment, "MEDIA_BUCKET"),
            image_jobs_queue_url=_text(environment, "IMAGE_JOBS_QUEUE_URL"),
            cursor_key=_key(environment, "CURSOR_KEY"),
            token_audience=_text(environment, "TOKEN_AUDIENCE"),
            cors_allow_origin=environment.get("CORS_ALLOW_ORIGIN", ""),
            max_upload_bytes=_number(environment, "MAX_UPLOAD_BYTES"),
            uploads_per_hour=_number(environment, "UPLOADS_PER_HOUR"),
            public_url=environment.get("PUBLIC_URL") or None,
            media=_media(environment),
            log_level=_log_level(environment, "LOG_LEVEL"),
        )


def read(environment: Mapping[str, str]) -> Settings | None:
    """The settings; None where not one of them is there, as in an image that somebody starts by hand. Raises
    SettingsError where only some are missing."""
    if not any(environment.get(name) for name in _REQUIRED):
        return None
    return Settings.from_environment(environment)


def _media(environment: Mapping[str, str]) -> MediaSettings | None:
    names = ("MEDIA_URL", "MEDIA_KEY_PAIR_ID", "MEDIA_PRIVATE_KEY_SECRET_ARN")
    if not any(environment.get(name) for name in names):
        return None
    return MediaSettings(*(_text(environment, name) for name in names))


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"The environment variable {name} is missing: Terraform's module gazette sets it.")
    return value


def _number(environment: Mapping[str, str], name: str) -> int:
    value = _text(environment, name)
    if not re.fullmatch(r"[1-9][0-9]{0,17}", value):
        raise SettingsError(f"The environment variable {name} must be a whole number above 0, not {value!r}.")
    return int(value)


def _key(environment: Mapping[str, str], name: str) -> str:
    value = _text(environment, name)
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise SettingsError(f"The environment variable {name} must be 64 hexadecimal digits.")
    return value


def _log_level(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name) or "INFO"
    if value not in logging.getLevelNamesMapping():
        raise SettingsError(f"The environment variable {name} must be a level of Python's logging, not {value!r}.")
    return value
