"""No tracked file holds a secret: keys of well-known services, private keys, passwords, text that is too random to be
anything else."""

import hashlib
import json
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from hashlib import sha512
from pathlib import Path

import pytest
import yaml

from local.layout import CHECKOUT
from tests import scans

KNOWN = CHECKOUT / "tests" / "not_secret.yaml"
# Names: of articles and images (ULIDs), of secrets in AWS (ARNs). And what locks of packages are made of.
NAMES = r"^(?:/?(?:dev/)?articles/)?01[0-9A-HJKMNP-TV-Z]{24}(?:\\n)?$|^arn:aws:secretsmanager:[^ ]*$"
HASHES = r"^\s*--hash=sha256:[0-9a-f]{64}( \\)?$"


@dataclass(frozen=True)
class Finding:
    """Something that looks like a secret; `digest` is the SHA-1 of it, which is all that the scanner gives away."""

    path: str
    line: int
    kind: str
    digest: str


@dataclass(frozen=True)
class Known:
    """A value that is none, in these files; in all where none are named."""

    value: str
    why: str
    files: tuple[str, ...]

    def covers(self, finding: Finding) -> bool:
        digest = hashlib.sha1(self.value.encode()).hexdigest()  # noqa: S324 - as the scanner writes them
        return digest == finding.digest and any(fnmatch(finding.path, pattern) for pattern in self.files or ("*",))


@pytest.fixture(scope="module")
def scanner() -> Path:
    return scans.install("secrets") / "detect-secrets"


@pytest.fixture(scope="module")
def known() -> list[Known]:
    return [
        Known(value, entry["why"], tuple(entry.get("files", ())))
        for entry in yaml.safe_load(KNOWN.read_text())
        for value in entry["values"]
    ]


@pytest.fixture(scope="module")
def findings(scanner: Path) -> list[Finding]:
    if not shutil.which("git") or not (CHECKOUT / ".git").exists():
        pytest.skip("not a checkout of git: nothing says which files are tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    paths = [path for path in listed.stdout.split("\0") if path and (CHECKOUT / path).is_file()]
    assert len(paths) > 300
    return found(scanner, CHECKOUT, [path for path in paths if CHECKOUT / path != KNOWN])


def found(scanner: Path, root: Path, paths: Sequence[str]) -> list[Finding]:
    """What the scanner finds in these files. It verifies nothing by calling the service that a key might be of."""
    done = subprocess.run(
        [scanner, "scan", "--no-verify", "--exclude-secrets", NAMES, "--exclude-lines", HASHES, *paths],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [
        Finding(path, one["line_number"], one["type"], one["hashed_secret"])
        for path, some in json.loads(done.stdout)["results"].items()
        for one in some
    ]


def test_no_tracked_file_holds_a_secret(findings: list[Finding], known: list[Known]) -> None:
    unknown = [finding for finding in findings if not any(one.covers(finding) for one in known)]

    assert [f"{one.path}:{one.line}: {one.kind}" for one in unknown] == []


def test_every_value_that_is_let_through_is_still_there(findings: list[Finding], known: list[Known]) -> None:
    assert [one.value for one in known if not any(one.covers(finding) for finding in findings)] == []


def test_every_value_that_is_let_through_says_why(known: list[Known]) -> None:
    assert all(len(one.why.split()) > 3 for one in known)


# Made when the test runs, or this file would hold them.
RANDOM = "".join(letter for letter in b64encode(sha512(b"gazette").digest()).decode() if letter.isalnum())
PLANTED = [
    ("AWS Access Key", "key_id = '{}{}'".format("AKIA", RANDOM[:16].upper())),
    ("Private Key", "-----BEGIN {} PRIVATE KEY-----".format("RSA")),
    ("Secret Keyword", "database_{} = '{}'".format("password", RANDOM[:10])),
    ("GitHub Token", "ghp_" + RANDOM[:36]),
    ("Base64 High Entropy String", f"value = '{RANDOM[:40]}'"),
    ("Basic Auth Credentials", f"https://deployer:{RANDOM[:12]}@registry.example/"),
]


@pytest.mark.parametrize(("kind", "text"), PLANTED, ids=[kind for kind, _ in PLANTED])
def test_a_planted_secret_is_found(scanner: Path, known: list[Known], tmp_path: Path, kind: str, text: str) -> None:
    (tmp_path / "settings.py").write_text(f"# nothing to see here\n{text}\n")

    caught = found(scanner, tmp_path, ["settings.py"])

    assert kind in {finding.kind for finding in caught}
    assert not any(one.covers(finding) for finding in caught for one in known)
