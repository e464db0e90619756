"""What is not what it says: refused by S3, or failed by the worker, and never served."""

import io

import pytest
from PIL import Image

from tests.e2e.client import ApiClient, post_form
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


def _media(stack: RunningStack, article_id: str) -> list[str]:
    found = stack.clients.s3.list_objects_v2(Bucket=stack.outputs["media_bucket"], Prefix=f"media/{article_id}/")
    return [entry["Key"] for entry in found.get("Contents", [])]


def test_a_text_file_named_jpg_fails_and_is_never_served(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient
) -> None:
    article = alice.create_article()

    image = alice.wait_for(alice.upload(article["id"], b"Dear diary, " * 100, filename="diary.jpg"))

    assert image["status"] == "failed"
    assert image["error"]["code"] in ("corrupt", "unsupported_format")
    assert image["error"]["message"]
    assert image["urls"] is None
    assert _media(stack, article["id"]) == []
    assert anonymous.get(f"/articles/{article['id']}").json()["images"] == []
    assert anonymous.get(f"/articles/{article['id']}/images/{image['id']}").status_code == 404


def test_a_rejected_picture_says_why_to_its_author_and_is_invisible_to_others(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()
    stack.rekognition.moderate_next(["Explicit Nudity"])

    image = alice.wait_for(alice.upload(article["id"], photograph))

    assert image["status"] == "rejected"
    assert "Explicit Nudity" in [entry["name"] for entry in image["moderation"]]
    assert image["urls"] is None
    assert _media(stack, article["id"]) == [], "a rejected picture gets no renditions at all"
    assert anonymous.get(f"/articles/{article['id']}").json()["images"] == []
    shown = anonymous.get("/labels/Face/images?limit=100").json()["items"]
    assert image["id"] not in [entry["id"] for entry in shown]


def test_a_throttled_rekognition_delays_a_picture_and_does_not_lose_it(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()
    stack.rekognition.throttle_next(times=3)

    image = alice.wait_for(alice.upload(article["id"], photograph))

    assert image["status"] == "ready"


def test_s3_refuses_an_upload_of_another_size_type_or_key(alice: ApiClient, photograph: bytes) -> None:
    article = alice.create_article()
    upload = alice.register_image(article["id"], photograph)["upload"]

    larger = post_form(upload, photograph + b"x")
    other_type = post_form({**upload, "fields": {**upload["fields"], "Content-Type": "text/html"}}, photograph)
    other_key = post_form({**upload, "fields": {**upload["fields"], "key": "uploads/x/y"}}, photograph)

    assert larger.status_code == 400, larger.text
    assert other_type.status_code == 403, other_type.text
    assert other_key.status_code == 403, other_key.text
    assert alice.get(f"/articles/{article['id']}/images").json()["items"][0]["status"] == "pending"


@pytest.mark.parametrize("bucket", ["uploads_bucket", "media_bucket"])
def test_nothing_in_a_bucket_is_readable_without_a_signature(
    stack: RunningStack, anonymous: ApiClient, bucket: str
) -> None:
    # Not where uploads go, so nothing takes it away: what is refused below is an object that is there.
    where = {"Bucket": stack.outputs[bucket], "Key": "probe"}
    stack.clients.s3.put_object(**where, Body=b"secret")
    assert stack.clients.s3.get_object(**where)["Body"].read() == b"secret"

    answer = anonymous.session.get(f"{stack.outputs['endpoint_url']}/{stack.outputs[bucket]}/probe", timeout=10)

    assert answer.status_code == 403
    assert b"secret" not in answer.content
    stack.clients.s3.delete_object(**where)


def test_pictures_of_other_formats_become_jpeg_renditions(alice: ApiClient, anonymous: ApiClient) -> None:
    article = alice.create_article()
    for kind, content_type in (("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")):
        content = io.BytesIO()
        Image.effect_noise((200, 120), 40).convert("RGB").save(content, kind)

        image = alice.wait_for(alice.upload(article["id"], content.getvalue(), content_type=content_type))

        assert image["status"] == "ready", image["error"]
        assert (image["width"], image["height"]) == (200, 120)
        served = anonymous.session.get(image["urls"]["large"], timeout=10).content
        assert Image.open(io.BytesIO(served)).format == "JPEG"


def test_a_tiny_picture_fails_as_too_small(alice: ApiClient) -> None:
    article = alice.create_article()
    content = io.BytesIO()
    Image.new("RGB", (79, 200)).save(content, "PNG")

    image = alice.wait_for(alice.upload(article["id"], content.getvalue(), content_type="image/png"))

    assert image["status"] == "failed"
    assert image["error"]["code"] == "too_small"
