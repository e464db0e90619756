"""An image of this machine's own Terraform and providers, in the shape of Terraform's public one."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from local.errors import LocalError
from local.images import engine
from local.provider_mirror import REGISTRY, find_mirror
from local.steps import step

NAME = "gazette-terraform:local"
_DOCKERFILE = "FROM scratch\nCOPY . /\n"


def make(log: Path) -> str:
    """Builds the image, and gives its name.

    Raises:
        LocalError: the machine has no Terraform, or no copy of the providers.
    """
    binary = shutil.which("terraform")
    mirror = find_mirror()
    if not binary or not mirror:
        missing = "a mirror of its providers" if binary else "a terraform on PATH"
        raise LocalError(f"The cloud's image needs {missing}, or an image with Terraform in it: TERRAFORM_IMAGE=…")
    with TemporaryDirectory() as scratch, step(NAME), log.open("a") as output:
        context = Path(scratch) / "context"
        _link(Path(binary).resolve(), context / "bin" / "terraform")
        plugins = context / "usr" / "share" / "terraform" / "plugins"
        for directory, _, files in os.walk(mirror / REGISTRY, followlinks=True):
            for name in files:
                source = Path(directory) / name
                _link(source.resolve(), plugins / source.relative_to(mirror))
        dockerfile = Path(scratch) / "Dockerfile"
        dockerfile.write_text(_DOCKERFILE)
        engine.build(file=dockerfile, context=context, tags=[NAME], arguments={}, output=output)
    return NAME


def _link(source: Path, target: Path) -> None:
    """A provider has 700 MB: they are copied only where they cannot be linked."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
