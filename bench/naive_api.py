"""The article service that people write first: Flask, boto3.resource, a table an entity, one index for the feed.

An article knows its images' ids and they are read one by one; whatever has no index is scanned for. Items are written
without conditions, so that of two changes at a time one is lost; nothing is idempotent, pages of scans have no cursor.
It answers the same requests as ours as far as bench/operations.py sends them: here it is about calls, units and time.
"""

import os
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import serverless_wsgi
from boto3.dynamodb.conditions import Attr, Key
from flask import Flask, Response, jsonify, request
from flask.json.provider import DefaultJSONProvider

FEED = "feed"
PAGE = 20

dynamodb = boto3.resource("dynamodb")
articles = dynamodb.Table(os.environ["ARTICLES_TABLE_NAME"])
images = dynamodb.Table(os.environ["IMAGES_TABLE_NAME"])
s3 = boto3.client("s3")


class Provider(DefaultJSONProvider):
    @staticmethod
    def default(o: Any) -> Any:
        return float(o) if isinstance(o, Decimal) else DefaultJSONProvider.default(o)


app = Flask(__name__)
app.json = Provider(app)


def handler(event: Any, context: Any) -> Any:
    return serverless_wsgi.handle_request(app, event, context)


def caller() -> str:
    return str(request.environ["serverless.event"]["requestContext"]["authorizer"]["claims"]["sub"])


def everything(table: Any, condition: Any) -> list[Any]:
    found, more = [], {}
    while True:
        page = table.scan(FilterExpression=condition, **more)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return sorted(found, key=lambda item: str(item["created_at"]), reverse=True)[:PAGE]
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def shown(image: Any) -> Any:
    url = s3.generate_presigned_url("get_object", Params={"Bucket": os.environ["MEDIA_BUCKET"], "Key": image["id"]})
    return image | {"url": url}


@app.get("/articles/<article_id>")
def get_article(article_id: str) -> Response:
    article = articles.get_item(Key={"id": article_id})["Item"]
    found = [images.get_item(Key={"id": image_id})["Item"] for image_id in article["image_ids"]]
    return jsonify(article | {"images": [shown(image) for image in found]})


@app.get("/articles")
def list_articles() -> Response:
    if tag := request.args.get("tag"):
        return jsonify(items=everything(articles, Attr("tags").contains(tag)))
    if author := request.args.get("author"):
        return jsonify(items=everything(articles, Attr("author_id").eq(author)))
    page = articles.query(
        IndexName=FEED, KeyConditionExpression=Key("status").eq("published"), ScanIndexForward=False, Limit=PAGE
    )
    return jsonify(items=page["Items"])


@app.get("/labels/<label>/images")
def list_label_images(label: str) -> Response:
    return jsonify(items=[shown(image) for image in everything(images, Attr("label_names").contains(label))])


@app.post("/articles")
def create_article() -> tuple[Response, int]:
    now = datetime.now(UTC).isoformat()
    item = {"id": str(uuid.uuid4()), "author_id": caller(), "image_ids": [], "created_at": now, "updated_at": now}
    item |= request.get_json()
    articles.put_item(Item=item)
    return jsonify(item), 201


@app.patch("/articles/<article_id>")
def update_article(article_id: str) -> Response:
    article = articles.get_item(Key={"id": article_id})["Item"]
    article |= request.get_json() | {"updated_at": datetime.now(UTC).isoformat()}
    articles.put_item(Item=article)
    return jsonify(article)


@app.delete("/articles/<article_id>")
def delete_article(article_id: str) -> tuple[str, int]:
    article = articles.get_item(Key={"id": article_id})["Item"]
    for image_id in article["image_ids"]:
        images.delete_item(Key={"id": image_id})
        s3.delete_object(Bucket=os.environ["MEDIA_BUCKET"], Key=image_id)
    articles.delete_item(Key={"id": article_id})
    return "", 204


@app.post("/articles/<article_id>/images")
def create_image(article_id: str) -> tuple[Response, int]:
    articles.get_item(Key={"id": article_id})
    now = datetime.now(UTC).isoformat()
    image = {"id": str(uuid.uuid4()), "article_id": article_id, "status": "pending", "created_at": now}
    image |= request.get_json()
    images.put_item(Item=image)
    articles.update_item(
        Key={"id": article_id},
        UpdateExpression="SET image_ids = list_append(image_ids, :ids)",
        ExpressionAttributeValues={":ids": [image["id"]]},
    )
    upload = s3.generate_presigned_post(os.environ["UPLOADS_BUCKET"], image["id"], ExpiresIn=900)
    return jsonify(image=image, upload=upload), 201


@app.delete("/articles/<article_id>/images/<image_id>")
def delete_image(article_id: str, image_id: str) -> tuple[str, int]:
    article = articles.get_item(Key={"id": article_id})["Item"]
    images.delete_item(Key={"id": image_id})
    s3.delete_object(Bucket=os.environ["MEDIA_BUCKET"], Key=image_id)
    left = [other for other in article["image_ids"] if other != image_id]
    articles.update_item(
        Key={"id": article_id}, UpdateExpression="SET image_ids = :ids", ExpressionAttributeValues={":ids": left}
    )
    return "", 204
