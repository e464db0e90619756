"""The schema of what the topic image-events carries, as strict as a producer has to be."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "docs" / "image_event.schema.json").read_text(encoding="utf-8")
)


def _closed(schema: Any) -> Any:
    """The same schema with no room for fields that it does not name: consumers ignore them, we may not forget them."""
    if isinstance(schema, list):
        return [_closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(entry) for name, entry in schema.items()}
    return closed | {"additionalProperties": False} if schema.get("type") == "object" else closed


_VALIDATOR = Draft202012Validator(_closed(SCHEMA), format_checker=FormatChecker())


def check_message(message: Any) -> None:
    """Raises jsonschema's ValidationError where a message is not as docs/image_event.schema.json has it."""
    _VALIDATOR.validate(message)
