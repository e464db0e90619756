"""The functions in their images, called through AWS's emulator, read-only and as nobody in particular."""

import json
import re
import time
from collections.abc import Callable

import pytest

from tests.docker.containers import API, NOWHERE, WORKER, Container, docker, event
from tests.gateway import recorded, rest_event
from tests.routes import ROUTES, Token

pytestmark = pytest.mark.docker

Start = Callable[..., Container]

LAMBDA_LIMIT = 6 * 1024 * 1024  # bytes of a synchronous event


def test_an_api_that_is_told_nothing_answers_what_needs_no_aws(start: Start) -> None:
    api = start("api")

    health = api.invoke(event("get_health"))
    document = api.invoke(event("get_openapi"))

    assert (health["statusCode"], json.loads(health["body"])) == (200, {"status": "ok"})
    assert document["statusCode"] == 200
    assert json.loads(document["body"])["openapi"].startswith("3.")


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        pytest.param({}, 3, id="no settings"),
        pytest.param(API, 3, id="no region"),
        pytest.param(API | {"AWS_DEFAULT_REGION": "us-east-1"}, 3, id="no credentials"),
        # A feed reads its shards in two rounds of three tries, between which the SDK waits up to 1 and 2 seconds.
        pytest.param(API | NOWHERE, 12, id="nobody there"),
    ],
)
@pytest.mark.parametrize("name", ["list_articles", "rest_proxy"])
def test_what_needs_dynamodb_is_a_503_at_once(
    start: Start, environment: dict[str, str], seconds: float, name: str
) -> None:
    api = start("api", "", environment)
    api.invoke(event("get_health"))

    began = time.monotonic()
    answer = api.invoke(event(name))

    assert time.monotonic() - began < seconds
    assert answer["statusCode"] == 503
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]
    assert answer["isBase64Encoded"] is False
    assert json.loads(answer["body"])["status"] == 503


def test_an_api_with_no_gateway_before_it_knows_nobody(start: Start) -> None:
    api = start("api", "", API | NOWHERE)
    claims = json.dumps(recorded("cognito_authorizer")["claims"])
    headers = {
        "Content-Type": "application/json",
        "Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsInRva2VuX3VzZSI6ImlkIn0.",
        "X-Amzn-Claims": claims,
        "Serverless.Authorizer": f'{{"claims": {claims}}}',
    }

    for route in ROUTES:
        target = re.sub(r"\{\w+\}", "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC", route.path)
        if route.token is Token.REQUIRED:
            answer = api.invoke(rest_event(route.method, target, headers=headers, body='{"title": "t", "body": "b"}'))
            assert answer["statusCode"] == 401, route
            assert answer["multiValueHeaders"]["WWW-Authenticate"] == ["Bearer"]
    assert api.invoke(rest_event("GET", "/articles?author=me", headers=headers))["statusCode"] == 401


def test_an_api_that_terraform_told_only_half_does_not_start(start: Start) -> None:
    answer = start("api", "", {"TABLE_NAME": "gazette"}).invoke(event("get_health"))

    assert answer["errorType"] == "SettingsError"
    assert "UPLOADS_BUCKET" in answer["errorMessage"]


def test_an_event_of_somebody_else_is_an_error_and_the_next_one_is_served(start: Start) -> None:
    api = start("api")

    assert api.invoke({"hello": "world"})["errorType"] == "KeyError"
    assert api.invoke(event("get_health"))["statusCode"] == 200


def test_an_event_over_the_limit_is_an_error_and_the_next_one_is_served(start: Start) -> None:
    api = start("api")
    too_large = {**event("list_articles"), "body": "x" * LAMBDA_LIMIT}

    assert "errorType" in api.invoke(too_large)
    assert api.invoke(event("get_health"))["statusCode"] == 200


def test_what_is_no_json_is_an_error_and_the_next_one_is_served(start: Start) -> None:
    api = start("api")

    assert json.loads(api.invoke_raw(b"{"))["errorType"] == "Runtime.UnmarshalError"
    assert api.invoke(event("get_health"))["statusCode"] == 200


def test_the_authorizer_is_another_command_of_the_same_image(start: Start) -> None:
    environment = {"JWKS_URL": "http://127.0.0.1:9/", "TOKEN_AUDIENCE": "gazette", "TOKEN_ISSUER": "http://127.0.0.1:9"}

    answer = start("api", "api.authorizer.handler", environment).invoke(event("request_authorizer"))

    assert answer["principalId"] == "anonymous"
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_a_batch_gives_back_the_messages_that_failed_and_no_others(start: Start) -> None:
    batch = event("image_jobs")
    test_message = {
        **batch["Records"][0],
        "messageId": "s3-tests-its-configuration",
        "body": json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "gazette-uploads"}),
    }
    batch["Records"].append(test_message)

    answer = start("image_worker", "", WORKER | NOWHERE).invoke(batch)

    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}


def test_the_sweeper_is_another_command_of_the_workers_image(start: Start) -> None:
    sweeper = start("image_worker", "image_worker.sweeper_handler.handler", WORKER | NOWHERE)

    assert sweeper.invoke(event("schedule"))["errorType"] == "EndpointConnectionError"


def test_a_worker_without_settings_names_what_is_missing(start: Start) -> None:
    answer = start("image_worker").invoke(event("image_jobs"))

    assert answer["errorType"] == "SettingsError"
    assert "TABLE_NAME" in answer["errorMessage"]


@pytest.mark.parametrize("image", ["api", "image_worker"])
def test_it_runs_as_nobody_and_can_write_to_tmp_alone(start: Start, image: str) -> None:
    container = start(image)

    assert container.python("import os; print(os.getuid() != 0, os.getgid() != 0)") == "True True"
    written = container.python(
        "import os, tempfile\n"
        "for place in ('/', '/var/task', '/var/task/articles', '/opt', '/tmp'):\n"
        "    try:\n"
        "        tempfile.TemporaryFile(dir=place).close()\n"
        "        print(place)\n"
        "    except OSError:\n"
        "        pass\n"
    )
    assert written == "/tmp"


@pytest.mark.parametrize("image", ["api", "image_worker"])
def test_it_stops_within_a_second_of_sigterm(start: Start, image: str) -> None:
    container = start(image)
    container.invoke({})

    docker("stop", "--time=1", container.name)  # kills it a second after SIGTERM, where it still runs

    state = json.loads(docker("inspect", "--format", "{{json .State}}", container.name).stdout)
    assert state["ExitCode"] != 137, state


def test_a_log_line_is_one_json_object(start: Start) -> None:
    api = start("api", "", API | NOWHERE)
    api.invoke(event("rest_proxy"))

    own = [json.loads(line) for line in api.logs.splitlines() if line.startswith('{"')]

    assert [line["level"] for line in own] == ["ERROR", "INFO"]
