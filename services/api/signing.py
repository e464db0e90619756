"""Addresses that let a client post one upload, or read one rendition, for a while. No call leaves here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from articles import keys

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from api.media_urls import MediaUrls

RENDITIONS = ("large", "thumbnail")


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """What a client posts, and where: multipart/form-data with these fields, then the file."""

    url: str
    fields: dict[str, str]


class Signer:
    """Makes the client on first use: most requests sign nothing, and S3's is the slowest client to make."""

    def __init__(self, make_client: Callable[[], "S3Client"], uploads_bucket: str, media_urls: "MediaUrls") -> None:
        self._make_client = make_client
        self._uploads_bucket = uploads_bucket
        self._media_urls = media_urls

    @cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    def upload(self, article_id: str, image_id: str, content_type: str, size: int, seconds: int) -> UploadPolicy:
        """A policy for one object: its key, its type and its exact size, for `seconds`."""
        post = self._client.generate_presigned_post(
            self._uploads_bucket,
            keys.upload_object(article_id, image_id),
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
            ExpiresIn=seconds,  # a repeated call after its time gets one that has ended
        )
        return UploadPolicy(post["url"], post["fields"])

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
