"""/health and /openapi.json. They need no other service, so they answer even where nothing is configured."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from flask import Blueprint, Response, request

from api.representations import answer

_DOCUMENT = Path(__file__).with_name("openapi.json")
"""Made of openapi.yaml by `make openapi`: no parser of YAML is installed with the API."""


def service_routes(public_url: str | None = None) -> Blueprint:
    """The routes; `public_url` is what clients call, where a request does not tell."""
    routes = Blueprint("service", __name__)

    @routes.get("/health")
    def health() -> Response:
        # Behind the gateway this is answered by the gateway itself; here it serves the image that runs alone.
        return answer({"status": "ok"})

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return answer({**_document(), "servers": [{"url": public_url or _own_address()}]})

    return routes


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(_DOCUMENT.read_bytes())
    return document


def _own_address() -> str:
    """Where this API stands: the host of the request, and what the gateway put before the route's path (the stage,
    or a custom domain's base path), which is what requestContext.path has more than path."""
    event: dict[str, Any] = request.environ.get("serverless.event") or {}
    full = str((event.get("requestContext") or {}).get("path") or "")
    prefix = full.removesuffix(request.path) if full.endswith(request.path) else ""
    return f"{request.scheme}://{request.host}{prefix}"
