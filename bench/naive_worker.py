"""The worker that people write first: one picture after the other, one call after the other, no renditions.

It takes the same events as ours and leaves labels and moderation at the same item. Duplicates, bombs, deleted images
and failures that may pass it never finds out about: only its speed and its memory are of interest here.
"""

import io
import json
import os
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

import boto3
import pi_heif
from PIL import Image

pi_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None

s3 = boto3.client("s3")
rekognition = boto3.client("rekognition")
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event: dict[str, Any], _context: object) -> None:
    """An SQS event of S3 notifications in."""
    for message in event["Records"]:
        for record in json.loads(message["body"])["Records"]:
            analyse(record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))


def analyse(bucket: str, key: str) -> None:
    """Labels of one upload, from S3 to the table."""
    picture: Any = {"Bytes": acceptable(s3.get_object(Bucket=bucket, Key=key)["Body"].read())}
    labels = rekognition.detect_labels(Image=picture)["Labels"]
    moderation = rekognition.detect_moderation_labels(Image=picture)["ModerationLabels"]
    _, article_id, image_id = key.split("/")
    table.update_item(
        Key={"PK": f"ARTICLE#{article_id}", "SK": f"IMAGE#{image_id}"},
        UpdateExpression="SET #status = :status, labels = :labels, moderation = :moderation",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":status": "ready",
            ":labels": json.loads(json.dumps(labels), parse_float=Decimal),
            ":moderation": json.loads(json.dumps(moderation), parse_float=Decimal),
        },
    )


def acceptable(file: bytes) -> bytes:
    """What Rekognition takes as bytes: a JPEG or PNG of 5 MB as it is, anything else as a smaller JPEG."""
    with Image.open(io.BytesIO(file)) as image:
        if image.format in ("JPEG", "PNG") and len(file) <= 5 * 1024 * 1024:
            return file
        image.thumbnail((4000, 4000))
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG")
        return out.getvalue()
