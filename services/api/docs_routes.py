"""/docs: a page on which a person reads the document and tries a call. It needs nothing from anywhere else.

The page and its script are ours, Swagger UI is taken out of the package flask-swagger-ui, none of whose code runs.
"""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, request

from api.problems import ProblemError

_OURS = Path(__file__).with_name("docs_page")
_SWAGGER_UI = "flask_swagger_ui"

ASSETS = {
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
"""What the page loads, with its media type: text, which the gateway carries as it is; the largest has 1.7 MB of 6."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Swagger UI's icons stand in its style sheet
        "connect-src 'self'",  # the document, and the calls that somebody tries
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_ASSET_SECONDS = 86_400
"""How long a browser may keep an asset: an upgrade of Swagger UI is seen a day later at most."""


def docs_routes() -> Blueprint:
    routes = Blueprint("docs", __name__)

    @routes.get("/docs")
    def docs() -> Response:
        page = Response((_OURS / "index.html").read_text("utf-8"), mimetype="text/html")
        page.headers["Cache-Control"] = "no-cache"
        page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        page.headers["Referrer-Policy"] = "no-referrer"
        page.headers["X-Content-Type-Options"] = "nosniff"
        return page

    @routes.get("/docs/<asset>")
    def docs_asset(asset: str) -> Response:
        if asset not in ASSETS:
            raise ProblemError(404, f"The page at {request.path.rsplit('/', 1)[0]} has no such part.")
        answer = Response(_file(asset).read_text("utf-8"), mimetype=ASSETS[asset])
        answer.headers["Cache-Control"] = f"public, max-age={_ASSET_SECONDS}"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return routes


def _file(asset: str) -> Path:
    if (_OURS / asset).exists():
        return _OURS / asset
    package = find_spec(_SWAGGER_UI)  # found, not imported
    if package is None or package.origin is None:
        raise FileNotFoundError(f"The package {_SWAGGER_UI} is not installed.")
    return Path(package.origin).with_name("dist") / asset
