"""The page's files as a browser gets them, from a server on a real port."""

import gzip
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.page.server import PageServer

OUTPUTS = {
    "api_url": "http://127.0.0.1:4566/restapis/a/v1/_user_request_",
    "endpoint_url": "http://127.0.0.1:4566",
    "sign_in_url": "http://127.0.0.1:4568",
    "user_pool_client_id": "client",
    "rekognition_endpoint_url": "http://127.0.0.1:1",
}
POLICY = "connect-src 'self' {api_origin} {uploads_origin} {sign_in_origin}; img-src {media_origin}"
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
SCRIPT = "export const a = 1;\n" * 100


@dataclass(frozen=True)
class Answer:
    """A response with its body read."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Site:
    """A running server and what it serves."""

    port: int
    files: Path
    outputs: Path

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request, its path sent as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return answer

    def up(self, **changed: Any) -> None:
        """What `make up` leaves at its end."""
        self.outputs.write_text(json.dumps(OUTPUTS | changed))


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], Site]]:
    """Starts servers; all are closed at the end."""
    servers: list[PageServer] = []

    def start(directory: Path) -> Site:
        files = directory / "web"
        for name, text in {
            "index.html": "<!doctype html><title>Gazette</title>",
            "style.css": "a { color: red }",
            "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "js/app.js": SCRIPT,
            "js/small.js": "1;\n",
            "vendor/LICENSES.txt": "BSD",
            "README.md": "for developers",
            "js/.app.js.swp": "an editor's",
            ".hidden/app.js": "nobody's",
            "program.py": "print()",
            "security_headers.json": json.dumps(HEADERS),
        }.items():
            (files / name).parent.mkdir(parents=True, exist_ok=True)
            (files / name).write_text(text)
        (directory / "secret.txt").write_text("outside")
        (files / "link.txt").symlink_to(directory / "secret.txt")
        (files / "up").symlink_to(directory)
        server = PageServer(("127.0.0.1", 0), files, directory / "outputs.json")
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return Site(server.server_port, files, directory / "outputs.json")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site(serve: Callable[[Path], Site], tmp_path: Path) -> Site:
    """A page whose cloud is not up."""
    return serve(tmp_path)


@pytest.fixture(scope="module")
def shared(serve: Callable[[Path], Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A page that no test changes; its cloud is up."""
    made = serve(tmp_path_factory.mktemp("page"))
    made.up()
    return made


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/?code=1&state=2", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/js/app.js", "text/javascript; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/vendor/LICENSES.txt", "text/plain; charset=utf-8"),
        ("/config.json", "application/json"),
    ],
)
def test_every_file_has_its_type_and_is_asked_for_again_each_time(shared: Site, path: str, content_type: str) -> None:
    answer = shared.ask(path)

    assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert int(answer.headers["Content-Length"]) == len(answer.body) > 0


def test_what_a_browser_has_is_not_sent_again(site: Site) -> None:
    first = site.ask("/js/app.js")

    again = site.ask("/js/app.js", If_None_Match=f'"other", {first.headers["ETag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Content-Length" not in again.headers
    assert site.ask("/js/app.js", If_None_Match="*").status == 304

    (site.files / "js" / "app.js").write_text(SCRIPT.replace("1", "2"))
    changed = site.ask("/js/app.js", If_None_Match=first.headers["ETag"])
    assert (changed.status, changed.body[:19]) == (200, b"export const a = 2;")


@pytest.mark.parametrize("offered", ["gzip", "br, GZIP;q=0.5", "deflate, gzip ; q=1"])
def test_gzip_for_who_takes_it(shared: Site, offered: str) -> None:
    plain, small = shared.ask("/js/app.js"), shared.ask("/js/app.js", Accept_Encoding=offered)

    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body == SCRIPT.encode()
    assert len(small.body) < len(plain.body) / 5
    assert small.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert shared.ask("/js/app.js", Accept_Encoding=offered, If_None_Match=small.headers["ETag"]).status == 304


@pytest.mark.parametrize("offered", ["", "br", "gzip;q=0", "gzip; q=0.0"])
def test_no_gzip_for_who_does_not(shared: Site, offered: str) -> None:
    assert "Content-Encoding" not in shared.ask("/js/app.js", Accept_Encoding=offered).headers


def test_small_files_stay_as_they_are(shared: Site) -> None:
    assert "Content-Encoding" not in shared.ask("/js/small.js", Accept_Encoding="gzip").headers


@pytest.mark.parametrize("path", ["/", "/js/app.js", "/config.json", "/missing"])
def test_head_says_what_get_says(shared: Site, path: str) -> None:
    got, head = shared.ask(path), shared.ask(path, "HEAD")

    assert head.body == b""
    assert (head.status, {**head.headers, "Date": ""}) == (got.status, {**got.headers, "Date": ""})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(shared: Site, method: str) -> None:
    answer = shared.ask("/", method)

    assert (answer.status, answer.headers["Allow"], answer.body) == (405, "GET, HEAD", b"GET and HEAD only.\n")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/missing.js", "/js", "/js/", "/js//app.js", "/js/app.js/", "/INDEX.HTML",
        "/README.md", "/program.py", "/security_headers.json", "/./security_headers.json", "/%73ecurity_headers.json",
        "/js/.app.js.swp", "/.hidden/app.js", "/link.txt", "/up/secret.txt", "/up/web/index.html",
        "/../secret.txt", "/js/../../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt", "/....//secret.txt", "/%252e%252e/secret.txt", "/index.html%00.js", "/%00", "/%ff", "/%",
        "//127.0.0.1/secret.txt", "http://127.0.0.1/index.html", "*", "/outputs.json", "/../outputs.json",
    ],
)  # fmt: skip
def test_nothing_else_is_served(shared: Site, path: str) -> None:
    answer = shared.ask(path)

    assert (answer.status, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert answer.body == b"There is no such file.\n"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@given(
    parts=st.lists(
        st.sampled_from(
            ["..", ".", "", "js", "web", "up", "secret.txt", "index.html", "app.js", "%2e%2e", "outputs.json"]
        )
        | st.text(max_size=4).map(lambda text: quote(text, safe="")),
        max_size=6,
    ),
    separator=st.sampled_from(["/", "%2f", "%5c", "//"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_path_leads_out(shared: Site, parts: list[str], separator: str) -> None:
    path = "/" + separator.join(parts)

    answer = shared.ask(path)

    assert answer.status in (200, 404)
    assert b"outside" not in answer.body
    assert b"4566" not in answer.body


def test_the_configuration_is_what_up_left(shared: Site) -> None:
    assert json.loads(shared.ask("/config.json?v=1").body) == {
        "api_url": OUTPUTS["api_url"],
        "sign_in_url": OUTPUTS["sign_in_url"],
        "client_id": "client",
    }


@pytest.mark.parametrize("left", [None, "", "[]", '{"api_url": "http://127.0.0.1:1"}'])
def test_before_up_is_through_the_configuration_is_a_sentence(site: Site, left: str | None) -> None:
    if left is not None:
        site.outputs.write_text(left)

    answer = site.ask("/config.json")

    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert answer.body.decode() == "The local cloud is not up yet: `make up` has to be through first.\n"


def test_the_headers_follow_what_is_up(site: Site) -> None:
    policy = "Content-Security-Policy"
    assert site.ask("/").headers[policy] == "connect-src 'self'; img-src"

    site.up()
    here, there = "http://127.0.0.1:4566", "http://127.0.0.1:4568"
    assert site.ask("/").headers[policy] == f"connect-src 'self' {here} {here} {there}; img-src {here}"

    site.up(sign_in_url=None)
    assert site.ask("/js/app.js").headers[policy] == f"connect-src 'self' {here} {here}; img-src {here}"
    assert site.ask("/").headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_that_is_not_written_yet_is_404(site: Site) -> None:
    for name in ("index.html", "security_headers.json"):
        (site.files / name).unlink()

    assert site.ask("/").status == 404


def test_a_connection_serves_many_requests(shared: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=5)
    for path in ("/", "/js/app.js", "/config.json") * 3:
        connection.request("GET", path)
        response = connection.getresponse()
        assert (response.status, len(response.read()) > 0, response.will_close) == (200, True, False)
    connection.close()
