"""`make restore-drill` on the local cloud: what people wrote is in the restored table, the live one stays as it is."""

import os
import re
import subprocess

import pytest

from local.layout import CHECKOUT
from tests.e2e.client import ApiClient
from tests.e2e.conftest import RunningStack

pytestmark = pytest.mark.e2e


def test_the_drill_finds_the_newest_articles_and_leaves_nothing(stack: RunningStack, alice: ApiClient) -> None:
    articles = [alice.create_article(status="published") for _ in range(3)]
    tables = stack.clients.dynamodb.list_tables()["TableNames"]

    for _ in range(2):
        drilled = subprocess.run(
            ["make", "--silent", "restore-drill"], cwd=CHECKOUT, capture_output=True, text=True, check=False,
            timeout=300, env={**os.environ, "GAZETTE_LOCAL_DIR": str(stack.layout.root)},
        )  # fmt: skip
        assert drilled.returncode == 0, f"{drilled.stdout}\n{drilled.stderr}"

        found = re.search(r"among them the newest (\d+) articles of the feed", drilled.stdout)
        assert found
        assert int(found[1]) >= 3, drilled.stdout
        assert "not restored, Terraform's to set again: time to live: by expires_at" in drilled.stdout
        assert stack.clients.dynamodb.list_tables()["TableNames"] == tables
    for article in articles:
        assert alice.session.get(f"{stack.outputs['api_url']}/articles/{article['id']}", timeout=30).status_code == 200
