"""The page as AWS would serve it: applied to an emulator, each file of services/web is there as it is, under the type
that a browser needs, and a second plan is empty."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.clients import REGION
from tests.terraform.conftest import CHECKOUT, Terraform
from tests.terraform.emulated import Client, cloud

pytestmark = pytest.mark.terraform

WEB = CHECKOUT / "services" / "web"
BUCKET = f"gazette-dev-page-000000000000-{REGION}"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
PLACES = {"media_origin", "api_origin", "uploads_origin", "sign_in_origin"}
ROOT = """
provider "aws" {
  region            = "%s"
  s3_use_path_style = true
}

module "web_page" {
  source = "../modules/web_page"

  name           = "gazette-dev"
  directory      = "../../services/web"
  api_id         = "a1b2c3"
  stage          = "dev"
  sign_in_url    = "https://gazette-dev-000000000000.auth.us-east-1.amazoncognito.com"
  client_id      = "client"
  uploads_origin = "https://uploads.s3.us-east-1.amazonaws.com"
  media_origin   = "https://media.s3.us-east-1.amazonaws.com"
  require_tls    = false # the emulator speaks plain HTTP
}
"""


@dataclass(frozen=True)
class Applied:
    """What is in the bucket, by key: as S3 answers a GET, with its `content`; the distribution's configuration."""

    objects: dict[str, dict[str, Any]]
    distribution: dict[str, Any]
    second_plan: set[str]


@pytest.fixture(scope="module")
def applied(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    root = terraform.checkout / "terraform" / "page"
    root.mkdir()
    (root / "main.tf").write_text(ROOT % REGION)
    with cloud(tmp_path_factory.mktemp("cloud"), terraform) as (there, client):
        done = there.run_initialised("page", "apply", "-auto-approve", "-input=false", "-no-color")
        assert done.returncode == 0, done.stdout
        planned = there.run("page", "plan", "-json", "-input=false")
        [distribution] = client("cloudfront").list_distributions()["DistributionList"]["Items"]
        yield Applied(
            objects=_objects(client),
            distribution=client("cloudfront").get_distribution_config(Id=distribution["Id"])["DistributionConfig"],
            second_plan=_changes(planned.stdout),
        )


def _changes(plan: str) -> set[str]:
    """The resources that a plan would change, of its messages; and whatever it complains about."""
    messages = [json.loads(line) for line in plan.splitlines() if line.startswith("{")]
    assert messages[-1]["type"] == "change_summary", plan
    return {
        message["change"]["resource"]["resource_type"] for message in messages if message["type"] == "planned_change"
    }


def _objects(client: Client) -> dict[str, dict[str, Any]]:
    s3 = client("s3")
    found = {}
    for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        answer = s3.get_object(Bucket=BUCKET, Key=item["Key"])
        found[item["Key"]] = answer | {"content": answer["Body"].read()}
    return found


def _served() -> dict[str, Path]:
    return {
        str(path.relative_to(WEB)): path
        for path in WEB.rglob("*")
        if path.is_file() and path.name != "security_headers.json" and path.suffix != ".md"
    }


def test_each_file_is_there_as_it_is_and_nothing_else(applied: Applied) -> None:
    served = _served()

    assert {"index.html", "style.css", "js/app.js", "vendor/lit-html.js"} <= served.keys()
    assert applied.objects.keys() == served.keys() | {"config.json"}
    assert [name for name, path in served.items() if applied.objects[name]["content"] != path.read_bytes()] == []


def test_each_file_has_its_type_and_is_asked_for_each_time(applied: Applied) -> None:
    assert {name: answer["ContentType"] for name, answer in applied.objects.items()} == {
        name: TYPES[Path(name).suffix] for name in applied.objects
    }
    assert {answer["CacheControl"] for answer in applied.objects.values()} == {"no-cache"}


def test_the_page_is_told_where_its_cloud_is(applied: Applied) -> None:
    assert json.loads(applied.objects["config.json"]["content"]) == {
        "api_url": "/dev",
        "sign_in_url": "https://gazette-dev-000000000000.auth.us-east-1.amazoncognito.com",
        "client_id": "client",
    }


def test_the_stages_path_goes_to_the_api_and_everything_else_to_the_bucket(applied: Applied) -> None:
    [behaviour] = applied.distribution["CacheBehaviors"]["Items"]
    origins = {one["Id"]: one["DomainName"] for one in applied.distribution["Origins"]["Items"]}

    assert behaviour["PathPattern"] == "/dev/*"
    assert origins[behaviour["TargetOriginId"]] == f"a1b2c3.execute-api.{REGION}.amazonaws.com"
    assert origins[applied.distribution["DefaultCacheBehavior"]["TargetOriginId"]].startswith(BUCKET)
    assert not [name for name in _served() if name.startswith("dev/")]


def test_a_second_plan_is_empty(applied: Applied) -> None:
    assert applied.second_plan == set()


def test_the_policy_of_the_page_allows_nothing_that_text_could_become_code_by() -> None:
    headers = json.loads((WEB / "security_headers.json").read_text("utf-8"))
    policy = dict(directive.strip().partition(" ")[::2] for directive in headers["Content-Security-Policy"].split(";"))
    values = " ".join(policy.values())

    assert not re.search(r"unsafe|\*|data:|https?:|'nonce|'sha", values)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert {"base-uri", "form-action", "frame-ancestors"} <= {name for name in policy if policy[name] == "'none'"}
    assert set(re.findall(r"{(\w+)}", json.dumps(headers))) == PLACES
