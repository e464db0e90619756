"""The one request that the peers and we are measured with, and DynamoDB's answer to it.

The article has 4,000 characters of text, three tags and two ready images. It comes in two variants, as frameworks show
most in the one and what is done with the items in the other: nobody has labels to convert or URLs to sign, or all have.
"""

from typing import Any

from moto import mock_aws

from articles.image_repository import ImageRepository
from articles.keys import article_key
from articles.repository import ArticleRepository
from articles.table import Table
from bench import capacity
from bench.operations import ANALYSIS, ENVIRONMENT, Operation, article, event_of, images_of
from tests.dynamodb import create_table
from tests.samples import an_id, finish

EVENT = event_of(Operation("GET", f"/articles/{an_id(1)}"))
VARIABLES = {name: value for name, value in ENVIRONMENT.items() if not name.endswith("S_TABLE_NAME")}
QUERY = "DynamoDB_20120810.Query"
VARIANTS = {"": "plain images", "_full": "labels and URLs"}
"""What each adds to the name of a benchmark, and what it is called: eight labels an image, two URLs signed for each."""


def answer(variant: str) -> dict[str, Any]:
    """What DynamoDB answers to the Query of the article's partition."""
    with mock_aws():
        own: Any = capacity.client()
        create_table(own, "gazette")
        table = Table(own, "gazette", sleep=lambda _: None)
        one = article(1)
        ArticleRepository(table).create(one)
        images = ImageRepository(table)
        for image in images_of(1):
            images.register(image)
            finish(images, image, ANALYSIS)
        found: dict[str, Any] = own.query(
            TableName="gazette",
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": article_key(one.id)["PK"]}},
        )
    items: list[Any] = found["Items"]
    if not variant:
        items = [{name: item[name] for name in item if name not in ("labels", "renditions")} for item in items]
    return {"Items": items, "Count": len(items), "ScannedCount": len(items)}
