"""The routes of openapi.yaml, and what each of them does with a token."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

import api

DOCUMENT: Any = yaml.safe_load((Path(api.__file__).parent / "openapi.yaml").read_text("utf-8"))


class Token(Enum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    UNUSED = "unused"


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    token: Token

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _token(security: list[dict[str, Any]]) -> Token:
    if not security:
        return Token.UNUSED
    return Token.OPTIONAL if {} in security else Token.REQUIRED


ROUTES = [
    Route(method.upper(), path, _token(operation["security"]))
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in ("get", "put", "post", "delete", "patch", "head", "options", "trace")
]
