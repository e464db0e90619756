"""ETags: strong validators of what one reader sees of an article.

An ETag is `"<version>"`, with images `"<version>-<digest>"`: the digest follows the images that this reader sees.
If-Match and a change's If-None-Match look at the version alone: changing the article can't undo what the pipeline does
to an image meanwhile.
"""

import hashlib
import re
import time
from collections.abc import Container

from flask import request
from msgspec import Struct
from werkzeug.datastructures import ETags

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


def allowed_versions() -> Container[int] | None:
    """The article versions that the request's If-Match and If-None-Match let it change; None where that is any."""
    wanted, unwanted = _versions("If-Match", request.if_match), _versions("If-None-Match", request.if_none_match)
    if unwanted is None:
        return None if wanted is ANY else wanted
    return Versions(ANY if wanted is None else wanted, unwanted)


class _Any:
    def __contains__(self, version: object) -> bool:
        return True


ANY = _Any()


class Versions(Struct, frozen=True):
    """Those in one set and not in the other."""

    wanted: Container[int]
    unwanted: Container[int]

    def __contains__(self, version: object) -> bool:
        return version in self.wanted and version not in self.unwanted


def _versions(header: str, tags: ETags) -> Container[int] | None:
    """The versions that the header names; None without it."""
    if not request.headers.get(header):
        return None
    if tags.star_tag:
        return ANY
    versions = (tag.split("-", 1)[0] for tag in tags.as_set(include_weak=header == "If-None-Match") if tag)
    return frozenset(int(version) for version in versions if _VERSION.fullmatch(version))
