"""Draws the matrix of docs/security.md: function × action × resource, and what resources' own policies say."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from local.policies.applied import Grant, Role

BEGIN = "<!-- matrix: written by `make matrix` -->"
END = "<!-- matrix ends -->"


@dataclass(frozen=True, order=True)
class Cell:
    """One action that a function may do to one resource. `resource` is an ARN, or a pattern of ARNs."""

    function: str
    action: str
    resource: str
    condition: str
    """As text; empty for none."""


@dataclass(frozen=True)
class Names:
    """What differs between stages and accounts, and so is no part of the matrix. `prefix` is Terraform's var.name."""

    prefix: str
    stage: str
    account: str
    region: str

    @classmethod
    def of(cls, table_name: str, topic_arn: str) -> "Names":
        """From a table's name (<name>-articles, where name is gazette-<stage>) and any ARN of the account."""
        _, _, _, region, account, _ = topic_arn.split(":", 5)
        prefix = table_name.removesuffix("-articles")
        return cls(prefix, prefix.partition("-")[2], account, region)

    def hidden(self, text: str) -> str:
        """The text with placeholders: an ARN shows its last part alone."""
        if text.startswith("arn:"):
            _, _, service, _, _, resource = text.split(":", 5)
            text = self._api(resource) if service == "execute-api" else resource
        for name, placeholder in (
            (self.prefix, "gazette-{stage}"),
            (self.account, "{account}"),
            (self.region, "{region}"),
        ):
            text = text.replace(name, placeholder)
        return text

    def _api(self, resource: str) -> str:
        """API Gateway's ARNs hold ids: {api}/{stage}/…, {api}/authorizers/{id}."""
        resource = re.sub(r"^[^/]+/authorizers/.+", "{api}/authorizers/{authorizer}", resource)
        return re.sub(rf"^[^/]+/{re.escape(self.stage)}/", "{api}/{stage}/", resource)


def cells_of(roles: Iterable[Role]) -> list[Cell]:
    """Each action of each statement with each of its resources."""
    return [
        Cell(role.function, action, resource, _condition(statement.condition))
        for role in roles
        for statement in role.statements
        for action in statement.actions
        for resource in statement.resources
    ]


def draw(roles: Sequence[Role], grants: Sequence[Grant], names: Names) -> str:
    """The Markdown between the markers. The same for the same policies, whatever their order."""
    functions = [role.function for role in roles]
    rows: dict[tuple[str, str, str], set[str]] = {}
    cells = cells_of(roles)
    own = {role.function: role.function_name for role in roles}
    for cell in cells:
        shown = names.hidden(cell.resource.replace(f"/{own[cell.function]}:", "/{own name}:"))
        rows.setdefault((shown, cell.action, names.hidden(cell.condition)), set()).add(cell.function)
    lines = [
        f"| resource | action | {' | '.join(functions)} |",
        f"| --- | --- | {' | '.join(':-:' for _ in functions)} |",
    ]
    for (resource, action, condition), allowed in sorted(rows.items(), key=_by_service):
        marks = ["✓" if function in allowed else "" for function in functions]
        what = f"`{action}`" + (f" where {condition}" if condition else "")
        lines.append(f"| {_code(resource)} | {what} | {' | '.join(marks)} |")
    counts = ", ".join(f"{function} {sum(cell.function == function for cell in cells)}" for function in functions)
    lines += ["", f"{len(cells)} cells: {counts}. Every cell that is empty is denied.", ""]
    lines += ["| resource with a policy of its own | who | action | where |", "| --- | --- | --- | --- |"]
    lines += sorted(_grant(grant, names) for grant in grants)
    return "\n".join(lines)


def written_into(document: str, matrix: str) -> str:
    """The document with the matrix between its markers. Raises ValueError where they are missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The markers are missing: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{matrix}\n\n{END}{after}"


def _by_service(row: tuple[tuple[str, str, str], set[str]]) -> tuple[str, str, str]:
    resource, action, _ = row[0]
    return action.partition(":")[0], resource, action


def _grant(grant: Grant, names: Names) -> str:
    verb = "" if grant.effect == "Allow" else f"{grant.effect}: "
    actions = ", ".join(f"`{action}`" for action in sorted(grant.actions))
    condition = names.hidden(_condition(grant.condition, names))
    return f"| {_code(names.hidden(grant.resource))} | {grant.principal} | {verb}{actions} | {condition} |"


def _condition(condition: Mapping[str, Mapping[str, Sequence[str]]], names: Names | None = None) -> str:
    return " and ".join(
        f"`{key}` {operator} " + " or ".join(_code(names.hidden(value) if names else value) for value in values)
        for operator, keys in sorted(condition.items())
        for key, values in sorted(keys.items())
    )


def _code(text: str) -> str:
    return f"`{text}`"
