"""The floor: no framework, and boto3's client."""

import json
import os

import boto3
from article import shown
from boto3.dynamodb.types import TypeDeserializer

dynamodb = boto3.client("dynamodb")
plain = TypeDeserializer().deserialize


def handler(event, context):  # noqa: ARG001
    answer = dynamodb.query(
        TableName=os.environ["TABLE_NAME"],
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": f"ARTICLE#{event['pathParameters']['article_id']}"}},
    )
    items = [plain({"M": item}) for item in answer["Items"]]
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(shown(items), default=float),
    }
