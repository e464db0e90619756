"""The two Lambda handlers, imported as a new execution environment does."""

import importlib
import json
import logging
import resource
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from articles.table import Table
from image_worker.settings import SettingsError
from tests.emf import metrics_in
from tests.integration.image_pipeline import MEDIA_BUCKET, Pipeline
from tests.unit.image_worker import events
from tests.unit.image_worker.fakes import Context


@pytest.fixture
def pipeline(table: Table) -> Pipeline:
    return Pipeline(table)


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing of the handlers is left from before, and nothing of their logging stays, nor of their limits."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    modules = ("image_worker.handler", "image_worker.sweeper_handler")
    limit = resource.getrlimit(resource.RLIMIT_DATA)
    logging.captureWarnings(False)  # another test's handler may have begun it, for a stream that is gone
    for module in modules:
        sys.modules.pop(module, None)
    yield
    for module in modules:
        sys.modules.pop(module, None)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    resource.setrlimit(resource.RLIMIT_DATA, limit)


@pytest.fixture
def environment(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "TABLE_NAME": pipeline.table.name,
        "UPLOADS_BUCKET": events.UPLOADS_BUCKET,
        "MEDIA_BUCKET": MEDIA_BUCKET,
        "IMAGE_JOBS_QUEUE_URL": pipeline.queue_url,
        "IMAGE_EVENTS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:image-events",
        "MAX_UPLOAD_BYTES": "1000000",
        "LABEL_MIN_CONFIDENCE": "55",
        "MODERATION_MIN_CONFIDENCE": "60",
        "MAX_RECEIVE_COUNT": "5",
        "DEAD_LETTER_QUEUE_URL": pipeline.dead_letter_queue_url,
        "STACK_NAME": "gazette-test",
        "TIMEOUT_SECONDS": "60",
        "MEMORY_MB": "2048",
        "MAX_CONCURRENT_PICTURES": "1",
        "REUSE_ANALYSES_FOR_DAYS": "30",
        "ANALYSES_PER_DAY": "1000",
        "LOG_LEVEL": "INFO",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def handle(module: str, event: dict[str, Any]) -> Any:
    return importlib.import_module(module).handler(event, Context())


@pytest.mark.usefixtures("environment", "fresh")
def test_the_worker_answers_a_batch_and_logs_json(capsys: pytest.CaptureFixture[str]) -> None:
    event = events.sqs_event(json.dumps({"Event": "s3:TestEvent"}), "poison")
    assert handle("image_worker.handler", event) == {"batchItemFailures": []}
    [line] = capsys.readouterr().out.splitlines()
    logged = json.loads(line)
    assert logged["service"] == "image_worker"
    assert (logged["level"], logged["request_id"], logged["message_id"]) == ("ERROR", "request-1", "m1")
    assert "poison" not in line


@pytest.mark.usefixtures("environment", "fresh")
def test_the_worker_takes_a_real_upload_with_its_own_clients(pipeline: Pipeline) -> None:
    image, body = pipeline.uploaded(data=b"no picture")
    assert handle("image_worker.handler", events.sqs_event(body)) == {"batchItemFailures": []}
    assert pipeline.read(image).error is not None


@pytest.mark.usefixtures("environment", "fresh")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's memory so")
def test_the_worker_takes_no_more_memory_than_the_function_has() -> None:
    handle("image_worker.handler", events.sqs_event())
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    assert soft == (2048 - 64) * 2**20


@pytest.mark.parametrize("module", ["image_worker.handler", "image_worker.sweeper_handler"])
@pytest.mark.usefixtures("environment", "fresh")
def test_warnings_of_libraries_are_logged_as_json(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        importlib.import_module(module)
        capsys.readouterr()
        warnings.warn("Truncated metadata", UserWarning, stacklevel=1)
        out, err = capsys.readouterr()
        logging.captureWarnings(False)
    assert err == ""
    assert json.loads(out)["logger"] == "py.warnings"


@pytest.mark.usefixtures("environment", "fresh")
def test_the_sweeper_runs_on_its_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    counts = handle("image_worker.sweeper_handler", {"source": "aws.events", "detail-type": "Scheduled Event"})
    assert counts == {"overdue": 0, "expired": 0, "failed": 0, "left": 0}
    line, metrics = capsys.readouterr().out.splitlines()
    assert json.loads(line)["counts"] == counts
    assert metrics_in(metrics) == {("Sweeps", ("gazette-test", "sweeper")): [1]}


@pytest.mark.parametrize("module", ["image_worker.handler", "image_worker.sweeper_handler"])
@pytest.mark.usefixtures("environment", "fresh")
def test_a_missing_variable_stops_the_function_at_its_start(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME")
    with pytest.raises(SettingsError, match="TABLE_NAME is missing"):
        importlib.import_module(module)
