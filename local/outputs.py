"""The file that scripts read: where everything is, flat."""

from collections.abc import Mapping
from typing import Any

from local.errors import LocalError
from local.files import read_json, write_json
from local.layout import Layout

REQUIRED = (
    "api_url",
    "endpoint_url",
    "rekognition_endpoint_url",
    "region",
    "table_name",
    "uploads_bucket",
    "media_bucket",
    "image_jobs_queue_url",
    "dead_letter_queue_url",
    "image_events_topic_arn",
    "api_function",
    "worker_function",
    "sweeper_function",
    "alias",
    "user_pool_id",
    "user_pool_client_id",
    "page_url",
    "sign_in_url",
)


def write(layout: Layout, applied: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Writes Terraform's outputs together with what only this side knows, and gives both.

    Raises:
        LocalError: one of the promised keys is missing.
    """
    outputs = {**known, **applied}
    missing = [name for name in REQUIRED if not outputs.get(name)]
    if missing:
        raise LocalError(f"terraform/environments/local has no output {', '.join(missing)}.")
    write_json(layout.outputs, dict(sorted(outputs.items())))
    return outputs


def read(layout: Layout) -> dict[str, Any]:
    """What `make up` left.

    Raises:
        LocalError: the local cloud is not up.
    """
    outputs = read_json(layout.outputs)
    if not isinstance(outputs, dict):
        raise LocalError("The local cloud is not up: run `make up` first.")
    return outputs
