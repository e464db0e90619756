"""The environment as one typed object. Terraform is its only author; what it forgot fails here, at start."""

from collections.abc import Mapping
from dataclasses import dataclass


class SettingsError(Exception):
    """The environment lacks something or holds nonsense; str() names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    table_name: str
    uploads_bucket: str
    media_bucket: str
    image_jobs_queue_url: str
    cursor_key: str
    """Signs the cursors of lists."""
    cors_allow_origin: str
    max_upload_bytes: int
    log_level: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads the variables that the lambda_image module sets. Raises SettingsError."""
        return cls(
            table_name=_text(environment, "TABLE_NAME"),
            uploads_bucket=_text(environment, "UPLOADS_BUCKET"),
            media_bucket=_text(environment, "MEDIA_BUCKET"),
            image_jobs_queue_url=_text(environment, "IMAGE_JOBS_QUEUE_URL"),
            cursor_key=_text(environment, "CURSOR_KEY"),
            cors_allow_origin=environment.get("CORS_ALLOW_ORIGIN", ""),
            max_upload_bytes=_number(environment, "MAX_UPLOAD_BYTES"),
            log_level=environment.get("LOG_LEVEL", "INFO"),
        )


def _text(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"The environment variable {name} is missing: Terraform's module gazette sets it.")
    return value


def _number(environment: Mapping[str, str], name: str) -> int:
    value = _text(environment, name)
    try:
        return int(value)
    except ValueError:
        raise SettingsError(f"The environment variable {name} must be a whole number, not {value!r}.") from None
