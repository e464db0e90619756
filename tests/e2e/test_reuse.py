"""An identical picture takes the analysis that is there, on the running stack: by the worker's own permissions."""

import time

import pytest

from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


def _ready(alice: ApiClient, photograph: bytes) -> dict[str, object]:
    return alice.wait_for(alice.upload(alice.create_article()["id"], photograph))


def test_an_identical_picture_costs_no_call_of_rekognition(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    stack.rekognition.reset()
    first = _ready(alice, photograph)
    counts = stack.rekognition.counts()
    assert (counts["DetectLabels"], counts["DetectModerationLabels"]) == (1, 1)
    time.sleep(1)  # DynamoDB's index may be a little behind

    second = _ready(alice, photograph)

    assert (second["status"], second["labels"]) == ("ready", first["labels"])
    assert second["urls"] != first["urls"]
    assert stack.rekognition.counts() == counts
