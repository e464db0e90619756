"""CloudWatch's dashboard body structure: a body that breaks a rule raises an AssertionError.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import re
from typing import Any

COLUMNS, MOST_HIGH, MOST_WIDGETS, MOST_METRICS, MOST_ALARMS = 24, 1000, 500, 500, 100

PROPERTIES = {
    "text": ({"markdown"}, {"background"}),
    "alarm": ({"alarms"}, {"title", "sortBy", "states"}),
    "metric": (
        {"metrics", "region"},
        {"accountId", "annotations", "legend", "liveData", "period", "setPeriodToTimeRange", "stacked", "stat",
         "table", "title", "view", "yAxis"},
    ),
}  # fmt: skip
RENDERED = {
    "accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis",
}  # fmt: skip
STATISTIC = re.compile(r"SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d+)?")
NAMESPACE = re.compile(r"[A-Za-z0-9._/#:-]{1,255}")


def check(body: Any) -> None:
    """Raises an AssertionError when CloudWatch would refuse it, or draw widgets over each other."""
    assert body.keys() <= {"widgets", "start", "end", "periodOverride", "variables"}
    assert 1 <= len(body["widgets"]) <= MOST_WIDGETS
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        assert widget.keys() == {"type", "x", "y", "width", "height", "properties"}
        x, y, width, height = (widget[name] for name in ("x", "y", "width", "height"))
        assert all(type(number) is int for number in (x, y, width, height)), widget
        assert min(x, y) >= 0
        assert 1 <= width <= COLUMNS
        assert 1 <= height <= MOST_HIGH
        assert x + width <= COLUMNS, "beyond the grid's right end"
        cells = {(column, line) for column in range(x, x + width) for line in range(y, y + height)}
        assert not cells & taken, f"over another widget: {widget['properties']}"
        taken |= cells
        _properties(widget["type"], widget["properties"])


def _properties(kind: str, properties: Any) -> None:
    needed, possible = PROPERTIES[kind]
    assert needed <= properties.keys() <= needed | possible, properties.keys()
    if kind == "text":
        assert properties["markdown"].strip()
    elif kind == "alarm":
        assert 1 <= len(properties["alarms"]) <= MOST_ALARMS
        for arn in properties["alarms"]:
            assert re.fullmatch(r"arn:[a-z-]+:cloudwatch:[a-z0-9-]+:\d{12}:alarm:[\w-]+", arn), arn
    else:
        _metric(properties)


def _metric(properties: Any) -> None:
    assert properties["view"] in ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
    assert type(properties["stacked"]) is bool
    assert STATISTIC.fullmatch(properties["stat"])
    assert properties["period"] % 60 == 0
    assert 0 < properties["period"] <= 86400
    assert 1 <= len(properties["metrics"]) <= MOST_METRICS
    ids: dict[str, bool] = {}
    expressions = []
    for metric in properties["metrics"]:
        *fields, last = metric
        options = last if isinstance(last, dict) else {}
        fields = fields if isinstance(last, dict) else metric
        assert options.keys() <= RENDERED, options
        assert STATISTIC.fullmatch(options.get("stat", "Sum"))
        if "id" in options:
            assert re.fullmatch(r"[a-z]\w*", options["id"])
            assert options["id"] not in ids
            ids[options["id"]] = True
        if "expression" in options:
            assert not fields
            expressions.append(options["expression"])
            continue
        assert len(fields) >= 2, "a namespace and a name"
        assert len(fields) % 2 == 0, "a dimension has a name and a value"
        assert len(fields) <= 2 + 2 * 30
        assert all(isinstance(field, str) and field for field in fields)
        assert NAMESPACE.fullmatch(fields[0])
    for expression in expressions:
        named = set(re.findall(r"\b[a-z]\w*\b", expression))
        assert named, expression
        assert named <= ids.keys(), f"{expression}: nothing is called {named - ids.keys()}"
    assert properties["yAxis"].keys() <= {"left", "right"}
    for line in properties["annotations"]["horizontal"]:
        assert line.keys() <= {"color", "fill", "label", "value", "visible", "yAxis"}
        assert isinstance(line["value"], int | float)
