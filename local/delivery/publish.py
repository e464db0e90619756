"""Puts the functions' images into the registry, where they are not there already, and gives their digests."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.delivery.content import content_tag
from local.delivery.registry import Registry
from local.errors import LocalError
from local.images import engine, functions, sbom
from local.images.architecture import PLATFORMS
from local.layout import CHECKOUT, Layout
from local.steps import step


@dataclass(frozen=True)
class Published:
    """An image in the registry: `reference` is `repository@sha256:…`, `tag` names its content; `contents` lists what is
    in it, where it was built just now."""

    reference: str
    tag: str
    contents: Path | None = None


@dataclass(frozen=True)
class Base:
    """An image to build on, as it is now: `reference` names this one and no other, whatever its tag is moved to;
    `digest` is what it was pulled by, or its id where it was built on this machine."""

    reference: str
    digest: str


@dataclass(frozen=True)
class Publication:
    """The images in the registry, and the bases that they were built on, by build argument."""

    images: Mapping[str, Published]
    bases: Mapping[str, str]


def publish(repositories: Mapping[str, tuple[Registry, str]], architecture: str, layout: Layout) -> Publication:
    """Takes where each image belongs; builds and pushes those whose content no tag of the registry names yet.

    Raises:
        LocalError: no engine, a failed build, a registry that refuses.
    """
    log = layout.log("delivery")
    with step("what the images are made of"):
        arguments = functions.base_image(architecture, log)
        bases = {name: base(image, architecture) for name, image in arguments.items()}
        digests = {name: found.digest for name, found in bases.items()}
        references = {name: found.reference for name, found in bases.items()}
        tags = {
            image: content_tag(CHECKOUT, CHECKOUT / "docker" / f"{image}.Dockerfile", digests, architecture)
            for image in repositories
        }
    for name, reference in references.items():
        print(f"  {name} {reference}", flush=True)
    published = {}
    for image, (registry, repository) in repositories.items():
        tag = tags[image]
        contents = None
        digest = registry.digest(repository, tag)
        if digest is None:
            [built] = functions.build([image], log, architecture, tag, references)
            contents = sbom.path_of(layout, image)
            with step(f"what is in {repository}:{tag[:12]}…"):
                sbom.write(built, contents, log)
            with step(f"push {repository}:{tag[:12]}…"), log.open("a") as output:
                digest = registry.push(built, repository, tag, output)
            engine.remove_image(built)  # the build's cache stays; names of every content that ever was would not help
        else:
            print(
                f"  {repository}:{tag[:12]}… is in the registry already: nothing to build, nothing to push", flush=True
            )
        published[image] = Published(f"{registry.host}/{repository}@{digest}", tag, contents)
    return Publication(published, references)


def base(image: str, architecture: str) -> Base:
    """What a base image's name stands for now.

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
    for reference in json.loads(pulled) or []:
        if reference.startswith(f"{repository}@"):
            return Base(reference, reference.partition("@")[2])
    # No registry has it, so there is no digest to build from: a tag of its own, which is moved by nobody, stands in.
    reference = f"{repository}:{identity.partition(':')[2]}"
    engine.tag(identity, reference)
    return Base(reference, identity)
