"""What is not what it says: refused by S3, or failed by the worker, and never served."""

import base64
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from botocore.exceptions import ClientError
from PIL import Image, ImageCms

from local.policies.applied import Applied
from tests.e2e.aws_probes import RoleClients
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


# Forms that are not as they were signed


@dataclass
class Form:
    """What is posted: the fields as they were signed, then a file. A tamperer changes it."""

    url: str
    fields: list[tuple[str, str]]
    files: list[bytes]
    anothers: dict[str, str]
    """The fields of a form that somebody else got, for an image of theirs."""
    other_buckets_url: str

    def value(self, name: str) -> str:
        return dict(self.fields)[name]

    def drop(self, *names: str) -> None:
        self.fields = [(field, value) for field, value in self.fields if field not in names]

    def replace(self, name: str, value: str) -> None:
        self.fields = [(field, value if field == name else old) for field, old in self.fields]

    def take_over(self, *names: str) -> None:
        for name in names:
            self.replace(name, self.anothers[name])

    def add(self, name: str, value: str) -> None:
        self.fields.append((name, value))

    def change_policy(self, **changes: Any) -> None:
        """With the old signature, which is all that a client has."""
        policy = json.loads(base64.b64decode(self.value("policy"))) | changes
        self.replace("policy", base64.b64encode(json.dumps(policy).encode()).decode())

    def send(self) -> requests.Response:
        parts: list[Any] = [(name, (None, value)) for name, value in self.fields]
        parts += [("file", ("innocent.jpg", content, "image/jpeg")) for content in self.files]
        with requests.Session() as session:
            session.trust_env = False
            return session.post(self.url, files=parts, timeout=30, allow_redirects=False)


def _other_signature(form: Form) -> str:
    signature = form.value("x-amz-signature")
    return ("0" if signature[0] != "0" else "1") + signature[1:]


TAMPERINGS: dict[str, Callable[[Form], None]] = {
    "another key": lambda f: f.replace("key", "uploads/x/y"),
    "another's key": lambda f: f.replace("key", f.anothers["key"]),
    "the key of a rendition": lambda f: f.replace("key", "media/x/y/z/large.jpg"),
    "a key with a way up": lambda f: f.replace("key", f.value("key") + "/../../x"),
    "a key with the client's filename": lambda f: f.replace("key", "uploads/${filename}"),
    "a longer key": lambda f: f.replace("key", f.value("key") + ".html"),
    "no key": lambda f: f.drop("key"),
    "another type": lambda f: f.replace("Content-Type", "image/png"),
    "a page": lambda f: f.replace("Content-Type", "text/html"),
    "two types": lambda f: f.replace("Content-Type", "image/jpeg,text/html"),
    "no type": lambda f: f.drop("Content-Type"),
    "a byte more": lambda f: f.files.__setitem__(0, f.files[0] + b"x"),
    "a byte less": lambda f: f.files.__setitem__(0, f.files[0][:-1]),
    "nothing in the file": lambda f: f.files.__setitem__(0, b""),
    "no file": lambda f: f.files.clear(),
    "a policy that lasts longer": lambda f: f.change_policy(expiration="2099-01-01T00:00:00Z"),
    "a policy without conditions": lambda f: f.change_policy(conditions=[]),
    "a policy of another size": lambda f: f.change_policy(conditions=[["content-length-range", 0, 10**9]]),
    "a policy for any key": lambda f: f.change_policy(conditions=[["starts-with", "$key", ""]]),
    "another's policy": lambda f: f.replace("policy", f.anothers["policy"]),
    "another's policy and signature": lambda f: f.take_over("policy", "x-amz-signature"),
    "all of another's but the key": lambda f: f.take_over(*(name for name in f.anothers if name != "key")),
    "no policy": lambda f: f.drop("policy"),
    "no policy and no signature": lambda f: f.drop("policy", *(name for name in f.anothers if name[:6] == "x-amz-")),
    "another signature": lambda f: f.replace("x-amz-signature", _other_signature(f)),
    "an empty signature": lambda f: f.replace("x-amz-signature", ""),
    "no signature": lambda f: f.drop("x-amz-signature"),
    "another algorithm": lambda f: f.replace("x-amz-algorithm", "AWS4-HMAC-SHA1"),
    "no algorithm": lambda f: f.drop("x-amz-algorithm"),
    "another signer": lambda f: f.replace("x-amz-credential", "test/" + f.value("x-amz-credential").split("/", 1)[1]),
    "another region": lambda f: f.replace(
        "x-amz-credential", f.value("x-amz-credential").replace("us-east", "eu-west")
    ),
    "no signer": lambda f: f.drop("x-amz-credential"),
    "another date": lambda f: f.replace("x-amz-date", "20200101T000000Z"),
    "no date": lambda f: f.drop("x-amz-date"),
    "another session": lambda f: f.replace("x-amz-security-token", "none"),
    "no session": lambda f: f.drop("x-amz-security-token"),
    "another bucket's address": lambda f: setattr(f, "url", f.other_buckets_url),
    "another bucket in a field": lambda f: f.add("bucket", "media"),
    **{
        f"{name}: {value}": lambda f, name=name, value=value: f.add(name, value)  # type: ignore[misc]
        for name, value in [
            ("acl", "public-read"),
            ("acl", "private"),
            ("x-amz-acl", "public-read"),
            ("x-amz-grant-read", 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'),
            ("x-amz-meta-owner", "me"),
            ("x-amz-meta-x", "<script>"),
            ("x-amz-storage-class", "GLACIER"),
            ("x-amz-website-redirect-location", "https://example.org"),
            ("x-amz-tagging", "a=b"),
            ("tagging", "<Tagging><TagSet/></Tagging>"),
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-object-lock-mode", "COMPLIANCE"),
            ("x-amz-copy-source", "/media/x"),
            ("success_action_redirect", "https://example.org"),
            ("redirect", "https://example.org"),
            ("success_action_status", "201"),
            ("Content-Disposition", "attachment"),
            ("Content-Encoding", "gzip"),
            ("Cache-Control", "public"),
            ("Expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
            ("Content-Language", "en"),
            ("anything", "else"),
        ]
    },
}


@pytest.fixture(scope="module")
def policies(alice: ApiClient, bob: ApiClient) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Two people's forms for a file of the same size, and that file."""
    content = b"\xff\xd8\xff" + bytes(997)
    forms = [
        person.register_image(person.create_article(status="draft")["id"], content)["upload"] for person in (alice, bob)
    ]
    return forms[0], forms[1], content


@pytest.fixture
def form(stack: RunningStack, policies: tuple[dict[str, Any], dict[str, Any], bytes]) -> Form:
    own, anothers, content = policies
    elsewhere = own["url"].replace(stack.outputs["uploads_bucket"], stack.outputs["media_bucket"])
    return Form(own["url"], list(own["fields"].items()), [content], anothers["fields"], elsewhere)


def _everything(stack: RunningStack) -> set[str]:
    """Every object of both buckets that an upload could have made."""
    found = set()
    for bucket in ("uploads_bucket", "media_bucket"):
        pages = stack.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.outputs[bucket])
        found |= {f"{bucket}/{entry['Key']}" for page in pages for entry in page.get("Contents", [])}
    return found


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_form_that_was_tampered_with_is_refused_and_leaves_nothing(
    stack: RunningStack, form: Form, tampering: str
) -> None:
    before = _everything(stack)
    TAMPERINGS[tampering](form)

    answer = form.send()

    assert 400 <= answer.status_code < 500, answer.text
    assert _everything(stack) <= before


def test_every_field_of_a_form_is_tampered_with(form: Form) -> None:
    for name, _ in form.fields:
        changed = 0
        for tamper in TAMPERINGS.values():
            copy = replace(form, fields=list(form.fields), files=list(form.files))
            tamper(copy)
            changed += [value for field, value in copy.fields if field == name] != [form.value(name)]
        assert changed >= 2, f"{name} must be dropped and changed"


def test_the_form_as_it_was_signed_is_taken(form: Form) -> None:
    # Without this, every refusal above could have another reason than the one it is there for.
    assert form.send().status_code == 204


def test_a_form_is_no_good_after_its_time(stack: RunningStack, alice: ApiClient) -> None:
    article = alice.create_article(status="draft")["id"]
    fields = alice.register_image(article, b"x" * 10)["upload"]["fields"]
    ended = _api_role(stack)["s3"].generate_presigned_post(
        stack.outputs["uploads_bucket"],
        fields["key"],
        Fields={"Content-Type": "image/jpeg"},
        Conditions=[{"Content-Type": "image/jpeg"}, ["content-length-range", 10, 10]],
        ExpiresIn=-1,
    )
    before = _everything(stack)

    answer = post_form(ended, b"x" * 10)

    assert answer.status_code == 403
    assert "expired" in answer.text
    assert _everything(stack) <= before


def test_of_two_keys_and_two_files_only_what_was_signed_gets_in(
    stack: RunningStack, alice: ApiClient, photograph: bytes
) -> None:
    # Laxer than S3, which takes exactly one file a form and no field twice: the emulator takes the last of them. So
    # this looks at what is left: the signed key alone, with a file of the signed size.
    for keys, files in (
        (["uploads/x/y", None], [photograph]),
        ([None, "uploads/x/y"], [photograph]),
        ([None], [b"<html>", photograph]),
        ([None], [photograph, b"<html>"]),
    ):
        article = alice.create_article(status="draft")["id"]
        registered = alice.register_image(article, photograph)
        upload = registered["upload"]
        before = _everything(stack)
        signed = upload["fields"].pop("key")
        fields = [("key", key or signed) for key in keys] + list(upload["fields"].items())

        answer = Form(upload["url"], fields, files, {}, "").send()

        made = {name for name in _everything(stack) - before if article not in name}
        assert made == set(), answer.text
        if keys[-1] or files[-1] != photograph:
            assert answer.status_code >= 400
            assert _everything(stack) <= before
        elif answer.ok:
            assert alice.wait_for(registered["image"])["status"] == "ready"


def test_a_files_name_is_text_and_nothing_else(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()["id"]
    name = '../../x"; filename="evil.html\r\n<script>'
    registered = alice.register_image(article, photograph, filename=name)

    assert registered["upload"]["fields"]["key"] == f"uploads/{article}/{registered['image']['id']}"
    sent = post_form(registered["upload"], photograph, filename="../../../evil.html")
    assert sent.status_code == 204
    image = alice.wait_for(registered["image"])
    assert image["filename"] == name
    assert all(key.startswith(f"media/{article}/{image['id']}/") for key in _media(stack, article))
    for rendition, url in image["urls"].items():
        assert "evil" not in url
        served = anonymous.session.get(url, timeout=10)
        assert served.headers["Content-Type"] == "image/jpeg"
        assert served.headers["Content-Disposition"] == f'inline; filename="{image["id"]}-{rendition}.jpg"'


# Quarantine


def _api_role(stack: RunningStack) -> RoleClients:
    [role] = [role for role in Applied(stack.clients, stack.outputs).roles() if role.function == "api"]
    return RoleClients(stack.clients, role.arn)


def test_the_api_can_read_nothing_in_quarantine_though_it_signs_what_goes_there(stack: RunningStack) -> None:
    role, bucket, key = _api_role(stack), stack.outputs["uploads_bucket"], "uploads/probe"
    stack.clients.s3.put_object(Bucket=bucket, Key=key, Body=b"secret")
    s3, where = role["s3"], {"Bucket": bucket, "Key": key}
    try:
        calls: dict[str, Callable[[], Any]] = {
            "GetObject": lambda: s3.get_object(**where),
            "HeadObject": lambda: s3.head_object(**where),
            "GetObject, a part": lambda: s3.get_object(**where, Range="bytes=0-0"),
            "GetObjectAttributes": lambda: s3.get_object_attributes(**where, ObjectAttributes=["ETag"]),
            "GetObjectTagging": lambda: s3.get_object_tagging(**where),
            "GetObjectAcl": lambda: s3.get_object_acl(**where),
            "ListObjectsV2": lambda: s3.list_objects_v2(Bucket=bucket, Prefix="uploads/"),
            "ListObjects": lambda: s3.list_objects(Bucket=bucket),
            "ListObjectVersions": lambda: s3.list_object_versions(Bucket=bucket),
            "HeadBucket": lambda: s3.head_bucket(Bucket=bucket),
            "DeleteObject": lambda: s3.delete_object(**where),
            "CopyObject": lambda: s3.copy_object(Bucket=bucket, Key="uploads/copy", CopySource=where),
        }
        answers: dict[str, int] = {}
        for name, call in calls.items():
            try:
                call()
            except ClientError as error:
                answers[name] = error.response["ResponseMetadata"]["HTTPStatusCode"]
            else:
                answers[name] = 200
        assert answers == dict.fromkeys(calls, 403)
        for method, verb in (("get_object", requests.get), ("head_object", requests.head)):
            url = s3.generate_presigned_url(method, Params=where, ExpiresIn=60)
            answer = verb(url, timeout=10, proxies={"http": ""})
            assert (answer.status_code, b"secret" in answer.content) == (403, False)
        assert stack.clients.s3.get_object(**where)["Body"].read() == b"secret", "it was there all the time"
    finally:
        stack.clients.s3.delete_object(Bucket=bucket, Key=key)


# Renditions

PLAIN = {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}
"""Markers of a baseline JPEG that says nothing but its pixels: SOI, APP0 (JFIF), DQT, SOF0, DHT, SOS, EOI."""


def _markers(data: bytes) -> Iterator[int]:
    """Every marker of a JPEG; fails where anything follows the last."""
    assert data[:2] == b"\xff\xd8"
    yield 0xD8
    at = 2
    while data[at + 1] != 0xDA:
        assert data[at] == 0xFF
        yield data[at + 1]
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    yield 0xDA
    while not (data[at] == 0xFF and data[at + 1] not in (0x00, *range(0xD0, 0xD8))) or data[at + 1] == 0xDA:
        at += 1
    yield data[at + 1]
    assert at + 2 == len(data), "something follows the picture"


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def test_renditions_are_pixels_and_nothing_else(alice: ApiClient, anonymous: ApiClient, photograph: bytes) -> None:
    told = b"told-nobody"
    said = {
        "XMP": _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + told + b"</x:xmpmeta>"),
        "a profile": _segment(
            0xE2, b"ICC_PROFILE\0\1\1" + ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        ),
        "IPTC": _segment(0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0" + (5 + len(told)).to_bytes(4, "big") + told),
        "a comment": _segment(0xFE, told),
        "Adobe's": _segment(0xEC, b"Ducky" + told),
    }
    content = photograph[:2] + b"".join(said.values()) + photograph[2:]
    before = list(_markers(content))
    assert b"Exif\0\0" in content
    assert {0xE1, 0xE2, 0xED, 0xFE, 0xEC} <= set(before)
    article = alice.create_article()["id"]

    image = alice.wait_for(alice.upload(article, content))

    assert image["status"] == "ready", image["error"]
    for url in image["urls"].values():
        served = anonymous.session.get(url, timeout=10).content
        markers = list(_markers(served))
        assert set(markers) <= PLAIN
        assert markers.count(0xE0) <= 1
        assert told not in served
        assert b"Exif" not in served


def test_a_renditions_url_names_one_object_in_one_form_for_minutes(
    stack: RunningStack, alice: ApiClient, anonymous: ApiClient, photograph: bytes
) -> None:
    article = alice.create_article()["id"]
    image = alice.wait_for(alice.upload(article, photograph))
    url = urlsplit(image["urls"]["large"])
    words = dict(parse_qsl(url.query))

    def status(path: str = url.path, drop: str = "", **changes: str) -> int:
        query = urlencode({name: value for name, value in {**words, **changes}.items() if name != drop})
        return anonymous.session.get(url._replace(path=path, query=query).geturl(), timeout=10).status_code

    assert int(words["X-Amz-Expires"]) <= 900
    assert status() == 200
    assert status(**{"X-Amz-Expires": "604800"}) == 403
    assert status(**{"response-content-type": "text/html"}) == 403
    assert status(**{"response-content-disposition": "attachment"}) == 403
    assert status(drop="response-content-type") == 403
    assert status(drop="response-content-disposition") == 403
    assert status(**{"response-cache-control": "public"}) == 403
    assert status(url.path.replace("large", "thumbnail")) == 403
    assert status(url.path.replace(stack.outputs["media_bucket"], stack.outputs["uploads_bucket"])) == 403
    assert status(drop="X-Amz-Signature") in (400, 403)
    put = anonymous.session.put(url.geturl(), data=b"<html>", timeout=10)
    assert put.status_code == 403
    key = url.path.partition(f"{stack.outputs['media_bucket']}/")[2]
    ended = _api_role(stack)["s3"].generate_presigned_url(
        "get_object", Params={"Bucket": stack.outputs["media_bucket"], "Key": key}, ExpiresIn=1
    )
    time.sleep(2.1)
    assert anonymous.session.get(ended, timeout=10).status_code == 403
