"""Takes out of botocore's descriptions what no program reads: each client keeps its service's in memory.

    descriptions.py DIRECTORY SERVICE…     the AWS services whose descriptions botocore keeps (see prune.py)

Documentation, examples, and other services' endpoints: with the worker's five clients 9 of 66 MB, and 1.5 MB of each
image.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any


def shorten(data: Path, services: set[str]) -> None:
    """`data`: botocore's directory of that name. Raises FileNotFoundError where it is not laid out as it was."""
    prefixes = set()
    for service in sorted(services):
        for path in sorted((data / service).rglob("*.json*")):
            if path.name.startswith("examples-"):
                path.unlink()
                continue
            description = _read(path)
            if path.name.startswith("service-"):
                prefixes |= {description["metadata"]["endpointPrefix"]} if "metadata" in description else set()
                _write(path, _undocumented(description))
    endpoints = _read(data / "endpoints.json")
    for partition in endpoints["partitions"]:
        known = partition["services"]
        partition["services"] = {name: known[name] for name in sorted(prefixes & set(known))}
    _write(data / "endpoints.json", endpoints)


def _undocumented(part: Any) -> Any:
    """With nothing in the documentation's place, for botocore asks for some of it. A member of a structure may be
    called documentation, too: that is an object, and stays."""
    if isinstance(part, list):
        return [_undocumented(each) for each in part]
    if isinstance(part, dict):
        return {name: "" if _documents(name, value) else _undocumented(value) for name, value in part.items()}
    return part


def _documents(name: str, value: Any) -> bool:
    return name in ("documentation", "documentationUrl") and isinstance(value, str)


def _read(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def _write(path: Path, description: Any) -> None:
    content = json.dumps(description, separators=(",", ":")).encode()
    # Without a time in it, so that every build makes the same layer.
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


if __name__ == "__main__":
    shorten(Path(sys.argv[1], "botocore", "data"), set(sys.argv[2:]))
