"""The id of a call: in its answer, in the item, in the form, in the job's message."""

import base64
import json
from typing import Any

import boto3
import pytest

from articles.image_repository import ImageRepository
from articles.table import Table
from tests.gateway import ALICE, Answer, Context, Gateway, recorded, rest_event

ID = recorded("rest_proxy")["requestContext"]["requestId"]
OTHER = "11111111-2222-4333-8444-555555555555"
FIELD = "x-amz-meta-correlation-id"


def register(api: Gateway, article_id: str, request_id: str = ID, key: str | None = None) -> Answer:
    event = rest_event(
        "POST",
        f"/articles/{article_id}/images",
        body=json.dumps({"filename": "a.jpg", "content_type": "image/jpeg", "size": 5}),
        headers={"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {}),
        authorizer=ALICE.as_claims(),
    )
    event["requestContext"]["requestId"] = request_id
    return api.send(event)


def test_the_call_that_registers_an_image_gives_it_its_id(api: Gateway, table: Table) -> None:
    article = api.create()
    answer = register(api, article["id"], OTHER)
    assert answer.headers["x-correlation-id"] == OTHER
    upload: Any = answer.json["upload"]
    assert upload["fields"][FIELD] == OTHER
    conditions = json.loads(base64.b64decode(upload["fields"]["policy"]))["conditions"]
    assert {FIELD: OTHER} in conditions
    assert ImageRepository(table).get(article["id"], answer.json["image"]["id"]).correlation_id == OTHER
    assert "correlation_id" not in answer.json["image"]


def test_a_repeated_call_has_an_id_of_its_own_and_the_form_of_the_first(api: Gateway) -> None:
    article = api.create()
    register(api, article["id"], ID, key="once")
    again = register(api, article["id"], OTHER, key="once")
    assert again.headers["x-correlation-id"] == OTHER
    assert again.json["upload"]["fields"][FIELD] == ID


@pytest.mark.parametrize("chosen", ["alice@example.com", "", "x" * 36, ID.upper()])
def test_what_a_client_made_the_gateways_id_is_not_taken_over_unless_it_is_a_uuid(api: Gateway, chosen: str) -> None:
    article = api.create()
    answer = register(api, article["id"], chosen)
    assert answer.headers["x-correlation-id"] == Context().aws_request_id
    assert answer.json["upload"]["fields"][FIELD] == Context().aws_request_id


def test_a_deleted_images_job_goes_on_with_the_id_of_its_upload(api: Gateway) -> None:
    article = api.create()
    image = register(api, article["id"], OTHER).json["image"]
    assert api.delete(f"/articles/{article['id']}/images/{image['id']}", ALICE).status == 204
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="image-jobs")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["correlation_id"]["StringValue"] == OTHER


@pytest.mark.parametrize("target", ["/articles", "/articles/01JD9Z6M3T8Q4V7W2X5Y1Z0ABC", "/nowhere", "/docs"])
def test_every_answer_has_it(api: Gateway, target: str) -> None:
    assert api.get(target).headers["x-correlation-id"] == ID
