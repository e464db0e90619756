"""Files that other processes read while we write them."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """Writes JSON so that a reader finds the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    Path(name).replace(path)


def read_json(path: Path) -> Any:
    """The file's content; None where it is missing or is not JSON."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def fingerprint(files: Iterable[Path], *more: str) -> str:
    """A hash over the files' names and contents and the other strings, whatever order the files come in."""
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file}\0{len(content)}\0".encode())
        digest.update(content)
    for item in more:
        digest.update(f"\0{item}".encode())
    return digest.hexdigest()
