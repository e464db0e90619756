# What everybody calls. Its name stays while the version behind it changes, so callers and permissions never do.
#
# Two resources, as ignore_changes can't be conditional: who moves the alias is either Terraform, in the apply that publishes a
# version, or CodeDeploy, afterwards and step by step. Changing from one to the other replaces the alias; docs/runbook.md,
# Releases, says how to do it without a gap.
resource "aws_lambda_alias" "moved_here" {
  count = var.moves_alias ? 1 : 0

  name             = local.alias_name
  description      = "The version in service"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_alias" "moved_elsewhere" {
  count = var.moves_alias ? 0 : 1

  name             = local.alias_name
  description      = "The version in service; CodeDeploy moves it"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version # the first one; then see below

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

locals {
  alias_name = "live"
  alias      = one(concat(aws_lambda_alias.moved_here, aws_lambda_alias.moved_elsewhere))
}
