"""docs/cost.md is what `make cost` writes of the stored measurements, and the sizes it compares are Terraform's."""

import re

from bench import cost
from bench.operations import OPERATIONS
from local.files import read_json
from local.layout import CHECKOUT
from tests.access_patterns import PATTERNS

TERRAFORM = CHECKOUT / "terraform" / "modules"


def test_the_page_is_what_make_cost_writes() -> None:
    written = cost.document(read_json(cost.MEASUREMENTS))
    assert cost.DOCUMENT.read_text("utf-8") == written, "run `make cost`, and commit docs/cost.md"


def test_every_access_pattern_and_operation_was_measured() -> None:
    measured = read_json(cost.MEASUREMENTS)
    assert list(measured["patterns"]) == list(PATTERNS), "run `make cost MEASURE=patterns`"
    assert list(measured["operations"]) == list(OPERATIONS)


def test_each_pattern_was_measured_with_the_calls_that_it_may_cost() -> None:
    for name, figures in read_json(cost.MEASUREMENTS)["patterns"].items():
        assert figures["calls"] == PATTERNS[name][1], f"{name}: run `make cost MEASURE=patterns`"


def test_the_default_sizes_are_those_of_the_module() -> None:
    text = (TERRAFORM / "gazette" / "variables.tf").read_text()
    sizes = {
        name: int(mb)
        for name, mb in re.findall(r"(\w+) *= optional\(object\(\{\s+memory_mb += optional\(number, (\d+)\)", text)
    }
    assert f"var.functions.image_worker.memory_mb >= {cost.WORKER_LEAST_MB}\n" in text
    assert sizes == {
        "api": cost.API_MB,
        "authorizer": cost.AUTHORIZER_MB,
        "image_worker": cost.WORKER_MB,
        "sweeper": cost.SWEEPER_MB,
    }


def test_the_rules_of_waf_are_counted_as_the_module_has_them() -> None:
    waf = (TERRAFORM / "waf" / "main.tf").read_text()
    always = len(re.findall(r'^ +\[?\{ priority = \d+, name = "AWSManaged', waf, re.MULTILINE))
    assert always + waf.count("\n  rule {\n") == cost.WAF_RULES
