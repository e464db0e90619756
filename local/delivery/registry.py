"""The registry's data plane: what is behind a tag, by the protocol that ECR and every other registry speak.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import base64
import hashlib
import ipaddress
import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from local.errors import LocalError
from local.images import engine

OVERRIDE = "GAZETTE_REGISTRY"
# One image for one platform. Lambda takes no others.
SINGLE = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json")
INDEXES = ("application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json")


@dataclass(frozen=True)
class Registry:
    """A registry's host, and what to sign in with; no user name for one that lets everybody in."""

    host: str
    username: str = ""
    password: str = ""

    def digest(self, repository: str, tag: str) -> str | None:
        """The digest (`sha256:…`) of the image behind a tag; None where there is none.

        Raises:
            LocalError: the registry refuses, does not answer, or holds something that Lambda would not take.
        """
        manifest = self._manifest(repository, tag)
        if manifest is None:
            return None
        media_type = json.loads(manifest).get("mediaType", SINGLE[1])
        if media_type not in SINGLE:
            raise LocalError(f"{repository}:{tag} is {media_type}: Lambda takes a single manifest only.")
        return f"sha256:{hashlib.sha256(manifest).hexdigest()}"

    def _manifest(self, repository: str, tag: str) -> bytes | None:
        scheme = "http" if self._is_local() else "https"
        request = urllib.request.Request(f"{scheme}://{self.host}/v2/{repository}/manifests/{tag}")
        request.add_header("Accept", ", ".join(SINGLE + INDEXES))
        if self.username:
            secret = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {secret}")
        # No proxy stands between a machine and itself.
        handlers = [urllib.request.ProxyHandler({})] if self._is_local() else []
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=30) as response:
                content: bytes = response.read()
                return content
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise LocalError(f"The registry {self.host} refuses to show {repository}:{tag}: {error}.") from error
        except OSError as error:
            raise LocalError(f"The registry {self.host} does not answer: {error}.") from error

    def _is_local(self) -> bool:
        """Docker itself speaks plain HTTP to the loopback interface, and to nothing else unless it is told to."""
        name = self.host.rpartition(":")[0] or self.host
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"

    def push(self, image: str, repository: str, tag: str, log: Any) -> str:
        """Pushes a local image and gives the digest that the registry then has for it. Leaves no tag of the registry's
        name, and no password, behind.

        Raises:
            LocalError: the push failed.
        """
        target = f"{self.host}/{repository}:{tag}"
        docker = engine.client()
        with self._signed_in(docker) as environment:
            try:
                subprocess.run([docker, "tag", image, target], stdout=log, stderr=log, check=True)
                pushed = subprocess.run([docker, "push", target], stdout=log, stderr=log, env=environment, check=False)
            finally:
                engine.remove_image(target)
        digest = self.digest(repository, tag)
        # A push that is refused because somebody else was faster has its image there: tags can't be moved.
        if digest is None:
            raise LocalError(f"{target} could not be pushed (exit status {pushed.returncode}).")
        return digest

    @contextmanager
    def _signed_in(self, docker: str) -> Iterator[dict[str, str]]:
        if not self.username:
            yield dict(os.environ)
            return
        with TemporaryDirectory() as directory:
            environment = {**os.environ, "DOCKER_CONFIG": directory, "DOCKER_HOST": _engine_address(docker)}
            signed_in = subprocess.run(
                [docker, "login", "--username", self.username, "--password-stdin", self.host],
                input=self.password, text=True, capture_output=True, env=environment, check=False,
            )  # fmt: skip
            if signed_in.returncode:
                raise LocalError(f"docker login {self.host} failed: {signed_in.stderr.strip()}")
            yield environment


def _engine_address(docker: str) -> str:
    """Where the engine is that the developer's own client configuration names: an empty one would forget it."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    shown = subprocess.run(
        [docker, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return shown.stdout.strip() or "unix:///var/run/docker.sock"


def data_plane(repository_url: str, ecr: Any) -> tuple[Registry, str]:
    """The registry that a repository of ECR is pushed to and pulled from, and the repository's name in it.

    $GAZETTE_REGISTRY names another one, which asks for no password: an emulator of AWS has ECR's control plane only.

    Raises:
        LocalError: ECR gives no password.
    """
    host, _, name = repository_url.partition("/")
    override = os.environ.get(OVERRIDE)
    if override:
        return Registry(override), name
    given = ecr.get_authorization_token()["authorizationData"]
    if not given:
        raise LocalError("ECR gives no authorization token.")
    username, _, password = base64.b64decode(given[0]["authorizationToken"]).decode().partition(":")
    return Registry(host, username, password), name
