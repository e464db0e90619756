"""Delivery for real: this checkout's own Terraform, Dockerfiles and commands, from `bootstrap` to `rollback`.

Debian's docker-registry is ECR's data plane. The emulator is everything else of AWS, its IAM enforced: it pulls the
functions' images by the digests that Terraform gave it, and runs them. Some of the configuration is overridden for the
emulator's sake: it speaks no TLS, it keeps no logs of WAF, it forgets what its alarms were made of
(tests/terraform/test_alarms.py shows that the plan of those is empty, too), it takes no snapshots, and it has no
CodeDeploy (tests/unit/local/delivery/test_traffic.py), so that here an apply moves the aliases.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import boto3
import pytest

from local.clients import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local.images import base, engine
from local.layout import CHECKOUT, Layout
from local.ports import free_port
from local.programs import emulator

pytestmark = pytest.mark.docker

ACCOUNT = "000000000000"
STATE_BUCKET = f"gazette-terraform-state-{ACCOUNT}-{REGION}"
OVERRIDE = """
module "gazette" {
  require_tls       = false
  observability     = false
  waf               = null
  deployment_config = null
  functions         = { for key in ["api", "authorizer"] : key => { snap_start = false } }
}
"""
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", ".terraform*", "*.tfstate*", "*.tfvars", "__pycache__", "node_modules", ".*_cache"
)
LINE, CHANGED_LINE = "{**_document(), ", '{**_document(), "x-release": "second", '


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    output: str


class Running:
    """A command under way. It prints into a file: a plan is more than a pipe holds while nobody reads it."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[str]) -> None:
        self._process = process
        self._output = output

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def outcome(self) -> Outcome:
        """Waits for its end."""
        self._process.wait()
        with self._output as output:
            output.seek(0)
            return Outcome(self._process.returncode, output.read())


class Site:
    """A copy of the checkout, and the clouds that it delivers to."""

    def __init__(self, checkout: Path, registry: str, endpoint_url: str, access_log: Path) -> None:
        self.checkout = checkout
        self.registry = registry
        self.endpoint_url = endpoint_url
        self._access_log = access_log

    def start(self, *command: str, **settings: str) -> "Running":
        """Starts `python -m local.delivery …` in the copy."""
        foreign = ("AWS_", "TF_VAR_", "GITHUB_", "GAZETTE_", "APPROVE", "TAKE_OVER")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        if not kept.get("BASE_IMAGE") and engine.image_exists(base.BASE):
            kept["BASE_IMAGE"] = base.BASE
        host = self.endpoint_url.partition("//")[2].partition(":")[0]
        output = tempfile.TemporaryFile("w+")  # noqa: SIM115 - Running closes it
        process = subprocess.Popen(
            [sys.executable, "-m", "local.delivery", *command],
            cwd=self.checkout,
            env=kept
            | {
                "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
                "AWS_REGION": REGION,
                "AWS_ENDPOINT_URL": self.endpoint_url,
                "NO_PROXY": f"{host},127.0.0.1,localhost",
                "APPROVE": "yes",
                "GAZETTE_REGISTRY": self.registry,
                "GAZETTE_API_URL": f"{self.endpoint_url}/restapis/{{id}}/{{stage}}/_user_request_",
                **(
                    {"GAZETTE_PROVIDER_MIRROR": mirror} if (mirror := os.environ.get("GAZETTE_PROVIDER_MIRROR")) else {}
                ),
            }
            | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        return Running(process, output)

    def run(self, *command: str, **settings: str) -> Outcome:
        """Runs it to its end."""
        return self.start(*command, **settings).outcome()

    def client(self, service: Any) -> Any:
        """An AWS client of the account's root."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def releases(self, stage: str) -> list[dict[str, Any]]:
        """The stage's release record."""
        answer = self.client("s3").get_object(Bucket=STATE_BUCKET, Key=f"releases/{stage}.json")
        releases: list[dict[str, Any]] = json.loads(answer["Body"].read())["releases"]
        return releases

    def function_images(self, stage: str) -> dict[str, str]:
        """The image that each function of the stage has."""
        client = self.client("lambda")
        return {
            key: client.get_function(FunctionName=f"gazette-{stage}-{key}")["Code"]["ImageUri"]
            for key in ("api", "authorizer", "image-worker", "sweeper")
        }

    def document(self, stage: str) -> dict[str, Any]:
        """/openapi.json through the stage's URL: the API's function answers it."""
        for api in self.client("apigateway").get_rest_apis()["items"]:
            if api["name"] == f"gazette-{stage}":
                url = f"{self.endpoint_url}/restapis/{api['id']}/{stage}/_user_request_/openapi.json"
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(url, timeout=60) as response:
                    document: dict[str, Any] = json.load(response)
                    return document
        raise AssertionError(f"no API gazette-{stage}")

    def writes_to_the_registry(self) -> int:
        """How many requests so far were to change what the registry holds."""
        log = self._access_log.read_text()
        return sum(log.count(f'"{method} /v2/') for method in ("PUT", "POST", "PATCH"))


@dataclass
class Story:
    """What happened to a site, step by step."""

    site: Site
    bootstrap: Outcome
    first: Outcome
    again: Outcome
    writes_before_again: int
    writes_after_again: int
    changed: Outcome
    changed_document: dict[str, Any]
    promotion: Outcome
    rollback: Outcome
    rolled_back_document: dict[str, Any]
    second_rollback: Outcome


@pytest.fixture(scope="module")
def story(docker_engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Bootstrap, a first deploy, the same again, a changed line, its promotion and its rollback: told once, as each
    step needs the one before."""
    require("terraform", "docker-registry")
    root = tmp_path_factory.mktemp("delivery")
    checkout = root / "checkout"
    shutil.copytree(CHECKOUT, checkout, ignore=NOT_COPIED)
    for stage in ("dev", "prod"):
        (checkout / "terraform" / "environments" / stage / "emulator_override.tf").write_text(OVERRIDE)
    with ExitStack() as running:
        registry = running.enter_context(docker_registry(root, docker_engine))
        endpoint_url = running.enter_context(cloud(root, docker_engine))
        yield tell(Site(checkout, registry, endpoint_url, root / "registry.log"))


def tell(site: Site) -> Story:
    """Does it all, in about four minutes, most of them Terraform's waiting."""
    bootstrapping = site.start("bootstrap")
    wait_until(lambda: site.client("s3").list_buckets()["Buckets"] or bootstrapping.has_ended)
    first = site.run("deploy", "--stage", "dev")
    bootstrap = bootstrapping.outcome()
    assert bootstrap.status == first.status == 0, f"{bootstrap.output}\n{first.output}"

    writes = site.writes_to_the_registry()
    again = site.run("deploy", "--stage", "dev")
    writes_after_again = site.writes_to_the_registry()

    routes = site.checkout / "services" / "api" / "service_routes.py"
    assert LINE in routes.read_text()
    routes.write_text(routes.read_text().replace(LINE, CHANGED_LINE))
    changed = site.run("deploy", "--stage", "dev")
    assert changed.status == 0, changed.output
    changed_document = site.document("dev")

    promoting = site.start("deploy", "--stage", "prod", TF_VAR_cors_allow_origin="https://gazette.example")
    wait_until(lambda: promoting.has_ended or exists(site, "releases/prod.json"), seconds=180)
    rollback = site.run("rollback", "--stage", "dev")
    rolled_back_document = site.document("dev") if rollback.status == 0 else {}
    return Story(
        site=site,
        bootstrap=bootstrap,
        first=first,
        again=again,
        writes_before_again=writes,
        writes_after_again=writes_after_again,
        changed=changed,
        changed_document=changed_document,
        rollback=rollback,
        rolled_back_document=rolled_back_document,
        second_rollback=site.run("rollback", "--stage", "dev"),
        promotion=promoting.outcome(),
    )


def require(*programs: str) -> None:
    """Skips where the machine lacks something; fails where everything has to be there."""
    missing = [program for program in programs if shutil.which(program) is None]
    reason = f"not installed: {', '.join(missing)}"
    if missing and os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    if missing:
        pytest.skip(reason)


@contextmanager
def docker_registry(root: Path, docker: str) -> Iterator[str]:
    """A registry that lets everybody in; gives its host and port."""
    host = f"127.0.0.1:{free_port()}"
    settings = root / "registry.yml"
    # JSON is YAML, too.
    settings.write_text(
        json.dumps(
            {
                "version": 0.1,
                "log": {"accesslog": {"disabled": False}},
                "storage": {"filesystem": {"rootdirectory": str(root / "registry")}},
                "http": {"addr": host},
            }
        )
    )
    with process(["docker-registry", "serve", str(settings)], dict(os.environ), root / "registry.log"):
        wait_until(lambda: answers(f"http://{host}/v2/"))
        try:
            yield host
        finally:
            # What the emulator pulled by digest. Nobody else can use it: the registry goes.
            listed = subprocess.run(
                [
                    docker, "image", "ls", "--digests",
                    "--filter", f"reference={host}/*/*", "--format", "{{.Repository}}@{{.Digest}}",
                ],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            if listed.stdout.split():
                subprocess.run([docker, "image", "rm", *listed.stdout.split()], capture_output=True, check=False)


@contextmanager
def cloud(root: Path, docker: str) -> Iterator[str]:
    """The emulator where containers reach it, on the bridge's own address; gives its URL."""
    shown = subprocess.run(
        [docker, "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    layout = Layout(root / "cloud")
    layout.create()
    address = shown.stdout.strip() or "172.17.0.1"
    program = emulator(layout, free_port(), address)
    url = f"http://{address}:{program.port}"
    environment: Mapping[str, str] = {
        **program.environment,
        "DOCKER_HOST": os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"),
        "AWS_ENDPOINT_URL": url,  # is handed to the functions' containers
    }
    name = f"gazette-delivery-{program.port}"
    with process(list(program.command), {**environment, "MINISTACK_HOSTNAME": name}, layout.log("emulator")):
        try:
            wait_until(lambda: answers(f"{url}/_ministack/health"))
            yield url
        finally:
            mine = ["--filter", f"label=ministack.instance={name}:{program.port}"]
            left = subprocess.run(
                [docker, "ps", "--all", "--quiet", *mine], capture_output=True, text=True, check=True
            ).stdout.split()
            if left:
                subprocess.run([docker, "rm", "--force", *left], capture_output=True, check=False)


@contextmanager
def process(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A program for as long as it is needed."""
    with log.open("w") as output:
        running = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            running.terminate()
            running.wait()


def wait_until(true: Any, seconds: float = 60) -> None:
    """Polls, gently."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.3)


def answers(url: str) -> bool:
    """Whether there is a 200."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def exists(site: Site, key: str) -> bool:
    """Whether the state bucket holds that object."""
    return "Contents" in site.client("s3").list_objects_v2(Bucket=STATE_BUCKET, Prefix=key)


def test_the_state_of_every_root_lies_in_the_bucket(story: Story) -> None:
    held = story.site.client("s3").list_objects_v2(Bucket=STATE_BUCKET)["Contents"]

    assert {item["Key"] for item in held} >= {
        "gazette/bootstrap.tfstate",
        "gazette/registry.tfstate",
        "gazette/dev.tfstate",
        "gazette/prod.tfstate",
        "releases/dev.json",
        "releases/prod.json",
    }
    assert not [item["Key"] for item in held if item["Key"].endswith(".tflock")]


def test_functions_run_the_digests_that_were_written_down(story: Story) -> None:
    first = story.site.releases("dev")[0]

    assert first["kind"] == "deploy"
    assert first["status"] == "succeeded"
    assert set(first["images"]) == {"api", "image_worker"}
    for image, reference in first["images"].items():
        assert reference.startswith(f"{story.site.registry}/gazette/{image}@sha256:")
        assert f"  {image:<13} {reference}\n" in story.first.output


def test_each_release_names_its_base_by_digest_and_says_what_is_in_its_images(story: Story) -> None:
    first, second = story.site.releases("dev")[:2]
    held = story.site.client("s3").list_objects_v2(Bucket=STATE_BUCKET, Prefix="sboms/")["Contents"]

    assert first["bases"]
    assert all(re.search(r"[0-9a-f]{64}$", base) for base in first["bases"].values())
    assert second["bases"] == first["bases"] == story.site.releases("prod")[0]["bases"]
    assert {item["Key"] for item in held} == {
        f"sboms/{image}/{reference.rpartition(':')[2]}.spdx.json"
        for release in (first, second)
        for image, reference in release["images"].items()
    }


def test_a_registry_that_scans_nothing_is_said_to(story: Story) -> None:
    assert f"api: nothing scanned it, as {story.site.registry} is not ECR (GAZETTE_REGISTRY)" in story.promotion.output


def test_a_second_run_pushes_nothing_and_its_plan_is_empty(story: Story) -> None:
    assert story.again.status == 0, story.again.output
    assert story.writes_before_again > 0
    assert story.writes_after_again == story.writes_before_again
    assert story.again.output.count("nothing to build, nothing to push") == 2
    assert "The plan is empty: dev already is what this would make it." in story.again.output
    assert "terraform apply" not in story.again.output


def test_a_changed_line_reaches_the_stage_in_its_own_image_alone(story: Story) -> None:
    first, second = story.site.releases("dev")[:2]

    assert story.changed_document["x-release"] == "second"
    assert second["images"]["api"] != first["images"]["api"]
    assert second["images"]["image_worker"] == first["images"]["image_worker"]
    assert story.changed.output.count("nothing to build, nothing to push") == 1


def test_prod_runs_the_very_digests_that_dev_ran(story: Story) -> None:
    assert story.promotion.status == 0, story.promotion.output
    [promoted] = story.site.releases("prod")
    source = story.site.releases("dev")[1]
    running = story.site.function_images("prod")

    assert promoted["kind"] == "promotion"
    assert promoted["of"] == source["id"]
    assert promoted["images"] == source["images"]
    assert running["api"] == running["authorizer"] == source["images"]["api"]
    assert running["image-worker"] == running["sweeper"] == source["images"]["image_worker"]
    assert story.site.document("prod")["x-release"] == "second"
    assert "push gazette/" not in story.promotion.output


def test_a_rollback_brings_the_code_before_back(story: Story) -> None:
    assert story.rollback.status == 0, story.rollback.output
    first, _, last = story.site.releases("dev")

    assert "x-release" not in story.rolled_back_document
    assert last["kind"] == "rollback"
    assert last["status"] == "succeeded"
    assert last["of"] == first["id"]
    assert last["images"] == first["images"]
    assert story.site.function_images("dev")["api"] == first["images"]["api"]


def test_there_is_no_rollback_past_the_first_release(story: Story) -> None:
    assert story.second_rollback.status == 1
    assert "dev has no release with other images to go back to." in story.second_rollback.output
