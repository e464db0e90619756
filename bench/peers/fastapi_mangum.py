"""FastAPI through Mangum, and boto3's resource."""

import os

import boto3
from article import shown
from boto3.dynamodb.conditions import Key
from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


@app.get("/articles/{article_id}")
def get_article(article_id: str):
    return shown(table.query(KeyConditionExpression=Key("PK").eq(f"ARTICLE#{article_id}"))["Items"])


handler = Mangum(app, lifespan="off")
