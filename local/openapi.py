"""Makes services/api/openapi.json of openapi.yaml: `python -m local.openapi`.

The API serves it, and is spared a parser of YAML.
"""

import json

import yaml

from local.layout import SERVICES

SOURCE = SERVICES / "api" / "openapi.yaml"
DOCUMENT = SERVICES / "api" / "openapi.json"


def rendered() -> str:
    return json.dumps(yaml.safe_load(SOURCE.read_text("utf-8")), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(rendered(), "utf-8")
