"""Least privilege on the running stack: each function's role may do what the matrix of docs/security.md says, all of it
and nothing else. What is tried comes from the policies as they are applied, so a new statement needs a probe here."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from local.layout import CHECKOUT
from local.policies.__main__ import DOCUMENT
from local.policies.applied import FUNCTIONS, Applied, Role
from local.policies.matrix import Names, cells_of, draw, written_into
from tests.e2e.aws_probes import PROBES, RoleClients, attempts, covers, targets
from tests.e2e.conftest import RunningStack
from tests.parliament import findings

pytestmark = pytest.mark.e2e

# AWS has no finer grain for these (Service Authorization Reference: no resource types): each with its reason.
WITHOUT_RESOURCES = {
    "rekognition:DetectLabels": "the picture is in the call, there is no resource",
    "rekognition:DetectModerationLabels": "the picture is in the call, there is no resource",
    "xray:PutTelemetryRecords": "X-Ray has no resources to write to",
    "xray:PutTraceSegments": "X-Ray has no resources to write to",
}

# That the code calls, the operators' commands and the delivery included.
SERVICES = (
    "cloudwatch", "codedeploy", "cognito-idp", "dynamodb", "ecr", "iam", "lambda", "logs", "rekognition", "s3",
    "secretsmanager", "sns", "sqs", "sts",
)  # fmt: skip

# Calls that have another name than the action that IAM asks for.
ACTIONS_OF = {
    "s3:HeadObject": ["s3:GetObject"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "sqs:DeleteMessageBatch": ["sqs:DeleteMessage"],
    "sqs:SendMessageBatch": ["sqs:SendMessage"],
    "dynamodb:TransactWriteItems": [
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
    ],
}


@pytest.fixture(scope="module")
def roles(stack: RunningStack) -> list[Role]:
    return Applied(stack.clients, stack.outputs).roles()


@pytest.fixture(scope="module")
def clients(stack: RunningStack, roles: list[Role]) -> dict[str, RoleClients]:
    return {role.function: RoleClients(stack.clients, role.arn) for role in roles}


def test_the_matrix_in_the_docs_is_what_is_applied(stack: RunningStack, roles: list[Role]) -> None:
    names = Names.of(stack.outputs["table_name"], stack.outputs["image_events_topic_arn"])
    written = DOCUMENT.read_text("utf-8")

    drawn = written_into(written, draw(roles, Applied(stack.clients, stack.outputs).grants(), names))

    assert drawn.splitlines() == written.splitlines(), "run `make matrix`, and look at what changed"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_cell_of_the_matrix_is_allowed(
    stack: RunningStack, roles: list[Role], clients: dict[str, RoleClients], function: str
) -> None:
    [role] = [role for role in roles if role.function == function]
    known = targets(stack.outputs, roles)

    for cell in cells_of([role]):
        [statement] = [
            each for each in role.statements if cell.action in each.actions and cell.resource in each.resources
        ]
        tried = [
            probe.is_allowed(action, clients[function], target)
            for action, probe, target in attempts(known)
            if action == cell.action and covers(statement, action, target)
        ]
        assert tried, f"nothing tries {cell.action} on {cell.resource}: add it to tests/e2e/aws_probes.py"
        assert all(tried), f"{function} is denied {cell.action} on {cell.resource}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_everything_outside_the_cells_is_denied(
    stack: RunningStack, roles: list[Role], clients: dict[str, RoleClients], function: str
) -> None:
    [role] = [role for role in roles if role.function == function]
    outside = [
        (action, probe, target)
        for action, probe, target in attempts(targets(stack.outputs, roles))
        if not any(covers(statement, action, target) for statement in role.statements)
    ]

    allowed = [
        f"{action} on {target}"
        for action, probe, target in outside
        if probe.is_allowed(action, clients[function], target)
    ]

    assert not allowed
    assert len(outside) > 100


def test_every_call_in_the_code_is_tried_or_belongs_to_no_function(
    roles: list[Role], clients: dict[str, RoleClients]
) -> None:
    called = set(_actions_called("services"))
    assert called, "no call was found: does this test still know how the code calls AWS?"
    assert called <= PROBES.keys(), f"add to tests/e2e/aws_probes.py: {sorted(called - PROBES.keys())}"

    # What operators' commands and the delivery call besides is nothing that a function could.
    others = set(_actions_called("local")) - PROBES.keys()
    assert others
    for role in roles:
        assert not [action for action in sorted(others) if clients[role.function].simulated(action, "*")]


def _actions_called(package: str) -> Iterator[str]:
    """The IAM actions of all methods that are called anywhere in it and have a name of an operation of AWS."""
    operations = _operations()
    for path in (CHECKOUT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="get_paginator"), args=[ast.Constant(value=str(method))]):
                    called = operations[method]  # an unknown service's: name it in _operations
                case ast.Call(func=ast.Attribute(attr=str(method))) if method in operations:
                    called = operations[method]
                case _:
                    continue
            for operation in called:
                yield from ACTIONS_OF.get(operation, [operation])


def _operations() -> dict[str, list[str]]:
    """The methods of boto3's clients of the services that the code uses, and the operations they call."""
    session = botocore.session.get_session()
    found: dict[str, list[str]] = {}
    for service in SERVICES:
        for operation in session.get_service_model(service).operation_names:
            found.setdefault(xform_name(operation), []).append(f"{service}:{operation}")
    return found


def test_actions_are_named_one_by_one_and_resources_as_finely_as_aws_can(roles: list[Role]) -> None:
    for cell in cells_of(roles):
        assert "*" not in cell.action, cell
        if cell.resource == "*":
            assert cell.action in WITHOUT_RESOURCES, (
                f"{cell.function} may do {cell.action} anywhere: is there no resource?"
            )
        else:
            pattern = cell.resource.split(":", 5)[5]
            assert pattern.rstrip("*").endswith(("/", ":")) or "*" not in pattern, cell
            assert "*" not in pattern.rstrip("*"), cell


def test_parliament_finds_nothing_in_the_functions_policies(stack: RunningStack, roles: list[Role]) -> None:
    documents = [
        stack.clients.iam.get_role_policy(RoleName=role.name, PolicyName="function")["PolicyDocument"] for role in roles
    ]

    assert findings(documents) == []


def test_only_lambda_takes_on_the_functions_roles(stack: RunningStack, roles: list[Role]) -> None:
    for role in roles:
        trust: dict[str, object] = stack.clients.iam.get_role(RoleName=role.name)["Role"]["AssumeRolePolicyDocument"]  # type: ignore[assignment]
        assert [statement["Principal"] for statement in trust["Statement"]] == [{"Service": "lambda.amazonaws.com"}]  # type: ignore[attr-defined]


def test_the_functions_code_names_no_role_and_no_key() -> None:
    # Their credentials are what Lambda gives them, and nothing that somebody wrote down.
    for path in Path(CHECKOUT / "services").rglob("*.py"):
        text = path.read_text("utf-8")
        assert "aws_access_key_id" not in text, path
        assert "assume_role" not in text, path
