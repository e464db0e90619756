"""ETags: strong validators of what one reader sees of an article.

An ETag is `"<version>"`, with images `"<version>-<digest>"`: the digest follows the images that this reader sees.
If-Match looks at the version alone: changing the article can't undo what the pipeline does to an image meanwhile.
"""

import hashlib
import re
import time

from flask import request

from articles.clock import to_text
from articles.model import ArticleWithImages, ImageStatus

_VERSION = re.compile(r"[1-9][0-9]{0,17}")

_URL_LIFE_STEP = 300
"""Seconds. Part of the digest while there are signed URLs: an answer of 304 never leaves a client with dead ones."""


def etag(found: ArticleWithImages) -> str:
    """The ETag's text, without the quotes."""
    version = str(found.article.version)
    if not found.images:
        return version
    digest = hashlib.sha256()
    for image in found.images:
        analysed = to_text(image.analysed_at) if image.analysed_at else ""
        digest.update(f"{image.id} {image.status} {analysed} {image.attempts}\n".encode())
    if any(image.status is ImageStatus.READY for image in found.images):
        digest.update(str(int(time.time()) // _URL_LIFE_STEP).encode())
    return f"{version}-{digest.hexdigest()[:16]}"


def not_modified(tag: str) -> bool:
    """Whether the request's If-None-Match says that the client has this already."""
    return request.if_none_match.contains_weak(tag)


def matching_versions() -> frozenset[int] | None:
    """The article versions that the request's If-Match allows; None where it allows any, or is not there."""
    tags = request.if_match
    if not request.headers.get("If-Match") or tags.star_tag:
        return None
    versions = (tag.split("-", 1)[0] for tag in tags.as_set() if tag)
    return frozenset(int(version) for version in versions if _VERSION.fullmatch(version))
