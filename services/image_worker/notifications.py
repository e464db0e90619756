"""What the world is told when an image's job is over: one JSON object a message, on the topic image-events.

The same result is told with the same `id` however often it is sent, so that a subscriber can drop repetitions.
docs/image_event.schema.json is the contract; docs/notifications.md explains it.
"""

import json
from typing import TYPE_CHECKING, Any

from articles import correlation
from articles.clock import to_text
from articles.items import label_to_map
from articles.model import Image, ImageStatus

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient


class Notifications:
    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def announce(self, image: Image) -> None:
        """Publishes a finished image's result; `type` is a message attribute too, for filter policies, and so is the
        correlation id where it is known."""
        message = message_of(image)
        self._client.publish(
            TopicArn=self._topic_arn,
            Message=json.dumps(message, ensure_ascii=False, separators=(",", ":")),
            MessageAttributes={
                "type": {"DataType": "String", "StringValue": message["type"]},
                **correlation.attribute(image.correlation_id),
            },
        )


def message_of(image: Image) -> dict[str, Any]:
    """{id, type, time, article_id, image_id} and labels (ready), moderation (rejected) or error (failed)."""
    message: dict[str, Any] = {
        "id": image.event_id,
        "type": f"image.{image.status.value}",
        "time": to_text(image.analysed_at) if image.analysed_at else None,
        "article_id": image.article_id,
        "image_id": image.id,
    }
    if image.correlation_id:
        message["correlation_id"] = image.correlation_id
    match image.status:
        case ImageStatus.READY:
            message["labels"] = [label_to_map(label) for label in image.labels]
        case ImageStatus.REJECTED:
            message["moderation"] = [
                {"name": entry.name, "parent": entry.parent, "confidence": entry.confidence}
                for entry in image.moderation
            ]
        case ImageStatus.FAILED if image.error:
            message["error"] = {"code": image.error.code, "message": image.error.message}
    return message
