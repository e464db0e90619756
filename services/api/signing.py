"""Addresses that let a client post one upload, or read one rendition, for a while. No call leaves here."""

from datetime import datetime
from typing import TYPE_CHECKING

from api.sigv4 import UploadPolicy
from articles import correlation, keys

if TYPE_CHECKING:
    from api.media_urls import MediaUrls
    from api.presigning import Presigner

_METADATA = f"x-amz-meta-{correlation.METADATA}"

RENDITIONS = ("large", "thumbnail")


class Signer:
    def __init__(self, presigner: "Presigner", uploads_bucket: str, media_urls: "MediaUrls") -> None:
        self._presigner = presigner
        self._uploads_bucket = uploads_bucket
        self._media_urls = media_urls

    def upload(
        self,
        article_id: str,
        image_id: str,
        content_type: str,
        size: int,
        seconds: int,
        correlation_id: str | None = None,
    ) -> UploadPolicy:
        """A policy for one object: its key, its type, its exact size and its correlation id, for `seconds`."""
        fields = {"Content-Type": content_type}
        if correlation_id:
            fields[_METADATA] = correlation_id
        return self._presigner.post(
            self._uploads_bucket,
            keys.upload_object(article_id, image_id),
            fields,
            [*({name: value} for name, value in fields.items()), ["content-length-range", size, size]],
            seconds,  # a repeated call after its time gets one that has ended
        )

    def renditions(self, article_id: str, image_id: str, token: str) -> dict[str, str]:
        """Short-lived URLs by rendition."""
        return {
            rendition: self._media_urls.url(
                keys.rendition_object(article_id, image_id, token, rendition),
                keys.rendition_filename(image_id, rendition),
            )
            for rendition in RENDITIONS
        }


def seconds_until(moment: datetime, now: datetime) -> int:
    return int((moment - now).total_seconds())
