"""SQS events as Lambda gets them."""

import json
from typing import Any
from urllib.parse import quote_plus

UPLOADS_BUCKET = "uploads"


def s3_body(
    key: str, sequencer: str | None = "0055AED6DCD90281E5", bucket: str = UPLOADS_BUCKET, **changes: Any
) -> str:
    """A message body with one record of an S3 notification (Amazon S3 user guide, "Event message structure")."""
    return json.dumps({"Records": [s3_record(key, sequencer, bucket, **changes)]})


def s3_record(
    key: str, sequencer: str | None = "0055AED6DCD90281E5", bucket: str = UPLOADS_BUCKET, **changes: Any
) -> Any:
    what: dict[str, Any] = {"key": quote_plus(key, safe="/"), "size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e"}
    if sequencer is not None:
        what["sequencer"] = sequencer
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-central-1",
        "eventTime": "2026-05-01T12:00:00.000Z",
        "eventName": "ObjectCreated:Post",
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "image-jobs",
            "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
            "object": what,
        },
        **changes,
    }


def sqs_event(*bodies: str, tries: int = 1) -> dict[str, Any]:
    """An event with one message for each body; their ids are m0, m1, …"""
    return {
        "Records": [
            {
                "messageId": f"m{position}",
                "receiptHandle": f"handle-{position}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(tries)},
                "eventSource": "aws:sqs",
            }
            for position, body in enumerate(bodies)
        ]
    }


def failed(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]
