"""The Docker engine of this machine, and the client that can build on it."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from local.errors import LocalError

_LAST_WITH_BUILDKIT_INSIDE = 22  # clients from version 23 on leave building to the buildx plugin


@cache
def client() -> str:
    """The path of a Docker client that builds with BuildKit.

    A newer client may stand ahead of a distribution's own on PATH and lack its buildx plugin: all of them are asked.

    Raises:
        LocalError: there is no client, no engine behind it, or none that can build.
    """
    found = list(_clients(os.environ.get("PATH", "")))
    if not found:
        raise LocalError("Docker is missing: install it, or go without by RUNTIME=process.")
    for candidate in found:
        if _can_build(candidate):
            break
    else:
        raise LocalError(f"{found[0]} cannot build: install its buildx plugin.")
    # Not `info`: where no engine answers, its last word is about the template, not about the engine.
    asked = subprocess.run(
        [candidate, "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, check=False
    )
    if asked.returncode or not asked.stdout.strip():
        raise LocalError(f"No Docker engine answers: {(asked.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return candidate


def _clients(path: str) -> Iterable[str]:
    for directory in path.split(os.pathsep):
        candidate = shutil.which("docker", path=directory)
        if candidate:
            yield candidate


def _can_build(candidate: str) -> bool:
    if has_buildx(candidate):
        return True
    asked = subprocess.run(
        [candidate, "version", "--format", "{{.Client.Version}}"], capture_output=True, text=True, check=False
    )
    major = asked.stdout.strip().split(".")[0]
    return major.isdigit() and int(major) <= _LAST_WITH_BUILDKIT_INSIDE


@cache
def has_buildx(candidate: str) -> bool:
    """Whether the client's buildx plugin is there."""
    return subprocess.run([candidate, "buildx", "version"], capture_output=True, check=False).returncode == 0


def image_exists(name: str) -> bool:
    """Whether the engine holds the image."""
    return subprocess.run([client(), "image", "inspect", name], capture_output=True, check=False).returncode == 0


def label(image: str, name: str) -> str | None:
    """An image's label; None where image or label is missing."""
    asked = subprocess.run(
        [client(), "image", "inspect", "--format", f'{{{{index .Config.Labels "{name}"}}}}', image],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or None


def image_id(image: str) -> str:
    """The id of an image that the engine holds: `sha256:…`"""
    asked = subprocess.run(
        [client(), "image", "inspect", "--format", "{{.Id}}", image], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def tag(image: str, name: str) -> None:
    """Gives an image that the engine holds another name."""
    subprocess.run([client(), "image", "tag", image, name], capture_output=True, check=True)


def remove_image(name: str) -> None:
    """Removes an image where there is one."""
    subprocess.run([client(), "image", "rm", "--force", name], capture_output=True, check=False)


def pull(name: str, platform: str) -> str | None:
    """Pulls an image; gives the reason, in one line, where that is not possible."""
    done = subprocess.run(
        [client(), "pull", "--quiet", "--platform", platform, name], capture_output=True, text=True, check=False
    )
    return (done.stderr.strip().splitlines() or ["no reason given"])[-1] if done.returncode else None


def build(
    *,
    file: Path,
    context: Path,
    tags: Sequence[str],
    arguments: Mapping[str, str],
    platform: str | None = None,
    target: str | None = None,
    secrets: Mapping[str, Path] | None = None,
    labels: Mapping[str, str] | None = None,
    output: IO[str] | None = None,
) -> None:
    """Builds one image with BuildKit, as one manifest: Lambda refuses the index that attestations make of it.

    Raises:
        LocalError: the build failed; BuildKit has said why on `output` (stderr where not given).
    """
    docker = client()
    command = [docker, "build"]
    if has_buildx(docker):
        command = [docker, "buildx", "build", "--load", "--provenance=false", "--sbom=false"]
    command += ["--file", str(file), *(f"--tag={tag}" for tag in tags)]
    command += [f"--build-arg={name}={value}" for name, value in arguments.items()]
    command += [f"--secret=id={name},src={path}" for name, path in (secrets or {}).items()]
    command += [f"--label={name}={value}" for name, value in (labels or {}).items()]
    command += [f"--platform={platform}"] if platform else []
    command += [f"--target={target}"] if target else []
    done = subprocess.run(
        [*command, "--progress=plain", str(context)],
        env={**os.environ, "DOCKER_BUILDKIT": "1"},
        stdout=output,
        stderr=output,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"{tags[0]} could not be built: BuildKit's last lines say why.")
