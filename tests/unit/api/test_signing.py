import base64
import json
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from api.media_urls import PresignedUrls
from api.presigning import presigner
from api.signing import Signer

NOT_SIGNED = {"policy", "x-amz-signature"}


def signer() -> Signer:
    session = botocore.session.get_session()
    session.set_credentials("AKIDEXAMPLE", "secret", "token")
    session.set_config_variable("region", "eu-central-1")
    s3 = presigner(session, lambda: pytest.fail("no client is needed to sign"))
    return Signer(s3, "uploads-bucket", PresignedUrls(s3, "media-bucket"))


def policy(seconds: int = 900) -> tuple[dict[str, str], Any]:
    post = signer().upload("ARTICLE", "IMAGE", "image/png", 1234, seconds)
    return post.fields, json.loads(base64.b64decode(post.fields["policy"]))


def test_a_policy_says_exactly_what_may_be_posted_and_leaves_nothing_open() -> None:
    fields, document = policy()
    conditions = document["conditions"]
    exact: dict[str, str] = {}
    for condition in (each for each in conditions if isinstance(each, dict)):
        exact |= condition
    # S3 refuses a form with a field that no condition names, so these are all that may come: no ACL, no metadata.
    assert exact == {
        "bucket": "uploads-bucket",
        "key": "uploads/ARTICLE/IMAGE",
        "Content-Type": "image/png",
        **{name: fields[name] for name in fields if name.startswith("x-amz-") and name not in NOT_SIGNED},
    }
    assert fields.keys() - NOT_SIGNED == exact.keys() - {"bucket"}
    others = [each for each in conditions if not isinstance(each, dict)]
    assert others == [["content-length-range", 1234, 1234]]


@pytest.mark.parametrize("seconds", [900, 1, 0, -1, -86_000])
def test_a_policy_ends_when_it_is_told_also_in_the_past(seconds: int) -> None:
    _, document = policy(seconds)
    left = (datetime.fromisoformat(document["expiration"]) - datetime.now(UTC)).total_seconds()
    assert seconds - 5 < left <= seconds
