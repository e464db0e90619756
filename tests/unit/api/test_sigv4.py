"""Sigv4 beside botocore's own client: the same to the byte, or botocore's client itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from api.presigning import ClientPresigner, presigner

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2", "us-gov-west-1", "cn-north-1")
BUCKETS = ("media-bucket", "media.example.com", "Legacy_Bucket", "a1b")
ENDPOINTS = (
    None,
    "http://127.0.0.1:4566",
    "http://localhost:4566/",
    "https://s3.example.com",
    "https://s3.example.com:443",
    "http://minio:80",
    "http://minio:443",
)
# What botocore gives where nothing is said depends on the region; these two make it the region's own address anywhere.
REGIONAL = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
_VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
ASKED = ("media-bucket", "a.jpg", "image/jpeg", "inline", 900)
Keys = tuple[str, str, str | None]
KEYS = st.tuples(_VISIBLE, _VISIBLE, st.none() | _VISIBLE)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2015, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 (its way)


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def _session(region: str, credentials: Keys = ("AKID", "secret", None)) -> Any:
    session = botocore.session.get_session()
    session.set_credentials(*credentials)
    session.set_config_variable("region", region)
    return session


def _fail() -> Any:
    pytest.fail("no client is needed to sign")


class Pair:
    """Ours and botocore's, with the same credentials and at the same moment."""

    def __init__(self, region: str, endpoint: str | None) -> None:
        session = _session(region)
        config = Config(signature_version="s3v4", s3=None if endpoint else REGIONAL)
        client = session.create_client("s3", endpoint_url=endpoint, config=config)
        self._held = session.get_credentials()
        self._now = NOON
        self.botocores = ClientPresigner(lambda: client)
        with patch.dict("os.environ", {"AWS_ENDPOINT_URL_S3": endpoint} if endpoint else {}):
            self.ours = presigner(session, _fail, lambda: self._now)

    @contextmanager
    def at(self, now: datetime, credentials: Keys) -> Iterator[None]:
        self._now = now
        self._held.access_key, self._held.secret_key, self._held.token = credentials
        clock = {"get_current_datetime": lambda: now.replace(tzinfo=None)}
        with patch.multiple("botocore.auth", **clock), patch.multiple("botocore.signers", **clock):
            yield


_pair = cache(Pair)  # to make a client for each example would take minutes


@given(
    region=st.sampled_from(REGIONS),
    endpoint=st.sampled_from(ENDPOINTS),
    bucket=st.sampled_from(BUCKETS),
    key=TEXT,
    content_type=TEXT,
    filename=TEXT,
    seconds=st.integers(1, 604_800),
    credentials=KEYS,
    now=MOMENTS,
)
def test_a_url_is_botocores_to_the_byte(
    region: str,
    endpoint: str | None,
    bucket: str,
    key: str,
    content_type: str,
    filename: str,
    seconds: int,
    credentials: Keys,
    now: datetime,
) -> None:
    asked = (bucket, key, content_type, f'inline; filename="{filename}"', seconds)
    pair = _pair(region, endpoint)

    with pair.at(now, credentials):
        assert pair.ours.url(*asked) == pair.botocores.url(*asked)


@given(
    region=st.sampled_from(REGIONS),
    endpoint=st.sampled_from(ENDPOINTS),
    bucket=st.sampled_from(BUCKETS),
    key=TEXT,
    content_type=TEXT,
    size=st.integers(1, 5 * 10**9),
    seconds=st.integers(-86_400, 86_400),
    credentials=KEYS,
    now=MOMENTS,
)
def test_a_form_is_botocores_to_the_byte(
    region: str,
    endpoint: str | None,
    bucket: str,
    key: str,
    content_type: str,
    size: int,
    seconds: int,
    credentials: Keys,
    now: datetime,
) -> None:
    fields = {"Content-Type": content_type}
    asked = (bucket, key, fields, [fields, ["content-length-range", size, size]], seconds)
    pair = _pair(region, endpoint)

    with pair.at(now, credentials):
        made, expected = pair.ours.post(*asked), pair.botocores.post(*asked)

    assert made == expected
    assert list(made.fields) == list(expected.fields), "some read a form in its order"


def test_credentials_and_days_change_under_it() -> None:
    pair = _pair("eu-west-1", None)
    states: list[tuple[datetime, Keys]] = [
        (NOON, ("AKID1", "one", "token1")),
        (NOON, ("AKID2", "two", "token2")),
        (NOON, ("AKID2", "two", "token3")),
        (NOON, ("AKID2", "two", None)),
        (NOON + timedelta(days=1), ("AKID2", "two", None)),
    ]
    seen = set()
    for now, credentials in states:
        with pair.at(now, credentials):
            url = pair.ours.url(*ASKED)
            assert url == pair.botocores.url(*ASKED)
        seen.add(url)
    assert len(seen) == len(states)


def test_nobodys_credentials_are_botocores_own_error() -> None:
    session = botocore.session.get_session()
    session.set_config_variable("region", "eu-west-1")
    with patch.object(session, "get_credentials", return_value=None), pytest.raises(NoCredentialsError):
        presigner(session, _fail).url(*ASKED)


def test_an_endpoint_for_all_services_is_s3s_where_it_has_none_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    url = presigner(_session("eu-west-1"), _fail).url(*ASKED)

    assert url.startswith("http://127.0.0.1:4566/media-bucket/a.jpg?")


UNUSUAL: dict[str, tuple[str, dict[str, str], str]] = {
    "FIPS": ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, ""),
    "dual stack": ("eu-west-1", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, ""),
    "defaults of another time": ("us-east-1", {"AWS_DEFAULTS_MODE": "standard"}, ""),
    "an address chosen for us-east-1": ("us-east-1", {"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional"}, ""),
    "a profile's addressing": ("eu-west-1", {}, "s3 =\n  addressing_style = path\n"),
    "a profile's endpoint": ("eu-west-1", {}, "endpoint_url = http://localhost:9\n"),
    "endpoints to ignore": (
        "eu-west-1",
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://localhost:9"},
        "",
    ),
    "an endpoint with a path": ("eu-west-1", {"AWS_ENDPOINT_URL": "https://s3.example.com/base"}, ""),
    "an endpoint in IPv6": ("eu-west-1", {"AWS_ENDPOINT_URL": "http://[::1]:9000"}, ""),
    "an endpoint in capitals": ("eu-west-1", {"AWS_ENDPOINT_URL": "http://MINIO:9000"}, ""),
    "another partition": ("eusc-de-east-1", {}, ""),
    "a region nobody knows": ("xx-nowhere-1", {}, ""),
    "a pseudo region": ("s3-external-1", {}, ""),
}


@pytest.mark.parametrize(("region", "environment", "profile"), UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_out_of_the_ordinary_is_left_to_botocore(
    region: str, environment: dict[str, str], profile: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(f"[default]\n{profile}")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = _session(region)
    client = session.create_client("s3", config=Config(signature_version="s3v4"))

    made = presigner(session, lambda: client)

    assert isinstance(made, ClientPresigner)
    url = made.url(*ASKED)
    assert "response-content-type=image%2Fjpeg&response-content-disposition=inline" in url
    assert made.post("media-bucket", "a.jpg", {}, [], 900).fields["key"] == "a.jpg"
