"""The matrix of docs/security.md: the same for the same policies, and nothing of one account in it."""

import pytest

from local.errors import LocalError
from local.policies.applied import Grant, Role, Statement
from local.policies.matrix import BEGIN, END, Names, draw, written_into

ACCOUNT, REGION = "111122223333", "eu-west-1"
NAMES = Names.of("gazette-dev-articles", f"arn:aws:sns:{REGION}:{ACCOUNT}:gazette-dev-image-events")
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/gazette-dev-articles"
GRANT = Grant(
    f"arn:aws:sqs:{REGION}:{ACCOUNT}:gazette-dev-image-jobs",
    "Allow",
    "s3.amazonaws.com",
    ("sqs:SendMessage",),
    {"StringEquals": {"aws:SourceAccount": (ACCOUNT,)}},
)


def _role(function: str, *statements: Statement) -> Role:
    return Role(function, f"gazette-dev-{function}", f"gazette-dev-{function}", "arn", None, statements)


def _statement(*actions: str, resource: str = TABLE) -> Statement:
    return Statement("Sid", actions, (resource,), {})


def test_no_name_of_a_stage_or_an_account_stands_in_it() -> None:
    bucket = _statement("s3:GetObject", resource=f"arn:aws:s3:::gazette-dev-media-{ACCOUNT}-{REGION}/media/*")

    drawn = draw([_role("api", bucket)], [GRANT], NAMES)

    assert "| `gazette-{stage}-media-{account}-{region}/media/*` | `s3:GetObject` | ✓ |" in drawn
    assert ACCOUNT not in drawn
    assert "gazette-dev" not in drawn


def test_the_order_of_statements_and_actions_does_not_show() -> None:
    one = [_role("api", _statement("dynamodb:Query", "dynamodb:GetItem"), _statement("dynamodb:PutItem"))]
    other = [_role("api", _statement("dynamodb:PutItem"), _statement("dynamodb:GetItem", "dynamodb:Query"))]

    assert draw(one, [], NAMES) == draw(other, [], NAMES)


def test_each_functions_own_log_group_is_one_row() -> None:
    roles = [
        _role(
            name, _statement("logs:PutLogEvents", resource=f"arn:aws:logs:::log-group:/aws/lambda/gazette-dev-{name}:*")
        )
        for name in ("api", "sweeper")
    ]

    assert "| `log-group:/aws/lambda/{own name}:*` | `logs:PutLogEvents` | ✓ | ✓ |" in draw(roles, [], NAMES)


def test_a_condition_is_part_of_the_cell() -> None:
    statement = Statement("Sid", ("s3:ListBucket",), ("arn:aws:s3:::b",), {"StringLike": {"s3:prefix": ("media/*",)}})

    assert "`s3:ListBucket` where `s3:prefix` StringLike `media/*`" in draw([_role("api", statement)], [], NAMES)


@pytest.mark.parametrize("part", [{"Effect": "Deny"}, {"NotAction": ["s3:GetObject"]}])
def test_a_statement_that_the_matrix_could_not_show_is_refused(part: dict[str, object]) -> None:
    statement = {"Sid": "S", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"} | part

    with pytest.raises(LocalError):
        Statement.parse(statement)


def test_only_what_is_between_the_markers_changes() -> None:
    written = written_into(f"before\n{BEGIN}\nold\n{END}\nafter\n", "new")

    assert written == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="markers"):
        written_into("no markers", "new")
