"""Priming fails loudly, and puts back what it changed."""

import logging
import os

import pytest

from api.media_urls import CloudFrontUrls
from api.outside import Outside
from api.priming import PrimingError, _private_key, prime
from api.settings import Settings
from tests.snapshot.cloud import Cloud

SETTINGS = Settings.from_environment(os.environ | Cloud("http://127.0.0.1:9").environment())


def test_an_answer_that_is_an_error_is_told() -> None:
    with pytest.raises(PrimingError, match=r"GET /articles/.*: 503 try again"):
        prime(lambda *_: {"statusCode": 503, "body": "try again"}, Outside(), SETTINGS)


def test_what_fails_while_priming_silences_no_log(caplog: pytest.LogCaptureFixture) -> None:
    def fails(*_: object) -> dict[str, object]:
        logging.getLogger("api").error("of nobody's request")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        prime(fails, Outside(), SETTINGS)
    assert caplog.messages == []
    logging.getLogger("api").error("of somebody's")
    assert caplog.messages == ["of somebody's"]


def test_everything_is_let_go_of_whatever_happens() -> None:
    forgotten = []
    outside = Outside()
    outside.on_forget(lambda: forgotten.append(True))
    with pytest.raises(PrimingError):
        prime(lambda *_: {"statusCode": 500, "body": ""}, outside, SETTINGS)
    assert forgotten == [True]


def test_cloudfronts_private_key_is_read_again_after_it_was_forgotten() -> None:
    read = []

    def read_private_key() -> str:
        read.append(True)
        return _private_key()

    urls = CloudFrontUrls("https://media.example.com", "K2JCJMDEHXQW5F", read_private_key)
    for _ in range(2):
        urls.url("media/a.jpg", "a.jpg")
    assert len(read) == 1
    urls.forget()
    urls.url("media/a.jpg", "a.jpg")
    assert len(read) == 2
