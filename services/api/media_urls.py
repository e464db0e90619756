"""Where a rendition is read for a while: at S3 itself, or at CloudFront where the settings name one."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from api.problems import ProblemError

if TYPE_CHECKING:
    from botocore.signers import CloudFrontSigner

    from api.presigning import Presigner

log = logging.getLogger(__name__)

RENDITION_URL_SECONDS = 900
"""Longer than the step in an article's ETag, so that a cached answer's URLs still live."""


class MediaUrls(Protocol):
    def url(self, key: str, filename: str) -> str:
        """A URL of that object of the media bucket, good for RENDITION_URL_SECONDS; it is saved under `filename`."""


class PresignedUrls:
    """S3's own. Type and disposition are signed with them: whoever passes one on can change neither."""

    def __init__(self, presigner: "Presigner", bucket: str) -> None:
        self._presigner = presigner
        self._bucket = bucket

    def url(self, key: str, filename: str) -> str:
        disposition = f'inline; filename="{filename}"'
        return self._presigner.url(self._bucket, key, "image/jpeg", disposition, RENDITION_URL_SECONDS)


class CloudFrontUrls:
    """CloudFront's, by a canned policy. Type and disposition are the object's own: no parameter gets to S3.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
    """

    def __init__(
        self, base: str, key_pair_id: str, read_private_key: Callable[[], str], now: Callable[[], float] = time.time
    ) -> None:
        """`read_private_key` gives a PEM, ECDSA P-256 or RSA; it is called once, when the first URL is signed."""
        self._base = base
        self._key_pair_id = key_pair_id
        self._read_private_key = read_private_key
        self._now = now

    def forget(self) -> None:
        """Drops the private key: the next URL has it read again."""
        self.__dict__.pop("_signer", None)

    @cached_property
    def _signer(self) -> "CloudFrontSigner":
        from botocore.signers import CloudFrontSigner  # with half of the SDK

        try:
            return CloudFrontSigner(self._key_pair_id, _sha256_signature(self._read_private_key()))
        except Exception as error:  # whatever it is: the secret is the operator's to mend
            log.error("the private key that signs renditions' URLs can't be used", exc_info=error)
            raise ProblemError(503, "Pictures can't be shown just now: try again in a moment.") from error

    def url(self, key: str, filename: str) -> str:  # noqa: ARG002
        expires = datetime.fromtimestamp(int(self._now()) + RENDITION_URL_SECONDS, UTC)
        signed = self._signer.generate_presigned_url(f"{self._base}/{key}", date_less_than=expires)
        return f"{signed}&Hash-Algorithm=SHA256"  # without it CloudFront expects SHA-1


def _sha256_signature(pem: str) -> Callable[[bytes], bytes]:
    """What signs with that key. Raises ValueError for one that CloudFront does not take."""
    # Imported here: 40 ms that only this way of serving pictures needs.
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        curve = key  # 18 times as fast as RSA's 2,048 bits: a page of a label has 200 URLs
        return lambda message: curve.sign(message, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size == 2048:
        numbers = key
        return lambda message: numbers.sign(message, padding.PKCS1v15(), hashes.SHA256())
    raise ValueError("CloudFront takes ECDSA P-256 and RSA of 2,048 bits")
