"""Reading pictures from S3, where Image.S3Object points."""

from typing import TYPE_CHECKING, Protocol

from local.rekognition.errors import ServiceError, invalid_object
from local.rekognition.images import MAX_OBJECT_BYTES
from local.rekognition.lazy import Lazy

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class Objects(Protocol):
    def read(self, bucket: str, name: str, version: str | None) -> bytes:
        """The object's bytes. Raises ServiceError: InvalidS3ObjectException, ImageTooLargeException."""


class S3Objects:
    """Objects of the S3 endpoint at `endpoint_url`, read with the local cloud's root credentials."""

    def __init__(self, endpoint_url: str | None) -> None:
        self._endpoint_url = endpoint_url
        self._client = Lazy(self._connect)

    def load(self) -> None:
        """Build the client now, so that no call waits for it."""
        if self._endpoint_url is not None:
            self._client.get()

    def read(self, bucket: str, name: str, version: str | None) -> bytes:
        if self._endpoint_url is None:
            raise ServiceError("InvalidS3ObjectException", "The stand-in was started without --endpoint-url.")
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client.get()
        try:
            if version is None:
                found = client.get_object(Bucket=bucket, Key=name)
            else:
                found = client.get_object(Bucket=bucket, Key=name, VersionId=version)
            with found["Body"] as body:
                if found["ContentLength"] > MAX_OBJECT_BYTES:
                    raise ServiceError(
                        "ImageTooLargeException", f"Image size is too large, the maximum is {MAX_OBJECT_BYTES} bytes"
                    )
                return body.read()
        except (BotoCoreError, ClientError) as error:
            raise invalid_object() from error

    def _connect(self) -> "S3Client":
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self._endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's public root credentials
            config=Config(
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=10,
                retries={"total_max_attempts": 2},
                max_pool_connections=32,
            ),
        )
