"""What all peers share: the article's JSON out of its partition's items, which hold it nearly as it is shown."""

import os
from functools import cache

import boto3

ARTICLE = ("id", "title", "tags", "status", "version", "created_at", "updated_at", "body")
IMAGE = ("id", "article_id", "status", "filename", "content_type", "size", "width", "height", "alt", "error")
TIMES = ("created_at", "analysed_at")


@cache
def s3():
    return boto3.client("s3")


def url(image, rendition):
    key = f"media/{image['article_id']}/{image['id']}/{image['renditions']}/{rendition}.jpg"
    return s3().generate_presigned_url(
        "get_object", Params={"Bucket": os.environ["MEDIA_BUCKET"], "Key": key}, ExpiresIn=900
    )


def shown(items):
    """The article and its images; items in Python's values."""
    article, *images = items
    return {name: article[name] for name in ARTICLE} | {
        "author": {"id": article["author_id"], "name": article["author_name"]},
        "images": [
            {name: image.get(name) for name in IMAGE + TIMES}
            | {name: image.get(name, []) for name in ("labels", "moderation")}
            | {"urls": {r: url(image, r) for r in ("large", "thumbnail")} if "renditions" in image else None}
            for image in images
            if image["status"] == "ready"
        ],
    }
