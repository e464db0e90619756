"""What a build must know of the site that it runs on, and that no image may hold: certificates, package indexes."""

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_INDEX_SETTINGS = ("index-url", "extra-index-url", "trusted-host")


@contextmanager
def secrets() -> Iterator[dict[str, Path]]:
    """The build secrets `ca` and `pip`, where this machine has anything to say: files by the secret's id."""
    with TemporaryDirectory() as scratch:
        given = {}
        bundle = ca_bundle()
        if bundle:
            given["ca"] = bundle
        shown = subprocess.run(
            [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
        )
        configuration = pip_configuration(shown.stdout)
        if configuration:
            given["pip"] = Path(scratch) / "pip.conf"
            given["pip"].write_text(configuration)
        yield given


def ca_bundle() -> Path | None:
    """The certificates that this machine trusts: a site whose proxy opens TLS has added its own."""
    for place in (os.environ.get("SSL_CERT_FILE"), os.environ.get("PIP_CERT"), ssl.get_default_verify_paths().cafile):
        if place and Path(place).is_file():
            return Path(place)
    usual = Path("/etc/ssl/certs/ca-certificates.crt")
    return usual if usual.is_file() else None


def pip_configuration(listed: str) -> str:
    """What `pip config list` printed, as a pip.conf of the indexes alone. Those of this machine's own disk are left
    out: a build cannot reach them."""
    lines = []
    for line in listed.splitlines():
        found = re.match(r"(?:global|install|user|site|:env:)\.([a-z-]+)='(.*)'$", line.strip())
        if found and found.group(1) in _INDEX_SETTINGS:
            values = [
                value for value in found.group(2).replace("\\n", " ").split() if not value.startswith(("file:", "/"))
            ]
            if values:
                lines.append(f"{found.group(1)} = {' '.join(values)}\n")
    return "[global]\n" + "".join(lines) if lines else ""
