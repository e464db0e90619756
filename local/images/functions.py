"""The images of the functions, and of the cloud that docker/compose.yaml runs them in."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.delivery.content import content_tag
from local.errors import LocalError
from local.images import base, engine, site, terraform
from local.images.architecture import PLATFORMS, of_this_machine
from local.layout import CHECKOUT
from local.steps import step

AWS_BASE = "public.ecr.aws/lambda/python:3.13"
FUNCTIONS = ("api", "image_worker")
CLOUD = "cloud"
TERRAFORM_IMAGE = "hashicorp/terraform:1.11.4"  # the default of docker/cloud.Dockerfile
INPUTS = "gazette.inputs"
"""A label: what the image was made of."""


def name_of(image: str, tag: str = "latest") -> str:
    """`gazette-api:latest`"""
    return f"gazette-{image}:{tag}"


def base_image(architecture: str, log: Path) -> dict[str, str]:
    """The build arguments that name the base: $BASE_IMAGE, or AWS's own where it is there or can be pulled, or the one
    that is built here. Says in one line when it is the last."""
    given = os.environ.get("BASE_IMAGE")
    if given in (base.BASE, None, ""):
        if not given:
            if engine.image_exists(AWS_BASE):
                return {"BASE_IMAGE": AWS_BASE}
            reason = engine.pull(AWS_BASE, PLATFORMS[architecture])
            if reason is None:
                return {"BASE_IMAGE": AWS_BASE}
            if architecture != of_this_machine():
                raise LocalError(f"{AWS_BASE} cannot be pulled ({reason}), and {base.BASE} is for this machine alone.")
            print(f"  {AWS_BASE} cannot be pulled ({reason}): going on with {base.BASE}", flush=True)
        base.make(log)
        return {"BASE_IMAGE": base.BASE, "BUILD_IMAGE": base.BUILD}
    return {"BASE_IMAGE": given}


def terraform_image(architecture: str, log: Path) -> dict[str, str]:
    """The build argument that names an image with Terraform in it: $TERRAFORM_IMAGE, or Terraform's own where it is
    there or can be pulled, or one of the same shape, made of what this machine has. Says in one line when it is the
    last."""
    given = os.environ.get("TERRAFORM_IMAGE")
    if given:
        return {"TERRAFORM_IMAGE": given}
    if engine.image_exists(TERRAFORM_IMAGE):
        return {}
    reason = engine.pull(TERRAFORM_IMAGE, PLATFORMS[architecture])
    if reason is None:
        return {}
    print(f"  {TERRAFORM_IMAGE} cannot be pulled ({reason}): going on with this machine's Terraform", flush=True)
    return {"TERRAFORM_IMAGE": terraform.make(log)}


def inputs(image: str) -> str:
    """Names everything in this checkout that the image is made of, whatever base it is built on."""
    return content_tag(CHECKOUT, CHECKOUT / "docker" / f"{image}.Dockerfile", {}, of_this_machine())


def deployed(log: Path) -> dict[str, str]:
    """The functions' images by their ids, which no build changes. Builds those that are missing or out of date."""
    stale = [image for image in FUNCTIONS if engine.label(name_of(image), INPUTS) != inputs(image)]
    if stale:
        build(stale, log)
    return {image: engine.image_id(name_of(image)) for image in FUNCTIONS}


def build(
    images: Sequence[str],
    log: Path,
    architecture: str | None = None,
    tag: str = "latest",
    bases: Mapping[str, str] | None = None,
) -> list[str]:
    """Builds the images of docker/<image>.Dockerfile for one architecture, and gives their names. `bases` are the build
    arguments that name what they build on, where that is decided already.

    Raises:
        LocalError: a build failed; the log says why.
    """
    architecture = architecture or of_this_machine()
    arguments = dict(bases) if bases is not None else base_image(architecture, log)
    if CLOUD in images:
        arguments |= terraform_image(architecture, log)
    names = []
    with site.secrets() as secrets:
        for image in images:
            name = name_of(image, tag)
            with step(name), log.open("a") as output:
                engine.build(
                    file=CHECKOUT / "docker" / f"{image}.Dockerfile",
                    context=CHECKOUT,
                    tags=[name],
                    arguments=arguments,
                    platform=PLATFORMS[architecture],
                    secrets=secrets,
                    labels={INPUTS: inputs(image)} if image in FUNCTIONS else {},
                    output=output,
                )
            names.append(name)
    return names
