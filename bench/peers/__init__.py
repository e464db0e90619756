"""The peers: get one article with two images, each as people would write it, in a few lines.

All read the article's partition of our table with one Query and answer the same JSON as our API. Whoever writes with
a framework takes boto3's resource, which turns items into Python values; the bare handler, our floor, takes the client
and turns them itself. Pictures that have renditions get URLs signed by an S3 client, made when the first is signed.
None validates ids, checks who asks, makes ETags, answers problems or logs, which ours does.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """The module here that has its handler, and what it installs; the versions stand in requirements/peers.txt."""

    module: str
    packages: tuple[str, ...]


PEERS = {
    "usual": Peer("usual", ("flask", "serverless-wsgi", "boto3")),
    # Not named as its adapter is, which it imports.
    "apig_wsgi": Peer("flask_apig", ("flask", "apig-wsgi", "boto3")),
    "fastapi_mangum": Peer("fastapi_mangum", ("fastapi", "mangum", "boto3")),
    "powertools": Peer("powertools", ("aws-lambda-powertools", "boto3")),
    "bare": Peer("bare", ("boto3",)),
}
