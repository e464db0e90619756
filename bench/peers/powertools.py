"""Powertools' resolver, and boto3's resource."""

import json
import os
from functools import partial

import boto3
from article import shown
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from boto3.dynamodb.conditions import Key

app = APIGatewayRestResolver(serializer=partial(json.dumps, default=float))
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


@app.get("/articles/<article_id>")
def get_article(article_id):
    return shown(table.query(KeyConditionExpression=Key("PK").eq(f"ARTICLE#{article_id}"))["Items"])


def handler(event, context):
    return app.resolve(event, context)
