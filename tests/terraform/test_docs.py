"""What docs/notifications.md gives other stacks to copy is formatted and valid."""

import re

import pytest

from tests.terraform.conftest import CHECKOUT, Terraform

pytestmark = pytest.mark.terraform

PROVIDER = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
"""


def test_the_subscriptions_of_the_page_are_valid(terraform: Terraform) -> None:
    page = (CHECKOUT / "docs" / "notifications.md").read_text(encoding="utf-8")
    settings, *subscriptions = re.findall(r"```hcl\n(.*?)```", page, re.DOTALL)
    root = terraform.checkout / "subscriber"  # not below terraform/, where everything is looked at by other tests
    root.mkdir()
    (root / "main.tf").write_text("\n".join([PROVIDER, *subscriptions]))
    (root / "site.tfvars").write_text(settings)

    formatted = terraform.run("../subscriber", "fmt", "-check", "-diff")
    validated = terraform.run_initialised("../subscriber", "validate", "-no-color")

    assert len(subscriptions) == 2
    assert formatted.returncode == 0, formatted.stdout
    assert validated.returncode == 0, validated.stdout
