"""Names an image by what it is made of, so that what is there already is neither built nor pushed again."""

import hashlib
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

TAG_LENGTH = 32  # hex digits: 128 bits


def content_tag(checkout: Path, dockerfile: Path, bases: Mapping[str, str], architecture: str) -> str:
    """The tag of the image: a hash over the Dockerfile, every file that it takes from the checkout, the digests of the
    images that it builds on (by build argument), and the architecture.

    Raises:
        FileNotFoundError: the Dockerfile names a file that is not there.
    """
    digest = hashlib.sha256()
    for path in inputs(checkout, dockerfile):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(checkout).as_posix()}\0{len(content)}\0".encode() + content)
    for name in sorted(bases):
        digest.update(f"\0{name}={bases[name]}".encode())
    digest.update(f"\0{architecture}".encode())
    return digest.hexdigest()[:TAG_LENGTH]


def inputs(checkout: Path, dockerfile: Path) -> list[Path]:
    """The files that the image is made of, sorted: read off the Dockerfile, so no second list can go stale."""
    found = {dockerfile}
    for source in sources(dockerfile.read_text()):
        path = checkout / source
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        elif path.is_file():
            found.add(path)
        else:
            raise FileNotFoundError(f"{dockerfile.name} takes {source} from the checkout, which is not there")
    return sorted(found)


def sources(dockerfile: str) -> Iterator[str]:
    """What a Dockerfile takes from its context: by COPY and ADD, and by bind mounts that are not another stage's."""
    lines = "\n".join(line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        instruction, _, rest = line.strip().partition(" ")
        if instruction.upper() in ("COPY", "ADD"):
            words = shlex.split(rest)
            if not any(word.startswith("--from=") for word in words):
                yield from [word for word in words if not word.startswith("--")][:-1]
        elif instruction.upper() == "RUN":
            for mount in re.findall(r"--mount=(\S+)", rest):
                options = dict(option.partition("=")[::2] for option in mount.split(","))
                if options.get("type", "bind") == "bind" and "from" not in options:
                    yield options.get("source") or options.get("src") or "."
