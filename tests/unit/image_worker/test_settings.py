"""The environment, read once and checked."""

import pytest

from image_worker.settings import SettingsError, SweeperSettings, WorkerSettings

WORKER = {
    "TABLE_NAME": "articles",
    "UPLOADS_BUCKET": "uploads",
    "MEDIA_BUCKET": "media",
    "IMAGE_JOBS_QUEUE_URL": "https://queue",
    "IMAGE_EVENTS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:image-events",
    "MAX_UPLOAD_BYTES": "15000000",
    "LABEL_MIN_CONFIDENCE": "55",
    "MODERATION_MIN_CONFIDENCE": "60.5",
    "MAX_RECEIVE_COUNT": "5",
    "DEAD_LETTER_QUEUE_URL": "https://dead-letters",
    "STACK_NAME": "gazette-test",
    "TIMEOUT_SECONDS": "60",
    "MEMORY_MB": "2048",
    "MAX_CONCURRENT_PICTURES": "4",
    "REUSE_ANALYSES_FOR_DAYS": "0",
    "ANALYSES_PER_DAY": "0",
    "LOG_LEVEL": "INFO",
}


def test_the_workers_environment_becomes_typed_settings() -> None:
    settings = WorkerSettings.from_environment(WORKER | {"PATH": "/bin"})
    assert settings.max_upload_bytes == 15_000_000
    assert settings.moderation_min_confidence == 60.5
    assert settings.max_receive_count == 5
    assert settings.stack_name == "gazette-test"


def test_the_sweeper_needs_less() -> None:
    assert SweeperSettings.from_environment(WORKER).table_name == "articles"


def test_one_message_names_everything_that_is_missing_or_wrong() -> None:
    broken = WORKER | {
        "MAX_UPLOAD_BYTES": "many",
        "LABEL_MIN_CONFIDENCE": "101",
        "LOG_LEVEL": "LOUD",
        "MAX_RECEIVE_COUNT": "0",
        "TIMEOUT_SECONDS": "29",
    }
    del broken["TABLE_NAME"]
    with pytest.raises(SettingsError) as caught:
        WorkerSettings.from_environment(broken)
    for name in ("TABLE_NAME", *(broken.keys() - {name for name in WORKER if WORKER[name] == broken.get(name)})):
        assert name in str(caught.value)
    assert "MEDIA_BUCKET" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(WORKER))
def test_each_variable_is_needed(name: str) -> None:
    environment = {key: value for key, value in WORKER.items() if key != name}
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        WorkerSettings.from_environment(environment)
