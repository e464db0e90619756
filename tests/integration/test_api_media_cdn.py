"""The API where its settings name a CloudFront: the same answers, whose URLs CloudFront checks instead of S3."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from articles.image_repository import ImageRepository
from articles.table import Table
from tests.dynamodb import Wire
from tests.gateway import ALICE, Answer, Gateway
from tests.handlers import loaded
from tests.integration.conftest import API_ENVIRONMENT
from tests.samples import a_label, an_analysis, finish

PRIVATE_KEY = ec.generate_private_key(ec.SECP256R1())
PEM = PRIVATE_KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


@pytest.fixture
def secret() -> str:
    """The ARN of a secret that holds nothing yet."""
    return str(boto3.client("secretsmanager").create_secret(Name="gazette-test-media-key")["ARN"])


@pytest.fixture
def cdn_api(api: Gateway, secret: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Gateway:  # noqa: ARG001
    monkeypatch.setattr("api.aws.Connections", wire.connections)
    cdn = {
        "MEDIA_URL": "https://media.example.com",
        "MEDIA_KEY_PAIR_ID": "K2JCJMDEHXQW5F",
        "MEDIA_PRIVATE_KEY_SECRET_ARN": secret,
    }
    for name, value in (API_ENVIRONMENT | cdn).items():
        monkeypatch.setenv(name, value)
    with loaded("api.handler") as handle:
        return Gateway(handle)


@pytest.fixture
def image(api: Gateway, table: Table) -> Any:
    """A ready one, registered by an API without CloudFront: what is stored is the same."""
    article = api.create(status="published")
    fields = {"filename": "portrait.jpg", "content_type": "image/jpeg", "size": 181_234}
    registered = api.post(f"/articles/{article['id']}/images", ALICE, json_body=fields).json["image"]
    images = ImageRepository(table)
    finish(images, images.get(article["id"], registered["id"]), an_analysis(a_label("Dog")))
    return registered


def _get(api: Gateway, image: Any) -> Answer:
    return api.get(f"/articles/{image['article_id']}/images/{image['id']}")


def test_an_image_is_the_same_but_for_where_its_renditions_are(
    api: Gateway, cdn_api: Gateway, secret: str, image: Any
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=PEM)

    presigned, signed = _get(api, image).json, _get(cdn_api, image).json

    assert signed | {"urls": None} == presigned | {"urls": None}
    assert set(signed["urls"]) == set(presigned["urls"])
    for rendition, url in signed["urls"].items():
        assert urlsplit(url).hostname == "media.example.com"
        assert urlsplit(url).path.endswith(f"/{rendition}.jpg")
        assert urlsplit(presigned["urls"][rendition]).path.endswith(urlsplit(url).path)


def test_cloudfront_can_check_it_with_the_public_key(cdn_api: Gateway, secret: str, image: Any) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=PEM)

    address, _, query = _get(cdn_api, image).json["urls"]["large"].partition("?")

    given = {name: value for name, [value] in parse_qs(query).items()}
    condition = {"DateLessThan": {"AWS:EpochTime": int(given["Expires"])}}
    policy = json.dumps({"Statement": [{"Resource": address, "Condition": condition}]}, separators=(",", ":"))
    signature = base64.b64decode(given["Signature"].translate(str.maketrans("-_~", "+=/")))
    PRIVATE_KEY.public_key().verify(signature, policy.encode(), ec.ECDSA(hashes.SHA256()))


def test_an_empty_secret_is_a_503_for_pictures_and_nothing_else_until_somebody_fills_it(
    cdn_api: Gateway, secret: str, image: Any, caplog: pytest.LogCaptureFixture
) -> None:
    refused = _get(cdn_api, image)

    assert refused.status == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert "retry-after" in refused.headers
    assert "private key" in caplog.text
    assert cdn_api.get("/articles").status == 200

    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=PEM)
    assert _get(cdn_api, image).status == 200
