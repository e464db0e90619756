"""What the registry says is behind a tag."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.delivery.registry import INDEXES, OVERRIDE, SINGLE, Registry, data_plane
from local.errors import LocalError


def manifest(media_type: str) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": media_type}).encode()


MANIFESTS = {"single": manifest(SINGLE[0]), "oci": manifest(SINGLE[1]), "index": manifest(INDEXES[1])}


class Api(BaseHTTPRequestHandler):
    """A registry with one repository; `private` wants a password."""

    def do_GET(self) -> None:
        *_, repository, kind, tag = self.path.split("/")
        assert kind == "manifests"
        wanted = f"Basic {base64.b64encode(b'AWS:secret').decode()}"
        if repository == "private" and self.headers["Authorization"] != wanted:
            self.send_error(401)
        elif tag not in MANIFESTS:
            self.send_error(404)
        else:
            assert SINGLE[1] in self.headers["Accept"]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(MANIFESTS[tag])

    def log_message(self, *_args: Any) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("tag", ["single", "oci"])
def test_a_digest_is_that_of_the_manifests_own_bytes(host: str, tag: str) -> None:
    expected = f"sha256:{hashlib.sha256(MANIFESTS[tag]).hexdigest()}"

    assert Registry(host).digest("gazette/api", tag) == expected


def test_a_tag_that_nobody_pushed_has_no_digest(host: str) -> None:
    assert Registry(host).digest("gazette/api", "unknown") is None


def test_an_index_is_refused_as_lambda_would_refuse_it(host: str) -> None:
    with pytest.raises(LocalError, match="Lambda takes a single manifest only"):
        Registry(host).digest("gazette/api", "index")


def test_a_password_opens_a_private_repository(host: str) -> None:
    assert Registry(host, "AWS", "secret").digest("private", "single")
    with pytest.raises(LocalError, match=r"refuses to show private:single: .*401"):
        Registry(host).digest("private", "single")


def test_a_registry_that_is_not_there_is_named() -> None:
    with pytest.raises(LocalError, match=r"The registry 127\.0\.0\.1:1 does not answer"):
        Registry("127.0.0.1:1").digest("gazette/api", "single")


class Ecr:
    """ECR's control plane."""

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:secret").decode()}]}


URL = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/gazette/api"


def test_images_go_to_ecr_with_a_token_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OVERRIDE, raising=False)

    assert data_plane(URL, Ecr()) == (Registry(URL.partition("/")[0], "AWS", "secret"), "gazette/api")


def test_another_data_plane_keeps_the_repositorys_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OVERRIDE, "127.0.0.1:5100")

    assert data_plane(URL, None) == (Registry("127.0.0.1:5100"), "gazette/api")
