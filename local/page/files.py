"""What of a folder is served, as what, and when a browser has it already."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

# As in terraform/modules/web_page: a file that it has no type for is to be missed here, before a deploy.
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
INDEX: Final = "index.html"
# Is for those who serve the page, not for those who load it.
KEPT_BACK: Final = "security_headers.json"
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html: smaller ones stay as
# they are. Its list of types has all of the above but this one.
_LEAST_TO_COMPRESS: Final = 1000  # bytes
_NOT_COMPRESSED: Final = "image/png"


@dataclass(frozen=True)
class Content:
    """An answer's body and what is said about it."""

    body: bytes
    type: str

    @cached_property
    def etag(self) -> str:
        """Differs when a byte differs."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    def compressed(self) -> bytes | None:
        """The body in gzip; None where CloudFront would not compress it."""
        if len(self.body) < _LEAST_TO_COMPRESS or self.type == _NOT_COMPRESSED:
            return None
        return _gzip(self.body)

    def is_known(self, if_none_match: str) -> bool:
        """Whether a browser that sends this header has the content already."""
        tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        return self.etag in tags or "*" in tags


def served(root: Path) -> dict[str, Path]:
    """Every file that is served, by its path in the page, such as js/app.js."""
    found = {file.relative_to(root).as_posix(): file for file in root.rglob("*")}
    return {name: file for name, file in found.items() if _is_served(file, name)}


def find(root: Path, path: str) -> Content | None:
    """The file at a decoded path such as /js/app.js; None where none is served there.

    The path is only looked up in the list of what is served, so none leads to anything else.
    """
    file = served(root).get(path.removeprefix("/") or INDEX)
    try:
        return Content(file.read_bytes(), TYPES[file.suffix]) if file else None
    except OSError:  # an editor has just replaced it
        return None


def _is_served(file: Path, name: str) -> bool:
    is_hidden = any(part.startswith(".") for part in name.split("/"))
    return file.suffix in TYPES and name != KEPT_BACK and not is_hidden and not file.is_symlink() and file.is_file()


@lru_cache(maxsize=64)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)
