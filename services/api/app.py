"""The app factory. It takes its collaborators, so tests give it theirs."""

from flask import Flask, Response, request

from api import problems
from api.article_routes import article_routes
from api.cursors import Cursors
from api.docs_routes import docs_routes
from api.image_routes import image_routes
from api.inputs import MAX_REQUEST_BYTES
from api.label_routes import label_routes
from api.representations import Representations
from api.service_routes import service_routes
from api.signing import Signer
from articles.label_index import LabelIndex
from articles.service import ArticleService

EXPOSED_HEADERS = "ETag,Location,Link,Retry-After,WWW-Authenticate,Allow,X-Correlation-Id"
"""What a browser's script may read of an answer. modules/rest_api says the same, to the letter, for the answers that
the gateway gives by itself (tests/contract)."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def create_app(
    service: ArticleService,
    labels: LabelIndex,
    signer: Signer,
    *,
    cursor_key: str,
    token_audience: str,
    cors_allow_origin: str,
    max_upload_bytes: int,
    public_url: str | None = None,
) -> Flask:
    """The WSGI app with every route of openapi.yaml."""
    app = Flask("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.config["TOKEN_AUDIENCE"] = token_audience
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # the gateway answers preflights; no function is invoked for them
    show = Representations(signer)
    cursors = Cursors(cursor_key)
    app.register_blueprint(article_routes(service, show, cursors))
    app.register_blueprint(image_routes(service, show, signer, max_upload_bytes))
    app.register_blueprint(label_routes(labels, show, cursors))
    app.register_blueprint(service_routes(public_url))
    app.register_blueprint(docs_routes())
    problems.register(app)

    @app.before_request
    def demand_json() -> None:
        takes_body = request.url_rule and request.method in ("POST", "PUT", "PATCH")
        if takes_body and request.mimetype not in ("application/json", ""):
            raise problems.ProblemError(415, "Send JSON, with the header Content-Type: application/json.")

    allowed = {
        "Access-Control-Allow-Origin": cors_allow_origin,
        "Access-Control-Expose-Headers": EXPOSED_HEADERS,
        "Vary": "Origin",
    }

    @app.after_request
    def allow_origin(response: Response) -> Response:
        if cors_allow_origin:
            response.headers.extend(allowed)
        return response

    return app


def create_app_without_services() -> Flask:
    """The WSGI app of an image that was started by hand and told of no AWS: /health, /openapi.json, /docs, else 503."""
    app = Flask("api", static_folder=None)
    app.register_blueprint(service_routes())
    app.register_blueprint(docs_routes())
    problems.register(app)

    @app.route("/", defaults={"path": ""}, methods=_METHODS)
    @app.route("/<path:path>", methods=_METHODS)
    def unavailable(path: str) -> Response:  # noqa: ARG001
        raise problems.ProblemError(503, "This function was given no settings: terraform/modules/gazette lists them.")

    return app
