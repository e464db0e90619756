"""What clients get to see of the model: the field names of openapi.yaml's schemas.

Authors, labels, moderation and errors are shown as they are: msgspec writes a Struct as an object of its fields.
"""

from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import Response, request

from api.signing import Signer
from articles.clock import to_text
from articles.model import Article, ArticleWithImages, Image, ImageStatus, LabelledImage

Json = dict[str, Any]


class Representations:
    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def summary(self, article: Article) -> Json:
        return {
            "id": article.id,
            "title": article.title,
            "tags": article.tags,
            "status": article.status.value,
            "author": article.author,
            "version": article.version,
            "created_at": to_text(article.created_at),
            "updated_at": to_text(article.updated_at),
        }

    def article(self, found: ArticleWithImages) -> Json:
        return {
            **self.summary(found.article),
            "body": found.article.body,
            "images": [self.image(image) for image in found.images],
        }

    def image(self, image: Image) -> Json:
        urls = None
        if image.status is ImageStatus.READY and image.renditions:
            urls = self._signer.renditions(image.article_id, image.id, image.renditions)
        finished = image.status in (ImageStatus.READY, ImageStatus.REJECTED, ImageStatus.FAILED)
        return {
            "id": image.id,
            "article_id": image.article_id,
            "status": image.status.value,
            "filename": image.filename,
            "content_type": image.content_type,
            "size": image.size,
            "width": image.width,
            "height": image.height,
            "alt": image.alt,
            # While a newer upload is being looked at, what is known of the older one says nothing.
            "labels": image.labels if finished else (),
            "moderation": image.moderation if finished else (),
            "urls": urls,
            "error": image.error if finished else None,
            "created_at": to_text(image.created_at),
            "analysed_at": to_text(image.analysed_at) if image.analysed_at else None,
        }

    def labelled_image(self, image: LabelledImage) -> Json:
        return {
            "id": image.id,
            "article_id": image.article_id,
            "alt": image.alt,
            "width": image.width,
            "height": image.height,
            "label": image.label,
            "urls": self._signer.renditions(image.article_id, image.id, image.renditions),
            "created_at": to_text(image.created_at),
        }


def page(items: list[Json], next_cursor: str | None) -> Response:
    """A page of a list. The next one's address is relative: right behind every stage, custom domain and base path."""
    response = answer({"items": items, "next_cursor": next_cursor})
    if next_cursor is not None:
        following = {name: value for name, value in request.args.items() if name != "cursor"} | {"cursor": next_cursor}
        response.headers["Link"] = f'<?{urlencode(following)}>; rel="next"'
    return response


def answer(body: Json, status: int = 200, **headers: str) -> Response:
    """A JSON answer; header names with underscores for hyphens. Nothing between us and the client may keep it unasked:
    what one reader sees of an article another may not."""
    sent = {"Cache-Control": "private, no-cache"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(msgspec.json.encode(body), status, sent, content_type="application/json")
