"""The usual: Flask through serverless-wsgi, and boto3's resource."""

import os

import boto3
import serverless_wsgi
from article import shown
from boto3.dynamodb.conditions import Key
from flask import Flask

app = Flask(__name__)
app.json.default = float
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


@app.get("/articles/<article_id>")
def get_article(article_id):
    return shown(table.query(KeyConditionExpression=Key("PK").eq(f"ARTICLE#{article_id}"))["Items"])


def handler(event, context):
    return serverless_wsgi.handle_request(app, event, context)
