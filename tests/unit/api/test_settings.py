import pytest

from api.settings import MediaSettings, Settings, SettingsError

GOOD = {
    "TABLE_NAME": "t",
    "UPLOADS_BUCKET": "u",
    "MEDIA_BUCKET": "m",
    "IMAGE_JOBS_QUEUE_URL": "https://sqs/q",
    "CURSOR_KEY": "0f" * 32,
    "MAX_UPLOAD_BYTES": "1000",
    "UPLOADS_PER_HOUR": "10",
    "TOKEN_AUDIENCE": "client",
}


def test_the_environment_becomes_one_typed_object() -> None:
    settings = Settings.from_environment(GOOD)
    assert (settings.table_name, settings.max_upload_bytes, settings.log_level) == ("t", 1000, "INFO")
    assert settings.cors_allow_origin == ""


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("absent", [True, False])
def test_what_is_missing_or_empty_is_named(name: str, absent: bool) -> None:
    environment = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(environment if absent else environment | {name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_UPLOAD_BYTES", "10 MB"),
        ("MAX_UPLOAD_BYTES", "0"),
        ("UPLOADS_PER_HOUR", "0"),
        ("MAX_UPLOAD_BYTES", "-5"),
        ("MAX_UPLOAD_BYTES", "1.5"),
        ("MAX_UPLOAD_BYTES", "9" * 5000),
        ("CURSOR_KEY", "short"),
        ("CURSOR_KEY", "0f" * 32 + "\n"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_nonsense_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(GOOD | {name: value})


def test_a_key_that_is_wrong_is_not_repeated_in_the_error() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(GOOD | {"CURSOR_KEY": "nearly-a-key"})
    assert "nearly-a-key" not in str(caught.value)


def test_an_address_of_its_own_is_optional() -> None:
    assert Settings.from_environment(GOOD).public_url is None
    told = Settings.from_environment(GOOD | {"PUBLIC_URL": "https://api.example.com"})
    assert told.public_url == "https://api.example.com"


CLOUDFRONT = {
    "MEDIA_URL": "https://media.example.com",
    "MEDIA_KEY_PAIR_ID": "K2JCJMDEHXQW5F",
    "MEDIA_PRIVATE_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:media-key-AbCdEf",
}


def test_cloudfront_is_optional() -> None:
    assert Settings.from_environment(GOOD).media is None
    assert Settings.from_environment(GOOD | CLOUDFRONT).media == MediaSettings(*CLOUDFRONT.values())


@pytest.mark.parametrize("name", CLOUDFRONT)
def test_half_a_cloudfront_is_none(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({key: value for key, value in (GOOD | CLOUDFRONT).items() if key != name})
