"""The two buckets: uploads, which nobody but the worker reads, and media, from which alone pictures are served."""

import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from articles import correlation
from articles.keys import rendition_filename, rendition_object, renditions_prefix, upload_object
from image_worker.deadline import OutOfTimeError, time_to_work
from image_worker.threads import Threads

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3 import S3Client

_MISSING = {"NoSuchKey", "404", "NotFound"}

_CHUNK = 1 << 16

_KEPT_BY_READERS = "private, max-age=86400, immutable"
"""A rendition's key never gets other content: each attempt writes under a token of its own."""


class UploadMissingError(Exception):
    """There is no upload under the image's key."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was found; `size` in bytes, known before anything is read."""

    etag: str
    size: int
    body: "StreamingBody"
    modified_at: datetime
    correlation_id: str | None
    """Of its metadata: the form that was given for the image has a field for it."""

    def read(self) -> bytes:
        """All of it, once. Raises OutOfTimeError where it comes too slowly: time-outs count from byte to byte."""
        # In memory only once: getvalue hands out the buffer itself.
        file = io.BytesIO()
        while chunk := self.body.read(_CHUNK):
            file.write(chunk)
            if time_to_work() == 0:
                raise OutOfTimeError
        return file.getvalue()


class Uploads:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def exists(self, article_id: str, image_id: str) -> bool:
        """Whether the upload is there. Without s3:ListBucket S3 answers 403 for a missing one, which is let through."""
        try:
            self._client.head_object(Bucket=self._bucket, Key=upload_object(article_id, image_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return False
            raise
        return True

    @contextmanager
    def open(self, article_id: str, image_id: str) -> Iterator[Upload]:
        """The upload as it is now. Raises UploadMissingError."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=upload_object(article_id, image_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise UploadMissingError from error
            raise
        with answer["Body"] as body:
            yield Upload(
                answer["ETag"],
                answer["ContentLength"],
                body,
                answer["LastModified"],
                correlation.valid(answer["Metadata"].get(correlation.METADATA)),
            )

    def delete(self, article_id: str, image_id: str, etag: str | None = None) -> None:
        """Deletes the upload; missing already is fine. With `etag` only that very content: a newer upload stays."""
        key = upload_object(article_id, image_id)
        try:
            if etag is None:
                self._client.delete_object(Bucket=self._bucket, Key=key)
            else:
                self._client.delete_object(Bucket=self._bucket, Key=key, IfMatch=etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING | {"PreconditionFailed"}:
                raise


class Media:
    def __init__(self, client: "S3Client", bucket: str, threads: Threads | None = None) -> None:
        """`threads`: what writes several files at the same time; without, they follow each other."""
        self._client = client
        self._bucket = bucket
        self._threads = threads

    def write(self, article_id: str, image_id: str, token: str, files: Mapping[str, bytes]) -> None:
        """Writes the JPEG files of one attempt, by the renditions' names. All is over then, also where one failed."""
        jobs = [
            (rendition_object(article_id, image_id, token, name), rendition_filename(image_id, name), data)
            for name, data in files.items()
        ]
        if self._threads is None:
            for job in jobs:
                self._put(*job)
            return
        puts = [self._threads.begin(self._put, *job) for job in jobs]
        wait(puts)
        for put in puts:
            put.result()

    def _put(self, key: str, filename: str, data: bytes) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=data,
            ContentType="image/jpeg",
            ContentDisposition=f'inline; filename="{filename}"',
            CacheControl=_KEPT_BY_READERS,
        )

    def tokens(self, article_id: str, image_id: str) -> set[str]:
        """The tokens of all the attempts that left something."""
        prefix = renditions_prefix(article_id, image_id)
        return {key.removeprefix(prefix).split("/")[0] for key in self._keys(prefix)}

    def delete(self, article_id: str, image_id: str, tokens: Iterable[str] | None = None) -> None:
        """Deletes what these attempts wrote, or with None what any wrote; missing already is fine."""
        prefix = renditions_prefix(article_id, image_id)
        prefixes = [prefix] if tokens is None else [f"{prefix}{token}/" for token in tokens]
        for key in [key for under in prefixes for key in self._keys(under)]:
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def _keys(self, prefix: str) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
