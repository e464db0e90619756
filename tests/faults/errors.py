"""Errors as each AWS service writes them on the wire, so that the SDK reads the code that it would read there."""

import json
import uuid
from collections.abc import Mapping
from xml.sax.saxutils import escape

_JSON_TYPES = {"rekognition": "application/x-amz-json-1.1"}


def answer(service: str, code: str, request: bytes) -> tuple[Mapping[str, str], bytes]:
    """Headers and body of an error. `request` is the body of the call that gets it."""
    request_id = str(uuid.uuid4())
    text = f"{code}, injected by a test"
    match service:
        case "s3":
            body = (
                '<?xml version="1.0" encoding="UTF-8"?>\n'
                f"<Error><Code>{escape(code)}</Code><Message>{escape(text)}</Message>"
                f"<RequestId>{request_id}</RequestId></Error>"
            )
            return {"Content-Type": "application/xml", "x-amz-request-id": request_id}, body.encode()
        case "sns":
            body = (
                '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
                f"<Error><Type>Receiver</Type><Code>{escape(code)}</Code><Message>{escape(text)}</Message></Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            return {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body.encode()
        case _:
            content: dict[str, object] = {"__type": f"com.amazonaws.{service}#{code}", "message": text}
            if code == "TransactionCanceledException":
                # The first item is the one that another transaction holds; the others had no objection.
                items = len(json.loads(request)["TransactItems"])
                content["CancellationReasons"] = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (items - 1)]
            headers = {
                "Content-Type": _JSON_TYPES.get(service, "application/x-amz-json-1.0"),
                "x-amzn-RequestId": request_id,
            }
            return headers, json.dumps(content).encode()
