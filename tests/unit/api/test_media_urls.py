"""Renditions' URLs: what S3 and CloudFront document of them, signatures checked with the public key."""

import base64
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from api.media_urls import RENDITION_URL_SECONDS, CloudFrontUrls, PresignedUrls
from api.problems import ProblemError
from api.signing import Signer
from api.sigv4 import Address, Sigv4

NOW = 1_780_000_000
KEY = "media/a1/i1/t1/large.jpg"
PRIVATE_KEYS = {"ecdsa": ec.generate_private_key(ec.SECP256R1()), "rsa": rsa.generate_private_key(65537, 2048)}


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat
    return key.private_bytes(encoding, form.TraditionalOpenSSL, serialization.NoEncryption()).decode()


def _cloudfront(read: Callable[[], str]) -> CloudFrontUrls:
    return CloudFrontUrls("https://media.example.com", "K2JCJMDEHXQW5F", read, lambda: NOW + 0.9)


def _verify(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, signature: bytes, policy: bytes) -> None:
    if isinstance(key, rsa.RSAPrivateKey):
        key.public_key().verify(signature, policy, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.public_key().verify(signature, policy, ec.ECDSA(hashes.SHA256()))


def _decoded(signature: str) -> bytes:
    assert not set(signature) & set("+/="), "these mean something else in a URL: CloudFront replaces them"
    return base64.b64decode(signature.replace("-", "+").replace("_", "=").replace("~", "/"), validate=True)


@pytest.fixture(params=PRIVATE_KEYS)
def key(request: pytest.FixtureRequest) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    return PRIVATE_KEYS[request.param]


def test_cloudfronts_url_carries_a_canned_policys_signature(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    url = _cloudfront(lambda: _pem(key)).url(KEY, "i1-large.jpg")

    address, _, query = url.partition("?")
    parts = dict(parse_qsl(query, strict_parsing=True))
    assert address == f"https://media.example.com/{KEY}"
    assert list(parts) == ["Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
    assert parts["Expires"] == str(NOW + RENDITION_URL_SECONDS)
    assert parts["Key-Pair-Id"] == "K2JCJMDEHXQW5F"
    assert parts["Hash-Algorithm"] == "SHA256"
    # To the letter: CloudFront builds this text itself from the URL, and compares the signature with it.
    policy = (
        f'{{"Statement":[{{"Resource":"https://media.example.com/{KEY}",'
        f'"Condition":{{"DateLessThan":{{"AWS:EpochTime":{NOW + RENDITION_URL_SECONDS}}}}}}}]}}'
    )
    assert json.loads(policy)
    _verify(key, _decoded(parts["Signature"]), policy.encode())
    with pytest.raises(InvalidSignature):
        _verify(key, _decoded(parts["Signature"]), policy.replace("large", "thumbnail").encode())


def test_the_alphabet_holds_for_every_signature() -> None:
    urls = _cloudfront(lambda: _pem(PRIVATE_KEYS["ecdsa"]))
    for number in range(100):
        [signature] = parse_qs(urlsplit(urls.url(f"media/{number}.jpg", "x.jpg")).query)["Signature"]
        assert _decoded(signature)


def test_the_private_key_is_read_once_and_not_before_it_is_needed() -> None:
    reads: list[None] = []

    def read() -> str:
        reads.append(None)
        return _pem(PRIVATE_KEYS["ecdsa"])

    urls = _cloudfront(read)
    assert not reads
    urls.url(KEY, "i1-large.jpg")
    urls.url(KEY, "i1-large.jpg")
    assert len(reads) == 1


def _refused() -> str:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")


UNUSABLE: dict[str, Callable[[], str]] = {
    "a secret that may not be read": _refused,
    "text": lambda: "-----{} EC PRIVATE KEY-----\nbm90aGluZw==\n-----{} EC PRIVATE KEY-----\n".format("BEGIN", "END"),
    "another curve": lambda: _pem(ec.generate_private_key(ec.SECP384R1())),
    "a longer key": lambda: _pem(rsa.generate_private_key(65537, 3072)),
    "a secret of bytes": lambda: {}["SecretString"],  # type: ignore[no-any-return]
}


@pytest.mark.parametrize("read", UNUSABLE.values(), ids=UNUSABLE)
def test_a_key_that_cannot_be_used_is_a_503_and_a_line_in_the_log_and_is_tried_again(
    read: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter([read, lambda: _pem(PRIVATE_KEYS["ecdsa"])])

    def next_answer() -> str:
        return next(answers)()

    urls = _cloudfront(next_answer)

    with caplog.at_level(logging.ERROR), pytest.raises(ProblemError) as caught:
        urls.url(KEY, "i1-large.jpg")

    assert caught.value.status == 503
    assert "private key" in caplog.text
    assert "bm90aGluZw" not in caplog.text
    assert urls.url(KEY, "i1-large.jpg"), "mended, it works without a new start"


def test_s3s_url_pins_type_and_disposition() -> None:
    address = partial(Address.of_aws, "s3.eu-west-1.amazonaws.com")
    s3 = Sigv4("eu-west-1", address, lambda: ReadOnlyCredentials("id", "secret", None))

    url = urlsplit(PresignedUrls(s3, "media").url(KEY, "i1-large.jpg"))

    parts = dict(parse_qsl(url.query, strict_parsing=True))
    assert url.path == f"/{KEY}"
    assert parts["response-content-type"] == "image/jpeg"
    assert parts["response-content-disposition"] == 'inline; filename="i1-large.jpg"'
    assert parts["X-Amz-Expires"] == str(RENDITION_URL_SECONDS)
    # Signature version 4 signs the whole query; a parameter that was not there when it was made breaks it as well.
    assert parts["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"


def test_both_ways_give_the_same_urls_to_representations() -> None:
    asked: list[tuple[str, str]] = []

    class Urls:
        def url(self, key: str, filename: str) -> str:
            asked.append((key, filename))
            return f"https://x/{key}"

    s3: Any = None  # nothing is signed by it
    urls = Signer(s3, "uploads", Urls()).renditions("a1", "i1", "t1")

    assert urls == {"large": f"https://x/{KEY}", "thumbnail": "https://x/media/a1/i1/t1/thumbnail.jpg"}
    assert asked == [(KEY, "i1-large.jpg"), ("media/a1/i1/t1/thumbnail.jpg", "i1-thumbnail.jpg")]


def test_what_signs_for_cloudfront_is_not_imported_by_who_does_not() -> None:
    code = "import sys, api.wiring; sys.exit('cryptography' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd="services").returncode == 0
