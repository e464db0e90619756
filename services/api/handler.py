"""The Lambda handler of the API: built once, at start, and handed every event."""

from api import start  # before all others

# isort: split

import logging
import os
from time import perf_counter
from typing import Any

import serverless_wsgi

from api import snapshot
from api.outside import Outside
from api.settings import read
from api.wiring import build
from articles import correlation, logs
from articles.ids import is_id

# serverless-wsgi would send these to the gateway base64-encoded.
serverless_wsgi.TEXT_MIME_TYPES.append("application/problem+json")

log = logging.getLogger(__name__)

settings = read(os.environ)
logs.configure("api", settings.log_level if settings else "INFO")
outside = Outside()
app = build(settings, outside)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes an API Gateway REST proxy event (payload 1.0), gives its proxy answer."""
    began = perf_counter()
    route = f"{event.get('httpMethod')} {event.get('resource')}"
    ids = {name: text for name, text in (event.get("pathParameters") or {}).items() if is_id(text)}
    request_id = context.aws_request_id
    correlation_id = correlation.valid(event.get("requestContext", {}).get("requestId")) or request_id
    known = logs.context(request_id=request_id, trace_id=logs.trace_id(), route=route, **ids)
    with known, correlation.following(correlation_id):
        answer: dict[str, Any] = serverless_wsgi.handle_request(app, event, context)
        if (headers := answer.get("multiValueHeaders")) is not None:
            headers[correlation.HEADER] = [correlation_id]
        elif (headers := answer.get("headers")) is not None:
            headers[correlation.HEADER] = correlation_id
        took = round((perf_counter() - began) * 1000, 1)
        log.info("answered", extra={"status": answer.get("statusCode"), "duration_ms": took})
    return answer


def _prime() -> None:
    from api.priming import prime  # no one else pays for it

    if settings:
        prime(handler, outside, settings)


snapshot.register(_prime, outside.forget)
start.done()
