"""The search through the logs finds what is planted, and leaves alone what our lines look like."""

import base64
import json
import logging
from pathlib import Path

import boto3
import pytest

from articles.ids import new_id
from articles.logs import JsonLines
from articles.metrics import Metric, Metrics
from tests.log_search import faults, logs_under, secrets_in

_S3 = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="x" * 40)


def _part(claims: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


TOKEN = f"{_part({'alg': 'RS256', 'kid': 'k'})}.{_part({'sub': 's-1', 'aud': 'c'})}.{'s' * 86}"
FORM = _S3.generate_presigned_post("uploads", "key")["fields"]
URL = _S3.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": "k"})

PLANTED = {
    "token": TOKEN,
    "opaque token": "Authorization: Bearer 0123456789abcdef",
    "email": "alice@example.com",
    "quoted email": "alice%40example.co.uk",
    "escaped email": json.dumps("alice@example.com").replace("@", "\\u0040"),
    "presigned URL": URL,
    "older presigned URL": "https://b.s3.amazonaws.com/k?AWSAccessKeyId=A&Signature=s&Expires=1",
    "CloudFront's URL": "https://d.cloudfront.net/k?Expires=1&Signature=s&Key-Pair-Id=K",
    "policy": FORM["policy"],
    "form": json.dumps(FORM),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_what_is_planted_in_a_log_is_found_and_not_repeated(planted: str, tmp_path: Path) -> None:
    record = logging.makeLogRecord({"msg": "asked", "levelname": "INFO", "name": "x", "detail": planted})
    (tmp_path / "api.log").write_text(f"REPORT\n{JsonLines('api').format(record)}\n{planted}\n")
    found = faults(logs_under(tmp_path))
    assert {place.rpartition(":")[0] for place in found} == {"api.log:2", "api.log:3"}
    assert planted not in str(found)


def test_our_own_lines_hold_nothing_of_the_kind(tmp_path: Path) -> None:
    lines: list[str] = []
    metrics = Metrics("image_worker", "gazette-dev", write=lines.append)
    metrics.add(Metric.SWEEPS)
    metrics.flush()
    try:
        raise ConnectionError("Could not connect to the endpoint URL: https://s3.amazonaws.com/b/k?list-type=2")
    except ConnectionError as error:
        record = logging.makeLogRecord({"msg": "a job failed", "article_id": new_id(), "path": "/articles?cursor=a.b"})
        record.exc_info = (type(error), error, error.__traceback__)
    lines.append(JsonLines("image_worker").format(record))
    lines.append("REPORT RequestId: 6f9619ff-8b86-4d11-b42d-00c04fc964ff\tDuration: 1.00 ms")
    (tmp_path / "image_worker.log").write_text("\n".join(lines))
    (tmp_path / "emulator.log").write_text(URL)
    assert faults(logs_under(tmp_path)) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"timestamp": "2026-01-01T00:00:00.000Z", "level": "INFO"',
        '{"timestamp": "x", "level": "INFO"}',
        '{"_aws": {}}',
    ],
)
def test_a_broken_line_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "sweeper.log").write_text(line)
    (found,) = faults(logs_under(tmp_path))
    assert found.startswith("sweeper.log:1: ")


def test_a_word_about_tokens_is_none() -> None:
    assert secrets_in('{"message": "the token is not valid", "reason": "ExpiredToken", "route": "GET /docs"}') == []
