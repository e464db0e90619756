"""The headers of services/web/security_headers.json, which Terraform gives to CloudFront."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

_PLACEHOLDER: Final = re.compile(r" ?\{(\w+)\}")


def security_headers(template: Mapping[str, str], outputs: Mapping[str, Any]) -> dict[str, str]:
    """Fills the origins in. One that is not known, as before `up` is through, is left out together with its blank."""
    origins = {
        "api_origin": _origin(outputs.get("api_url")),
        # Files go to the emulator's S3, and pictures come from there: presigned addresses name it.
        "uploads_origin": _origin(outputs.get("endpoint_url")),
        "media_origin": _origin(outputs.get("endpoint_url")),
        "sign_in_origin": _origin(outputs.get("sign_in_url")),
    }

    def fill(found: re.Match[str]) -> str:
        origin = origins.get(found[1])
        return found[0].replace(f"{{{found[1]}}}", origin) if origin else ""

    return {name: _PLACEHOLDER.sub(fill, value) for name, value in template.items()}


def _origin(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
