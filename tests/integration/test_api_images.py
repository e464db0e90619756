"""/articles/{article_id}/images, /labels and what stands below them, through the Lambda handler."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

import boto3
import pytest

from articles.clock import now
from articles.image_repository import ImageRepository
from articles.jobs import Job, JobKind
from articles.model import Failure, Image, ImageStatus, Moderation
from articles.table import Table
from tests.dynamodb import Wire
from tests.gateway import ALICE, BOB, EDITOR, HOST, Answer, Gateway, User
from tests.integration.conftest import MAX_UPLOAD_BYTES, MEDIA_BUCKET, UPLOADS_BUCKET, UPLOADS_PER_HOUR
from tests.samples import a_label, an_analysis, finish

ABSENT = "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC"
PHOTO = {"filename": "portrait.jpg", "content_type": "image/jpeg", "size": 181_234, "alt": "A portrait"}


@pytest.fixture
def images(table: Table) -> ImageRepository:
    return ImageRepository(table)


@pytest.fixture
def article(api: Gateway) -> Any:
    return api.create(status="published")


@pytest.fixture
def path(article: Any) -> str:
    return f"/articles/{article['id']}/images"


def register(api: Gateway, path: str, who: User = ALICE, **fields: Any) -> Answer:
    return api.post(path, who, json_body=PHOTO | fields)


def analysed(images: ImageRepository, image: Any, status: ImageStatus = ImageStatus.READY, **more: Any) -> Image:
    standing = images.get(image["article_id"], image["id"])
    return finish(images, standing, an_analysis(a_label("Dog"), status=status, **more))


def jobs() -> Iterator[Job]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="image-jobs")["QueueUrl"]
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        yield Job.from_message(json.loads(message["Body"]))


# Registering an upload


def test_a_registered_upload_is_answered_with_a_policy_for_this_one_file(api: Gateway, path: str, article: Any) -> None:
    answer = register(api, path)
    assert answer.status == 201
    image, upload = answer.json["image"], answer.json["upload"]
    assert image | {"id": 0, "created_at": 0} == {
        **PHOTO,
        "id": 0,
        "created_at": 0,
        "article_id": article["id"],
        "status": "pending",
        "width": None,
        "height": None,
        "labels": [],
        "moderation": [],
        "urls": None,
        "error": None,
        "analysed_at": None,
    }
    assert urljoin(f"https://{HOST}/dev{path}", answer.headers["location"]) == f"https://{HOST}/dev{path}/{image['id']}"
    key = f"uploads/{article['id']}/{image['id']}"
    assert UPLOADS_BUCKET in upload["url"]
    assert upload["fields"]["key"] == key
    assert upload["fields"]["Content-Type"] == "image/jpeg"
    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
    assert ["content-length-range", 181_234, 181_234] in policy["conditions"]
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert {"key": key} in policy["conditions"]
    ends = datetime.fromisoformat(upload["expires_at"])
    assert abs((datetime.fromisoformat(policy["expiration"]) - ends).total_seconds()) < 3
    assert 890 < (ends - now()).total_seconds() <= 900


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"filename": ""}, "/filename"),
        ({"filename": "x" * 256}, "/filename"),
        ({"content_type": "image/svg+xml"}, "/content_type"),
        ({"size": 0}, "/size"),
        ({"size": "5"}, "/size"),
        ({"size": True}, "/size"),
        ({"size": 1.5}, "/size"),
        ({"size": MAX_UPLOAD_BYTES + 1}, "/size"),
        ({"size": 26_214_401}, "/size"),
        ({"size": 10**30}, "/size"),
        ({"alt": "x" * 1001}, "/alt"),
        ({"alt": None}, "/alt"),
        ({"key": "uploads/x"}, "/key"),
    ],
)
def test_a_bad_upload_is_pointed_at_and_nothing_is_written(
    api: Gateway, path: str, wire: Wire, fields: dict[str, Any], pointer: str
) -> None:
    wire.forget()
    answer = register(api, path, **fields)
    assert (answer.status, answer.pointers, wire.calls) == (400, [pointer], [])


def test_several_bad_fields_are_told_at_once(api: Gateway, path: str) -> None:
    answer = api.post(path, ALICE, json_body={"size": -1, "nonsense": 1})
    assert sorted(answer.pointers) == ["/content_type", "/filename", "/nonsense", "/size"]


def test_the_largest_upload_is_the_stages_own(api: Gateway, path: str) -> None:
    assert register(api, path, size=MAX_UPLOAD_BYTES).status == 201


def test_an_upload_with_a_key_is_registered_once(api: Gateway, path: str) -> None:
    first, again = (api.post(path, ALICE, json_body=PHOTO, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (again.status, again.json["image"]) == (201, first.json["image"])
    assert again.json["upload"]["expires_at"] == first.json["upload"]["expires_at"]
    other = api.post(path, ALICE, json_body=PHOTO | {"size": 1}, headers={"Idempotency-Key": "k"})
    assert other.status == 422
    assert len(api.get(path, ALICE).json["items"]) == 1


def test_the_same_key_on_two_articles_is_two_keys(api: Gateway, path: str) -> None:
    paths = (path, f"/articles/{api.create()['id']}/images")
    answers = [api.post(p, ALICE, json_body=PHOTO, headers={"Idempotency-Key": "k"}) for p in paths]
    assert [answer.status for answer in answers] == [201, 201]


def test_the_fifty_first_image_is_refused_but_an_earlier_answer_is_given_again(api: Gateway, path: str) -> None:
    keyed = {"Idempotency-Key": "k"}
    first = api.post(path, ALICE, json_body=PHOTO, headers=keyed)
    for _ in range(49):
        assert register(api, path).status == 201
    assert register(api, path).status == 409
    assert api.post(path, ALICE, json_body=PHOTO, headers=keyed).json["image"] == first.json["image"]


def test_a_person_whose_hour_is_full_is_told_when_to_go_on(api: Gateway, path: str) -> None:
    for other in (path, f"/articles/{api.create()['id']}/images"):
        for _ in range(UPLOADS_PER_HOUR // 2):
            assert register(api, other).status == 201
    path = f"/articles/{api.create()['id']}/images"
    refused = register(api, path)
    assert (refused.status, refused.json["type"]) == (429, "urn:gazette:problem:too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 3600
    assert api.get(path, ALICE).json["items"] == []
    assert register(api, path, EDITOR).status == 201, "a quota is one person's own"


@pytest.mark.parametrize(("status", "stranger"), [("draft", 404), ("published", 403)])
def test_only_author_and_editors_add_and_delete_images(api: Gateway, status: str, stranger: int) -> None:
    path = f"/articles/{api.create(status=status)['id']}/images"
    image = register(api, path, EDITOR).json["image"]
    assert register(api, path, BOB).status == stranger
    assert api.post(path, json_body=PHOTO).status == 401
    assert api.delete(f"{path}/{image['id']}", BOB).status == stranger
    assert api.delete(f"{path}/{image['id']}").status == 401
    assert api.delete(f"{path}/{image['id']}", EDITOR).status == 204


@pytest.mark.parametrize("article_id", [ABSENT, "x"])
def test_there_are_no_images_without_an_article(api: Gateway, article_id: str) -> None:
    path = f"/articles/{article_id}/images"
    for answer in (
        register(api, path),
        api.get(path, ALICE),
        api.get(f"{path}/{ABSENT}", ALICE),
        api.delete(f"{path}/{ABSENT}", ALICE),
    ):
        assert answer.status == 404


# What readers see


def signed_at_any_time(image: Any) -> Any:
    """The image with its URLs' paths alone: their signatures hold the second in which they were made."""
    return {**image, "urls": image["urls"] and {name: urlsplit(url).path for name, url in image["urls"].items()}}


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        (None, {"ready"}),
        (BOB, {"ready"}),
        (ALICE, {"ready", "pending", "rejected", "failed", "processing"}),
        (EDITOR, {"ready", "pending", "rejected", "failed", "processing"}),
    ],
)
def test_readers_see_ready_images_and_the_author_all(
    api: Gateway, images: ImageRepository, article: Any, path: str, who: User | None, sees: set[str]
) -> None:
    made = {
        status: register(api, path, filename=f"{status}.jpg").json["image"]
        for status in ("ready", "pending", "rejected", "failed", "processing")
    }
    analysed(images, made["ready"])
    seen_in_it = Moderation("Weapons", "Violence", 91.5)
    analysed(images, made["rejected"], ImageStatus.REJECTED, moderation=(seen_in_it,), renditions=None)
    broken = Failure("corrupt", "The file is damaged.")
    analysed(images, made["failed"], ImageStatus.FAILED, error=broken, renditions=None)
    processing = made["processing"]
    images.claim(article["id"], processing["id"], token="t", sequencer=None, now=now(), lease_until=now())
    listed = api.get(path, who).json["items"]
    assert {image["status"] for image in listed} == sees
    in_the_article = api.get(f"/articles/{article['id']}", who).json["images"]
    assert [signed_at_any_time(image) for image in in_the_article] == [signed_at_any_time(image) for image in listed]
    for status, image in made.items():
        answer = api.get(f"{path}/{image['id']}", who)
        assert answer.status == (200 if status in sees else 404)
        if answer.status == 200:
            in_the_list = next(entry for entry in listed if entry["id"] == image["id"])
            assert signed_at_any_time(answer.json) == signed_at_any_time(in_the_list)
            assert (answer.json["urls"] is not None) == (status == "ready")
            assert answer.json["moderation"] == (
                [{"name": "Weapons", "parent": "Violence", "confidence": 91.5}] if status == "rejected" else []
            )
            assert answer.json["error"] == (
                {"code": "corrupt", "message": "The file is damaged."} if status == "failed" else None
            )


@pytest.mark.parametrize("who", [None, BOB])
def test_nobody_sees_images_of_anothers_draft(api: Gateway, images: ImageRepository, who: User | None) -> None:
    path = f"/articles/{api.create()['id']}/images"
    image = register(api, path).json["image"]
    analysed(images, image)
    assert api.get(path, who).status == 404
    assert api.get(f"{path}/{image['id']}", who).status == 404


def test_a_ready_image_shows_what_was_seen_and_where_its_renditions_are(
    api: Gateway, images: ImageRepository, path: str
) -> None:
    image = register(api, path).json["image"]
    analysed(images, image)
    shown = api.get(f"{path}/{image['id']}").json
    box = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4, "confidence": 98.5}
    assert shown["labels"] == [{"name": "Dog", "confidence": 98.5, "parents": ["Being"], "boxes": [box]}]
    assert (shown["width"], shown["height"]) == (640, 480)
    for rendition in ("large", "thumbnail"):
        url = urlsplit(shown["urls"][rendition])
        assert MEDIA_BUCKET in url.netloc + url.path
        assert url.path.endswith(f"media/{image['article_id']}/{image['id']}/0f0f/{rendition}.jpg")
        assert parse_qs(url.query)["X-Amz-Expires"] == ["900"]


def test_an_articles_validator_follows_the_images_that_its_reader_sees(
    api: Gateway, images: ImageRepository, article: Any, path: str
) -> None:
    def validators() -> list[str]:
        return [api.get(f"/articles/{article['id']}", who).headers["etag"] for who in (None, ALICE)]

    assert validators() == ['"1"', '"1"']
    image = register(api, path).json["image"]
    nobodys, alices = validators()
    assert nobodys == '"1"'
    assert alices.startswith('"1-')
    analysed(images, image)
    assert all(tag not in ('"1"', alices) for tag in validators())
    changed = api.patch(
        f"/articles/{article['id']}", ALICE, json_body={"title": "x"}, headers={"If-Match": validators()[1]}
    )
    assert (changed.status, changed.json["version"]) == (200, 2)
    assert changed.headers["etag"] == validators()[1]
    assert changed.json["images"][0]["id"] == image["id"]


def test_a_deleted_image_is_gone_and_its_removal_is_asked_for(api: Gateway, path: str, article: Any) -> None:
    image = register(api, path).json["image"]
    assert api.delete(f"{path}/{image['id']}", ALICE).status == 204
    assert api.get(f"{path}/{image['id']}", ALICE).status == 404
    assert api.delete(f"{path}/{image['id']}", ALICE).status == 404
    assert api.get(path, ALICE).json == {"items": []}
    assert list(jobs()) == [Job(JobKind.PURGE_IMAGE, article["id"], image["id"])]


def test_an_image_of_another_article_is_not_found(api: Gateway, path: str) -> None:
    image = register(api, path).json["image"]
    other = f"/articles/{api.create()['id']}/images/{image['id']}"
    assert api.get(other, ALICE).status == 404
    assert api.delete(other, ALICE).status == 404
    assert api.get(f"{path}/{image['id']}", ALICE).status == 200


def test_a_deleted_article_asks_for_the_removal_of_what_it_leaves(api: Gateway, article: Any) -> None:
    api.delete(f"/articles/{article['id']}", ALICE)
    assert list(jobs()) == [Job(JobKind.PURGE_ARTICLE, article["id"])]


def test_a_queue_that_fails_fails_no_write(api: Gateway, article: Any) -> None:
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="image-jobs")["QueueUrl"])
    assert api.delete(f"/articles/{article['id']}", ALICE).status == 204
    assert api.get(f"/articles/{article['id']}", ALICE).status == 404


# Labels


def test_labels_and_their_images_are_for_everybody(api: Gateway, images: ImageRepository, path: str) -> None:
    made = [register(api, path).json["image"] for _ in range(3)]
    for image in made:
        analysed(images, image)
    assert api.get("/labels").json == {"items": [{"name": "Dog", "images": 3}], "next_cursor": None}
    first = api.get("/labels/Dog/images?limit=2").json
    rest = api.get(f"/labels/Dog/images?limit=2&cursor={first['next_cursor']}").json
    shown = first["items"] + rest["items"]
    assert sorted(image["id"] for image in shown) == sorted(image["id"] for image in made)
    assert rest["next_cursor"] is None
    assert set(shown[0]) == {"id", "article_id", "alt", "width", "height", "label", "urls", "created_at"}
    assert shown[0]["label"]["boxes"]


def test_labels_are_pages_too(api: Gateway, images: ImageRepository, path: str) -> None:
    image = register(api, path).json["image"]
    standing = images.get(image["article_id"], image["id"])
    finish(images, standing, an_analysis(*map(a_label, ("Ant", "Bee", "Cat"))))
    first = api.get("/labels?limit=2").json
    rest = api.get(f"/labels?limit=2&cursor={first['next_cursor']}").json
    assert [label["name"] for label in first["items"] + rest["items"]] == ["Ant", "Bee", "Cat"]


def test_a_cursor_of_one_label_opens_no_other(api: Gateway, images: ImageRepository, path: str) -> None:
    for _ in range(2):
        analysed(images, register(api, path).json["image"])
    cursor = api.get("/labels/Dog/images?limit=1").json["next_cursor"]
    for target in ("/labels/Cat/images", "/labels", "/articles"):
        assert api.get(f"{target}?cursor={cursor}").pointers == ["#cursor"]


def test_articles_are_found_by_what_their_images_show_each_of_them_once(api: Gateway, images: ImageRepository) -> None:
    made = [api.create(title=str(n), status="published", tags=["odd"] if n % 2 else []) for n in range(4)]
    for article in made[:3] * 2 + [api.create(status="draft")]:
        analysed(images, register(api, f"/articles/{article['id']}/images").json["image"])
    seen, target = [], "/articles?label=Dog&limit=2"
    while target:
        page = api.get(target)
        seen += [article["title"] for article in page.json["items"]]
        target = f"/articles{page.headers['link'].split('>')[0][1:]}" if "link" in page.headers else ""
    assert sorted(seen) == ["0", "1", "2"]
    for query, expected in (
        ("label=Dog&tag=odd", ["1"]),
        (f"label=Dog&author={BOB.id}", []),
        ("label=Unicorn", []),
        ("label=Dog&author=me&status=draft", []),
    ):
        assert [article["title"] for article in api.get(f"/articles?{query}", ALICE).json["items"]] == expected, query


def test_a_label_that_nothing_shows_has_no_images(api: Gateway) -> None:
    assert api.get("/labels/Unicorn/images").json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("label", ["x" * 101, "a%00b"])
def test_what_can_be_no_label_is_not_found(api: Gateway, label: str) -> None:
    assert api.get(f"/labels/{label}/images").status == 404


@pytest.mark.parametrize("label", ["Café Ω", "100%", "a+b", "R&B", "#1?"])
def test_a_labels_name_is_taken_as_it_is_written(api: Gateway, images: ImageRepository, path: str, label: str) -> None:
    image = register(api, path).json["image"]
    standing = images.get(image["article_id"], image["id"])
    finish(images, standing, an_analysis(a_label(label)))
    items = api.get(f"/labels/{quote(label, safe='')}/images").json["items"]
    assert [item["label"]["name"] for item in items] == [label]
