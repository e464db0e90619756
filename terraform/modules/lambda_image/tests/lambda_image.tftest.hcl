mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/gazette-test-worker" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/gazette-test-worker" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  name      = "gazette-test-worker"
  image_uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/gazette/worker@sha256:0000"
  command   = ["image_worker.handler.handler"]
}

run "a_function_without_statements_may_only_write_its_logs_and_traces" {
  command = plan

  assert {
    condition = toset(flatten([for statement in jsondecode(aws_iam_role_policy.function.policy).Statement : statement.Action])) == toset([
      "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
    ])
    error_message = "The role grants more, or less, than logs and traces."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.function.policy).Statement[0].Resource == ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/gazette-test-worker:*"]
    error_message = "Logs may be written to the function's own group only."
  }
}

run "only_lambda_can_take_the_role" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.function.assume_role_policy).Statement[*].Principal == [{ Service = "lambda.amazonaws.com" }]
    error_message = "Somebody else than Lambda could assume the role."
  }
}

run "without_tracing_there_is_no_permission_for_it" {
  command = plan

  variables {
    tracing = false
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function.policy, "xray") && aws_lambda_function.this.tracing_config[0].mode == "PassThrough"
    error_message = "Tracing is off, but the role may still send traces."
  }
}

run "statements_and_their_conditions_arrive_in_the_policy" {
  command = plan

  variables {
    statements = [{
      sid       = "Decrypt"
      actions   = ["kms:Decrypt"]
      resources = ["arn:aws:kms:eu-west-1:111122223333:key/k"]
      conditions = [
        { test = "StringEquals", variable = "kms:ViaService", values = ["dynamodb.eu-west-1.amazonaws.com"] },
        { test = "StringEquals", variable = "kms:CallerAccount", values = ["111122223333"] },
      ]
    }]
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.function.policy).Statement[2] == {
      Sid      = "Decrypt"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = ["arn:aws:kms:eu-west-1:111122223333:key/k"]
      Condition = { StringEquals = {
        "kms:ViaService"    = ["dynamodb.eu-west-1.amazonaws.com"]
        "kms:CallerAccount" = ["111122223333"]
      } }
    }
    error_message = "A statement was changed on its way into the policy."
  }
}

run "the_handler_is_the_images_command_and_logs_go_to_the_group_with_a_retention" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.image_config[0].command == tolist(["image_worker.handler.handler"])
    error_message = "The image must start the given handler."
  }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_group == aws_cloudwatch_log_group.function.name && aws_cloudwatch_log_group.function.retention_in_days == 30
    error_message = "Logs must go to the group that Terraform made, and expire."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Reserved concurrency must be off by default."
  }
}

run "a_wildcard_action_is_refused" {
  command = plan

  variables {
    statements = [{ sid = "Everything", actions = ["s3:*"], resources = ["*"] }]
  }

  expect_failures = [var.statements]
}

run "too_little_memory_is_refused" {
  command = plan

  variables {
    memory_mb = 64
  }

  expect_failures = [var.memory_mb]
}

run "a_timeout_beyond_lambdas_limit_is_refused" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "riscv64"
  }

  expect_failures = [var.architecture]
}

run "every_change_is_a_version_and_an_apply_moves_live_to_it" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.moved_here[0].name == "live" && aws_lambda_alias.moved_here[0].function_version == "7"
    error_message = "live is not at the version that was published."
  }

  assert {
    condition     = output.alias_name == "live" && output.version == "7" && output.live_version == "7" && length(aws_lambda_alias.moved_elsewhere) == 0
    error_message = "The outputs tell of another alias."
  }
}

# That a later version leaves it where it is takes two applies: tests/terraform/test_releases.py.
run "where_somebody_else_releases_live_is_made_at_the_first_version" {
  command = plan

  variables {
    moves_alias = false
  }

  assert {
    condition     = aws_lambda_alias.moved_elsewhere[0].name == "live" && aws_lambda_alias.moved_elsewhere[0].function_version == "7" && length(aws_lambda_alias.moved_here) == 0
    error_message = "The first version needs no release."
  }
}

run "there_are_no_snapshots_unless_somebody_asks_for_them" {
  command = plan

  assert {
    condition     = length(aws_lambda_function.this.snap_start) == 0
    error_message = "Snapshots cost, and an image has to allow them."
  }
}

run "snapshots_are_kept_of_published_versions" {
  command = plan

  variables {
    snap_start = true
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions"
    error_message = "Nothing starts from a snapshot."
  }
}
