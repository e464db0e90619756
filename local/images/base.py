"""The base image that is built here, for sites that can pull nothing."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from local.errors import LocalError
from local.images import engine
from local.images.architecture import PLATFORMS, of_this_machine
from local.layout import CHECKOUT
from local.steps import step

BASE = "gazette-lambda-base:3.13"
BUILD = f"{BASE}-build"
_FOLDER = CHECKOUT / "docker" / "base"
_LOCKS = tuple(CHECKOUT / "requirements" / f"{name}.txt" for name in ("base", "build", "emulator"))
_INPUTS = "gazette.inputs"
_WHEELS_OF = {
    # https://peps.python.org/pep-0600/: the tags that a wheel for this glibc, or an older one, may carry
    "x86_64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
}


def make(log: Path) -> None:
    """Builds gazette-lambda-base:3.13 and its twin with pip, unless they are there and made of the same inputs.

    Raises:
        LocalError: the machine lacks something; the text says what.
    """
    wanted = _inputs()
    if all(engine.label(name, _INPUTS) == wanted for name in (BASE, BUILD)):
        return
    architecture = of_this_machine()
    root = _root_image(log)
    with TemporaryDirectory() as scratch:
        context = Path(scratch)
        for name in ("bootstrap", "lambda-entrypoint.sh"):
            shutil.copy(_FOLDER / name, context)
        with step("wheels of the runtime client"):
            _fetch(context / "wheels", architecture, log)
        with step(BASE), log.open("a") as output:
            for target, tag in (("lambda", BASE), ("build", BUILD)):
                engine.build(
                    file=_FOLDER / "Dockerfile",
                    context=context,
                    target=target,
                    tags=[tag],
                    arguments={"ROOT_IMAGE": root, "ARCHITECTURE": architecture},
                    labels={_INPUTS: wanted},
                    platform=PLATFORMS[architecture],
                    output=output,
                )


def _inputs() -> str:
    digest = hashlib.sha256()
    for path in sorted([*_FOLDER.iterdir(), *_LOCKS]):
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _root_image(log: Path) -> str:
    """The imported root file system; a second call finds it in the engine."""
    script = _FOLDER / "make-root.sh"
    name = f"gazette-debian:trixie-{hashlib.sha256(script.read_bytes()).hexdigest()[:12]}"
    if engine.image_exists(name):
        return name
    if not shutil.which("debootstrap"):
        raise LocalError("debootstrap is missing: on Debian and Ubuntu it is a package of this name.")
    if os.geteuid() != 0:
        raise LocalError("debootstrap has to be root, to make device files and enter a chroot: sudo make base-image")
    with step("root file system by debootstrap"), log.open("ab") as output:
        made = subprocess.Popen([script, mirror()], stdout=subprocess.PIPE, stderr=output)
        imported = subprocess.run(
            [engine.client(), "import", "-", name], stdin=made.stdout, stdout=output, stderr=output, check=False
        )
        if made.wait() or imported.returncode:
            engine.remove_image(name)
            raise LocalError("The root file system could not be made.", log)
    return name


def mirror() -> str:
    """The Debian mirror to bootstrap from: $DEBIAN_MIRROR, or the one that this machine's own apt uses.

    Raises:
        LocalError: apt knows none.
    """
    if os.environ.get("DEBIAN_MIRROR"):
        return os.environ["DEBIAN_MIRROR"]
    sources = Path("/etc/apt")
    for path in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))]:
        if path.is_file():
            found = debian_mirror(path.read_text())
            if found:
                return found
    raise LocalError("This machine's apt knows no Debian mirror: name one with DEBIAN_MIRROR=http://…/debian")


def debian_mirror(sources: str) -> str | None:
    """The first address of a Debian archive in an apt source list of either format."""
    for line in sources.splitlines():
        found = re.match(r"(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S+/debian)/?(?:\s|$)", line)
        if found:
            return found.group(1)
    return None


def _fetch(into: Path, architecture: str, log: Path) -> None:
    into.mkdir()
    for lock in _LOCKS:
        shutil.copy(lock, into)
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:",
            "--python-version=3.13", *(f"--platform={tag}" for tag in _WHEELS_OF[architecture]),
            f"--dest={into}", f"--requirement={lock}",
        ]  # fmt: skip
        with log.open("a") as output:
            if subprocess.run(command, stdout=output, stderr=output, check=False).returncode:
                raise LocalError(f"The packages of requirements/{lock.name} could not be fetched.", log)
