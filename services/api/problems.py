"""Errors as RFC 9457 problems: the one place where the domain's errors get their HTTP status."""

import logging
import math
from collections.abc import Mapping, Sequence

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response
from msgspec import Struct
from werkzeug.exceptions import HTTPException

from articles.errors import (
    ArticlesError,
    ConflictError,
    ContentionError,
    ForbiddenError,
    IdempotencyKeyReusedError,
    NotFoundError,
    QuotaExceededError,
    VersionMismatchError,
)

log = logging.getLogger(__name__)

MIME_TYPE = "application/problem+json"

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Idempotency Key Reused",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""The type is made of the title, here and in modules/rest_api: one kind of problem has one name, whoever finds it."""

_STATUS: Mapping[type[ArticlesError], int] = {
    NotFoundError: 404,
    ForbiddenError: 403,
    ConflictError: 409,
    VersionMismatchError: 412,
    IdempotencyKeyReusedError: 422,
    QuotaExceededError: 429,
    ContentionError: 503,
}

_RETRY_AFTER_SECONDS = 1


class FieldError(Struct, frozen=True):
    """What is wrong with one field: an RFC 6901 pointer into the body, or `#name` of a parameter or header."""

    pointer: str
    detail: str


class ProblemError(Exception):
    """An answer that is a problem. `detail` says what to do about it."""

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)


def bad_input(errors: Sequence[FieldError]) -> ProblemError:
    """A 400 that points at every bad field."""
    return ProblemError(400, "Some of the input is not as it should be: see errors, mend it and try again.", errors)


def response(problem: ProblemError) -> Response:
    title = _TITLES.get(problem.status, "Error")
    body: dict[str, object] = {
        "type": f"urn:gazette:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in problem.errors]
    answer = Response(msgspec.json.encode(body), problem.status, mimetype=MIME_TYPE)
    if problem.status == 503:
        answer.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def register(app: Flask) -> None:
    """Makes every error of the app a problem."""
    app.register_error_handler(ProblemError, response)
    app.register_error_handler(ArticlesError, _from_domain)
    app.register_error_handler(HTTPException, _from_werkzeug)
    app.register_error_handler(ClientError, _from_aws)
    app.register_error_handler(BotoCoreError, _from_aws)
    app.register_error_handler(Exception, _from_anything)


def _from_domain(error: ArticlesError) -> Response:
    status = _STATUS.get(type(error))
    if status is None:
        return _from_anything(error)
    answer = response(ProblemError(status, str(error)))
    if isinstance(error, QuotaExceededError):
        answer.headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    return answer


def _from_werkzeug(error: HTTPException) -> Response:
    details = {
        404: "There is nothing at this address: GET /openapi.json lists what there is.",
        405: "This address does not take this method: GET /openapi.json lists what it takes.",
        413: "The request's body is larger than this call takes.",
    }
    status = error.code or 500
    answer = response(ProblemError(status, details.get(status, error.description or "The request failed.")))
    if status == 405:
        answer.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return answer


def _from_aws(error: ClientError | BotoCoreError) -> Response:
    """Another service that is slow, throttles or can't be reached is worth another try; anything else is our fault."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        code = error.response.get("Error", {}).get("Code", "")
        if status < 500 and "Throttl" not in code and "Throughput" not in code and code != "RequestLimitExceeded":
            return _from_anything(error)
    log.error("a service behind the API could not be used", exc_info=error)
    return response(ProblemError(503, "A service behind this one does not answer: try again in a moment."))


def _from_anything(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return response(ProblemError(500, "This should not have happened, and has been logged. Trying again may help."))
