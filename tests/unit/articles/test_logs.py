"""Lines of the logs, and the id that goes through all that one upload sets going."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from articles import correlation, logs

ID = "6f9619ff-8b86-4d11-b42d-00c04fc964ff"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (text,) = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_line_is_one_object_with_who_what_and_the_ids(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("api", "INFO")
    with logs.context(request_id="r", article_id="a", image_id=None), correlation.following(ID):
        logging.getLogger("x").warning("café", extra={"status": 201, "duration_ms": 1.5})
    found = line(capsys)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "level": "WARNING",
        "service": "api",
        "logger": "x",
        "message": "café",
        "correlation_id": ID,
        "request_id": "r",
        "article_id": "a",
        "status": 201,
        "duration_ms": 1.5,
    }


def test_an_error_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("api", "INFO")
    try:
        raise ZeroDivisionError("no\nway")
    except ZeroDivisionError:
        logging.getLogger("x").exception("failed")
    found = line(capsys)
    assert "ZeroDivisionError: no\nway" in found["exc_info"]
    assert "correlation_id" not in found


def test_what_json_does_not_know_is_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("api", "INFO")
    logging.getLogger("x").info("odd", extra={"what": {1}})
    assert line(capsys)["what"] == "{1}"


def test_following_ends_and_a_newer_id_inside_ends_with_it() -> None:
    with correlation.following(ID):
        correlation.follow("another")
        assert correlation.current() == "another"
    assert correlation.current() is None


@pytest.mark.parametrize("text", [None, "", 7, ID.upper(), f"{ID}\n", f" {ID}", "alice@example.com", "x" * 36, [ID]])
def test_what_is_no_uuid_is_no_correlation_id(text: Any) -> None:
    assert correlation.valid(ID) == ID
    assert correlation.valid(text) is None


def test_a_message_carries_it_as_an_attribute() -> None:
    assert correlation.attribute(None) == {}
    sent = correlation.attribute(ID)["correlation_id"]
    received = {"messageAttributes": {"correlation_id": {"dataType": sent["DataType"], "stringValue": ID}}}
    assert correlation.of_record(received) == ID
    assert correlation.of_record({}) is None
    assert correlation.of_record({"messageAttributes": {"correlation_id": {"binaryValue": "aGk="}}}) is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:0", ROOT),
        (f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=0", None),
        ("", None),
        (None, None),
    ],
)
def test_a_trace_is_named_where_there_is_one(
    header: str | None, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if header is not None:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    assert logs.trace_id() == expected
