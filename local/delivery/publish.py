"""Puts the functions' images into the registry, where they are not there already, and gives their digests."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.delivery.content import content_tag
from local.delivery.registry import Registry
from local.errors import LocalError
from local.images import engine, functions
from local.images.architecture import PLATFORMS
from local.layout import CHECKOUT
from local.steps import step


@dataclass(frozen=True)
class Published:
    """An image in the registry: `reference` is `repository@sha256:…`, `tag` names its content."""

    reference: str
    tag: str


def publish(repositories: Mapping[str, tuple[Registry, str]], architecture: str, log: Path) -> dict[str, Published]:
    """Takes where each image belongs; builds and pushes those whose content no tag of the registry names yet.

    Raises:
        LocalError: no engine, a failed build, a registry that refuses.
    """
    with step("what the images are made of"):
        arguments = functions.base_image(architecture, log)
        bases = {name: base_digest(image, architecture) for name, image in arguments.items()}
        tags = {
            image: content_tag(CHECKOUT, CHECKOUT / "docker" / f"{image}.Dockerfile", bases, architecture)
            for image in repositories
        }
    published = {}
    for image, (registry, repository) in repositories.items():
        tag = tags[image]
        digest = registry.digest(repository, tag)
        if digest is None:
            [built] = functions.build([image], log, architecture, tag)
            with step(f"push {repository}:{tag[:12]}…"), log.open("a") as output:
                digest = registry.push(built, repository, tag, output)
            engine.remove_image(built)  # the build's cache stays; names of every content that ever was would not help
        else:
            print(
                f"  {repository}:{tag[:12]}… is in the registry already: nothing to build, nothing to push", flush=True
            )
        published[image] = Published(f"{registry.host}/{repository}@{digest}", tag)
    return published


def base_digest(image: str, architecture: str) -> str:
    """The digest that a base image was pulled by; its id where it was built on this machine.

    Raises:
        LocalError: it is neither here nor to be had.
    """
    if not engine.image_exists(image):
        reason = engine.pull(image, PLATFORMS[architecture])
        if reason:
            raise LocalError(f"The base image {image} cannot be pulled: {reason}.")
    shown = subprocess.run(
        [engine.client(), "image", "inspect", "--format", "{{json .RepoDigests}}\n{{.Id}}", image],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pulled, identity = shown.stdout.strip().split("\n")
    repository = image.partition("@")[0]
    repository = repository.rpartition(":")[0] if ":" in repository.rpartition("/")[2] else repository
    digests = [name.partition("@")[2] for name in json.loads(pulled) or [] if name.startswith(f"{repository}@")]
    return digests[0] if digests else identity
