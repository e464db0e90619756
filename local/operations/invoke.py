"""Calls a function by hand, as its callers do: the version that is live."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.layout import CHECKOUT
from local.operations.account import ALIAS, Account

EVENTS = CHECKOUT / "tests" / "events"


@dataclass(frozen=True)
class Answer:
    """`result` is the handler's, or Lambda's description of its error."""

    result: Any
    version: str
    failed: bool
    request_id: str


def read_event(path: Path) -> Any:
    """An event's file.

    Raises:
        LocalError: it is not there, or not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        some = ", ".join(sorted(f"tests/events/{event.name}" for event in EVENTS.glob("*.json")))
        raise LocalError(f"There is no file {path}. There are {some}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LocalError(f"{path} cannot be read: {error}.") from error
    except ValueError as error:
        raise LocalError(f"{path} is not JSON: {error}.") from error


def invoke(account: Account, key: str, event: Any) -> Answer:
    """Waits for the function's answer.

    Raises:
        LocalError: there is no such function, or it has no `live`.
    """
    client = account.client("lambda")
    name = account.function_name(key)
    try:
        answer = client.invoke(FunctionName=name, Qualifier=ALIAS, Payload=json.dumps(event).encode())
    except client.exceptions.ResourceNotFoundException as error:
        raise LocalError(
            f"There is no function {name}:{ALIAS} in {account.stage}: is it deployed, and in this region and account?"
        ) from error
    text = answer["Payload"].read().decode()
    return Answer(
        result=json.loads(text) if text else None,
        version=answer.get("ExecutedVersion", ALIAS),
        failed="FunctionError" in answer,
        request_id=answer["ResponseMetadata"].get("RequestId", ""),
    )
