"""One round through the API before a snapshot is taken of it: what is slow the first time is done there.

Clients are made and their models read, modules imported that only some requests need, expressions compiled. No request
leaves: what AWS answers is made up here. Imported by the hook alone, so nobody else pays for it.
"""

import json
import logging
from collections.abc import Callable, Mapping
from contextvars import copy_context
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from api.outside import Outside
from api.settings import Settings
from articles import clock
from articles.dynamo_json import to_attributes
from articles.ids import new_id
from articles.items import article_to_item, image_to_item, label_to_map
from articles.model import Article, ArticleStatus, Author, Box, Image, ImageStatus, Label

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_NAME = "snapshot"
"""Of whoever calls here."""


class PrimingError(Exception):
    """A request of this file's was not answered as it should be: the version would start cold, or not work at all."""


def prime(handler: Handler, outside: Outside, settings: Settings) -> None:
    """Sends the handler one request of each kind. Raises PrimingError."""
    aws = _Aws(settings.media is not None)
    article = f"/articles/{aws.article.id}"
    draft = {"title": "T", "body": "B", "tags": ["t"], "status": "published"}
    upload = {"filename": "a.jpg", "content_type": "image/jpeg", "size": 1, "alt": "a"}
    requests = [
        ("GET", article, None),
        ("GET", "/articles", None),
        ("POST", "/articles", draft),
        ("POST", f"{article}/images", upload),
        ("DELETE", article, None),
        ("GET", "/openapi.json", None),
    ]
    logging.disable()  # nobody sent these: no log has them
    try:
        with outside.offline(aws.answer):
            for method, path, body in requests:
                event = _event(method, path, body, settings.token_audience)
                answer = copy_context().run(handler, event, SimpleNamespace(aws_request_id=_NAME))
                if answer["statusCode"] >= 300:
                    raise PrimingError(f"{method} {path}: {answer['statusCode']} {answer['body']}")
    finally:
        logging.disable(logging.NOTSET)


def _event(method: str, path: str, body: Mapping[str, Any] | None, audience: str) -> dict[str, Any]:
    """A REST proxy event, as far as it is looked at."""
    headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "If-None-Match": '"none"',
        "Idempotency-Key": "k",
    }
    claims = {"sub": _NAME, "cognito:username": _NAME, "token_use": "id", "aud": audience}
    return {
        "httpMethod": method,
        "resource": path,
        "path": path,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": None,
        "body": json.dumps(body) if body else None,
        "isBase64Encoded": False,
        "requestContext": {"path": path, "stage": "", "requestId": _NAME, "authorizer": {"claims": claims}},
    }


class _Aws:
    """What AWS answers, without there being any."""

    def __init__(self, has_private_key: bool) -> None:
        now = clock.now()
        author = Author(_NAME, _NAME)
        self.article = Article(new_id(), "T", "B", ("t",), ArticleStatus.PUBLISHED, author, 1, now, now)
        image = Image(new_id(), self.article.id, ImageStatus.PENDING, "a.jpg", "image/jpeg", 1, "a", now)
        label = Label("L", 99.5, ("P",), (Box(0.1, 0.1, 0.5, 0.5, 99.5),))
        ready = {
            "status": ImageStatus.READY.value,
            "width": 1,
            "height": 1,
            "labels": [label_to_map(label)],
            "renditions": "r",
            "analysed_at": clock.to_text(now + timedelta(seconds=1)),
        }
        self._article = to_attributes(article_to_item(self.article))
        self._image = to_attributes(image_to_item(image) | ready)
        self._secret = _private_key() if has_private_key else ""

    def answer(self, target: str, body: bytes) -> bytes:
        return json.dumps(self._content(target.rpartition(".")[2], body)).encode()

    def _content(self, operation: str, body: bytes) -> dict[str, Any]:
        match operation:
            case "Query":
                # An index's entries are articles'; a partition's own are an article and its images.
                of_index = "IndexName" in json.loads(body)
                items = [self._article] if of_index else [self._article, self._image]
                return {"Items": items, "Count": len(items), "ScannedCount": len(items)}
            case "GetItem":
                return {"Item": self._article}
            case "UpdateItem":
                return {"Attributes": self._article}
            case "GetSecretValue":
                return {"SecretString": self._secret}
        return {}


def _private_key() -> str:
    """One for CloudFront's signatures, which nobody has the public half of; dropped with the snapshot's hook."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
