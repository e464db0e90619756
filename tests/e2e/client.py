"""A client of the API as a consumer would write it, for the end-to-end tests."""

import time
from typing import Any

import requests

PATIENCE = 60.0  # seconds until an image must have left `pending` and `processing`
FINAL = frozenset({"ready", "rejected", "failed"})


class ApiClient:
    """Calls the deployed API over HTTP, with or without a token. No call raises for an HTTP status."""

    def __init__(self, api_url: str, token: str | None = None) -> None:
        """Takes outputs.json's api_url and an ID token."""
        self.url = api_url
        self.token = token
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy stands between a machine and itself
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """One call; `path` starts with a slash."""
        arguments.setdefault("timeout", 30)
        return self.session.request(method, f"{self.url}{path}", **arguments)

    def get(self, path: str, **arguments: Any) -> requests.Response:
        """GET."""
        return self.request("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> requests.Response:
        """POST."""
        return self.request("POST", path, **arguments)

    def put(self, path: str, **arguments: Any) -> requests.Response:
        """PUT."""
        return self.request("PUT", path, **arguments)

    def patch(self, path: str, **arguments: Any) -> requests.Response:
        """PATCH."""
        return self.request("PATCH", path, **arguments)

    def delete(self, path: str, **arguments: Any) -> requests.Response:
        """DELETE."""
        return self.request("DELETE", path, **arguments)

    def create_article(self, **fields: Any) -> dict[str, Any]:
        """Creates an article, published unless told otherwise, and gives it as the API does."""
        body = {"title": "A title", "body": "A body.", "status": "published", **fields}
        return _json(self.post("/articles", json=body), 201)

    def register_image(self, article_id: str, content: bytes, **fields: Any) -> dict[str, Any]:
        """Announces an image of that size and gives {image, upload}."""
        body = {"filename": "picture.jpg", "content_type": "image/jpeg", "size": len(content), **fields}
        return _json(self.post(f"/articles/{article_id}/images", json=body), 201)

    def upload(self, article_id: str, content: bytes, **fields: Any) -> dict[str, Any]:
        """Announces an image, posts the file as the API says, and gives the image, which is pending then."""
        registered = self.register_image(article_id, content, **fields)
        sent = post_form(registered["upload"], content)
        assert sent.status_code in (200, 201, 204), f"{sent.status_code}: {sent.text}"
        image: dict[str, Any] = registered["image"]
        return image

    def image(self, image: dict[str, Any]) -> dict[str, Any]:
        """The image as it is now."""
        return _json(self.get(f"/articles/{image['article_id']}/images/{image['id']}"), 200)

    def wait_for(self, image: dict[str, Any], *, patience: float = PATIENCE) -> dict[str, Any]:
        """The image once the pipeline is through with it."""
        deadline = time.monotonic() + patience
        while True:
            now = self.image(image)
            if now["status"] in FINAL:
                return now
            assert time.monotonic() < deadline, f"still {now['status']} after {patience:.0f} s"
            time.sleep(0.1)

    def close(self) -> None:
        """Closes its connections."""
        self.session.close()


def post_form(upload: dict[str, Any], content: bytes, *, filename: str = "file") -> requests.Response:
    """Sends a file with the form fields that the API gave, no token."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(upload["url"], data=upload["fields"], files={"file": (filename, content)}, timeout=30)


def _json(response: requests.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, f"{response.request.method} {response.url}: {response.text[:1000]}"
    content: dict[str, Any] = response.json()
    return content
