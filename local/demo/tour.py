"""A tour of the API, to be read from top to bottom: every call that a client of Gazette makes to publish a picture."""

import io
import time
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from local.errors import LocalError
from local.steps import step
from local.users import UserPool

PHOTOGRAPH = Path(__file__).parent / "photograph.jpg"
PATIENCE = 60.0  # seconds that the picture's analysis may take
GPS_DIRECTORY = 0x8825  # the EXIF tag under which cameras write where they were


def demo(outputs: dict[str, Any], users: UserPool) -> None:
    """Publishes an article with a photograph, and shows what became of it.

    Takes what `make up` left in .local/outputs.json, and who signs users in there.

    Raises:
        LocalError: a call was refused, or the picture did not become ready.
    """
    api = outputs["api_url"]
    http = requests.Session()
    http.trust_env = False  # no proxy stands between a machine and itself

    with step("alice signs in"):
        http.headers["Authorization"] = f"Bearer {users.token('alice')}"

    with step("POST /articles"):
        draft = {
            "title": "Eileen Collins commands the shuttle",
            "body": "A portrait, taken before the flight.",
            "tags": ["portrait", "space"],
            "status": "published",
        }
        article = _expect(201, http.post(f"{api}/articles", json=draft))

    with step("POST /articles/{article_id}/images"):
        picture = PHOTOGRAPH.read_bytes()
        announcement = {
            "filename": PHOTOGRAPH.name,
            "content_type": "image/jpeg",
            "size": len(picture),
            "alt": "A woman in an orange flight suit in front of a flag",
        }
        registered = _expect(201, http.post(f"{api}/articles/{article['id']}/images", json=announcement))

    with step("POST the file to the uploads bucket"):
        upload = registered["upload"]
        # The form's fields first, unchanged; the file last. No token: the policy in the fields is the permission.
        sent = requests.post(upload["url"], data=upload["fields"], files={"file": picture}, timeout=30)
        if not sent.ok:
            raise LocalError(f"The upload was refused with {sent.status_code}: {sent.text[:300]}")

    with step("GET …/images/{image_id} until it is ready") as current:
        image = _wait(http, f"{api}/articles/{article['id']}/images/{registered['image']['id']}", current.note)

    _show(image)
    _show_what_was_removed(picture, http.get(image["urls"]["large"], headers={"Authorization": None}).content)
    print(f"\nNo token is needed to read what is published:\n\n  curl -s {api}/articles/{article['id']}")
    print("\nThe article on the page, where alice edits it with what `make password USER=alice` prints:\n")
    print(f"  {outputs['page_url']}/#/articles/{article['id']}")


def _expect(status: int, response: requests.Response) -> dict[str, Any]:
    if response.status_code != status:
        raise LocalError(
            f"{response.request.method} {response.url} answered {response.status_code}: {response.text[:500]}"
        )
    content: dict[str, Any] = response.json()
    return content


def _wait(http: requests.Session, url: str, note: Any) -> dict[str, Any]:
    """Asks until the pipeline is through with the picture."""
    deadline = time.monotonic() + PATIENCE
    while True:
        image = _expect(200, http.get(url))
        if image["status"] == "ready":
            return image
        if image["status"] in ("rejected", "failed"):
            reason = image["error"] or image["moderation"]
            raise LocalError(f"The photograph was {image['status']}: {reason}")
        if time.monotonic() > deadline:
            raise LocalError(f"The photograph is still {image['status']} after {PATIENCE:.0f} s.")
        note(image["status"])
        time.sleep(0.1)


def _show(image: dict[str, Any]) -> None:
    print(f"\n{image['filename']}: {image['width']} × {image['height']} px, {image['status']}\n")
    for label in image["labels"]:
        parents = f"  ({', '.join(label['parents'])})" if label["parents"] else ""
        print(f"  {label['confidence']:6.2f} %  {label['name']}{parents}")
        for box in label["boxes"]:
            edges = ", ".join(f"{name} {box[name]:.2f}" for name in ("left", "top", "width", "height"))
            print(f"{'':13}at {edges}")
    found = ", ".join(f"{entry['name']} {entry['confidence']:.1f} %" for entry in image["moderation"])
    print(f"\n  moderation  {found or 'nothing found'}")
    for name, url in image["urls"].items():
        print(f"  {name:<10}  {url}")


def _show_what_was_removed(uploaded: bytes, served: bytes) -> None:
    before, after = (_positions(content) for content in (uploaded, served))
    print(f"\n  GPS in the upload     {'yes' if before else 'no'}")
    print(f"  GPS in what is served {'yes' if after else 'no'}")
    if after:
        raise LocalError("The rendition still says where the photograph was taken.")


def _positions(content: bytes) -> dict[int, Any]:
    with Image.open(io.BytesIO(content)) as picture:
        return dict(picture.getexif().get_ifd(GPS_DIRECTORY))
