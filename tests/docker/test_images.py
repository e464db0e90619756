"""What is in the images, and what is not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.images.functions import FUNCTIONS
from tests.docker.containers import Container, docker

pytestmark = pytest.mark.docker

Start = Callable[..., Container]

WALK = """
import json, os
found = []
for directory, folders, files in os.walk({root!r}):
    found += [os.path.join(directory, name) for name in files]
print(json.dumps(found))
"""

PACKAGES = {"api": {"articles", "api"}, "image_worker": {"articles", "image_worker"}}
SERVICES = {
    "api": {"dynamodb", "s3", "secretsmanager", "sqs", "sts"},
    "image_worker": {"dynamodb", "rekognition", "s3", "sns", "sqs"},
}
MAX_MEGABYTES_OVER_THE_BASE = 45


@pytest.fixture(params=FUNCTIONS)
def image(request: pytest.FixtureRequest) -> str:
    """Each image in turn."""
    return str(request.param)


def inspected(image: str) -> dict[str, Any]:
    """What Docker says about it."""
    return dict(json.loads(docker("image", "inspect", image).stdout)[0])


def files(container: Container, root: str) -> list[str]:
    """The paths of all files below a directory."""
    return list(json.loads(container.python(WALK.format(root=root))))


def test_nothing_is_in_it_that_the_function_does_not_need(start: Start, image: str) -> None:
    found = files(start(image), "/var/task")

    assert not [path for path in found if path.endswith((".pyi", "py.typed", ".c", ".h", ".pyx", ".sh", ".whl"))]
    assert not [path for path in found if {"tests", "test", "testing", "bin"} & set(path.split("/"))]
    assert not [
        path for path in found if path.startswith(("/var/task/pip/", "/var/task/setuptools/", "/var/task/local/"))
    ]


def test_there_is_no_pip_and_no_cache_of_a_package_manager(start: Start, image: str, images: dict[str, str]) -> None:
    container = start(image)

    assert files(container, "/var/cache") == files(container, "/tmp") == []
    assert (
        docker("run", "--rm", "--user=0", "--entrypoint=find", images[image], "/", "-xdev", "-name", ".cache").stdout
        == ""
    )
    if "gazette.inputs" in (inspected("gazette-lambda-base:3.13")["Config"]["Labels"] or {}):
        assert container.execute("python3", "-m", "pip").returncode != 0


def test_it_holds_its_own_packages_and_not_the_other_functions(start: Start, image: str) -> None:
    found = files(start(image), "/var/task")
    packages = {path.split("/")[3] for path in found}

    assert packages >= PACKAGES[image]
    assert not packages & ({"articles", "api", "image_worker", "web", "local", "tests"} - PACKAGES[image])


def test_botocore_describes_only_the_services_that_are_used(start: Start, image: str) -> None:
    found = files(start(image), "/var/task/botocore/data")

    assert {path.split("/")[5] for path in found if path.count("/") > 5} == SERVICES[image]


def test_every_module_is_compiled_and_not_compared_with_its_source(start: Start, image: str) -> None:
    container = start(image)
    found = set(files(container, "/var/task"))
    sources = {path for path in found if path.endswith(".py")}
    compiled = {path for path in found if path.endswith(".cpython-313.pyc")}

    assert {path.replace("/__pycache__/", "/").replace(".cpython-313.pyc", ".py") for path in compiled} == sources
    flags = container.python(
        "import pathlib; print({p.read_bytes()[4] for p in pathlib.Path('/var/task').rglob('*.pyc')})"
    )
    assert flags == "{1}"  # PEP 552: a hash, unchecked


IMPORTED = """
import importlib, importlib.util, json, os, sys
sys.path[:0] = ["/var/task", "/var/runtime"]
importlib.import_module("awslambdaric.bootstrap")
importlib.import_module("{module}")
wrong = []
for name, module in list(sys.modules.items()):
    spec = getattr(module, "__spec__", None)
    origin = getattr(spec, "origin", None) or ""
    if origin.endswith(".py") and spec.cached:
        bytecode = open(spec.cached, "rb").read(16) if os.path.exists(spec.cached) else b""
        if bytecode[:4] != importlib.util.MAGIC_NUMBER:
            wrong.append(name)
print(json.dumps([len(sys.modules), wrong]))
"""


@pytest.mark.parametrize("module", ["api.handler", "api.wiring", "api.priming", "api.session", "api.tokens"])
def test_whatever_the_api_imports_has_bytecode_of_this_python(start: Start, module: str) -> None:
    imported, wrong = json.loads(start("api").python(IMPORTED.format(module=module)).splitlines()[-1])
    assert imported > 100
    assert wrong == [], "a start without it takes three times as long"


def test_whatever_the_worker_imports_has_bytecode_of_this_python(start: Start) -> None:
    imported, wrong = json.loads(start("image_worker").python(IMPORTED.format(module="image_worker.worker")))
    assert imported > 100
    assert wrong == []


def test_it_trusts_those_who_speak_for_aws_and_nobody_else(start: Start, image: str) -> None:
    count = "import ssl; print(len(ssl.create_default_context(cafile='/var/task/botocore/cacert.pem').get_ca_certs()))"
    assert start(image).python(count) == "8"


def test_it_is_what_lambda_and_snapstart_ask_for(images: dict[str, str], image: str) -> None:
    configuration = inspected(images[image])["Config"]

    assert configuration["User"] not in ("", "0", "root")
    assert configuration["Entrypoint"] == ["/lambda-entrypoint.sh"]
    assert configuration["Cmd"] == [f"{image}.handler.handler"]
    assert configuration["WorkingDir"] == "/var/task"
    assert configuration["Labels"]["com.amazonaws.lambda.feature.snapstart"] == "Allow"
    environment = dict(variable.split("=", 1) for variable in configuration["Env"])
    assert environment["LAMBDA_TASK_ROOT"] == "/var/task"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert not [name for name in environment if name.startswith(("PIP_", "SSL_", "AWS_ACCESS", "AWS_SECRET"))]


def test_no_layer_tells_about_the_site_that_it_was_built_on(images: dict[str, str], image: str, start: Start) -> None:
    history = docker("history", "--no-trunc", images[image]).stdout
    container = start(image)

    assert "index-url" not in history
    assert container.execute("test", "-e", "/etc/pip.conf").returncode == 1
    assert container.execute("test", "-e", "/run/secrets").returncode == 1


def test_code_is_a_layer_of_its_own_on_top_of_the_dependencies(images: dict[str, str], image: str) -> None:
    made = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", images[image]).stdout.splitlines()
    copies = [line for line in made if line.startswith("COPY /")]

    assert copies[0].startswith("COPY /code/")
    assert copies[1].startswith("COPY /dependencies/")


def test_it_stays_small(images: dict[str, str], image: str) -> None:
    made = docker("history", "--human=false", "--format", "{{.Size}}\t{{.CreatedBy}}", images[image]).stdout
    own = sum(int(line.split("\t")[0]) for line in made.splitlines() if "/code/" in line or "/dependencies/" in line)

    assert 1 < own / 1e6 < MAX_MEGABYTES_OVER_THE_BASE


def test_every_file_can_be_read_by_lambdas_user(start: Start, image: str) -> None:
    unreadable = start(image).execute("find", "/var/task", "!", "-readable").stdout

    assert unreadable == ""
