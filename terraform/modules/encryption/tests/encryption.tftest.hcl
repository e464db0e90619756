mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  name = "gazette-test"
}

run "the_key_rotates_and_takes_a_month_to_delete" {
  command = plan

  assert {
    condition     = aws_kms_key.data.enable_key_rotation && aws_kms_key.data.deletion_window_in_days == 30
    error_message = "The key does not rotate, or goes too soon."
  }
}

run "nobody_uses_it_but_through_a_service" {
  command = plan

  # What the account's principals may do without a service: look after the key. No statement lets anybody do everything.
  assert {
    condition = alltrue([
      for statement in jsondecode(output.policy).Statement : !anytrue([for action in statement.Action : strcontains(action, "*")])
    ])
    error_message = "A statement has a wildcard for an action."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(output.policy).Statement :
      can(statement.Condition.StringEquals["kms:ViaService"]) && statement.Condition.StringEquals["kms:CallerAccount"] == "111122223333"
      if can(statement.Principal.AWS) && statement.Sid != "AdministeredByTheAccount"
    ])
    error_message = "The account's principals may use the key without a service between."
  }

  assert {
    condition = length(setintersection(
      toset(one([for statement in jsondecode(output.policy).Statement : statement.Action if statement.Sid == "AdministeredByTheAccount"])),
      ["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
    )) == 0
    error_message = "Whoever looks after the key may use it."
  }
}

run "a_service_uses_it_for_this_stage_alone" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(output.policy).Statement : statement.Principal.Service => jsonencode(statement.Condition)
      if can(statement.Principal.Service)
      } == {
      "logs.eu-west-1.amazonaws.com" = jsonencode({
        ArnLike = { "kms:EncryptionContext:aws:logs:arn" = [
          "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/gazette-test-*",
          "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/apigateway/gazette-test",
          "arn:aws:logs:eu-west-1:111122223333:log-group:aws-waf-logs-gazette-test*",
        ] }
      })
      "s3.amazonaws.com" = jsonencode({
        ArnLike      = { "aws:SourceArn" = "arn:aws:s3:::gazette-test-uploads-*" }
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      })
      "sns.amazonaws.com" = jsonencode({
        ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events" }
      })
      "budgets.amazonaws.com" = jsonencode({
        ArnLike      = { "aws:SourceArn" = "arn:aws:budgets::111122223333:*" }
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      })
      "cloudwatch.amazonaws.com" = jsonencode({
        ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:gazette-test-*" }
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      })
    }
    error_message = "A service may use the key for something else than this stage's resources, or another service may use it."
  }
}

run "a_distribution_reads_what_it_serves_with_it" {
  command = plan

  variables {
    media_distribution_arns = ["arn:aws:cloudfront::111122223333:distribution/E1"]
  }

  assert {
    condition = [
      for statement in jsondecode(output.policy).Statement : [statement.Action, statement.Condition]
      if try(statement.Principal.Service, "") == "cloudfront.amazonaws.com"
    ] == [[["kms:Decrypt"], { StringEquals = { "aws:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/E1" } }]]
    error_message = "The distribution can't read, or another one can."
  }
}

run "the_pages_distribution_reads_with_it_too" {
  command = plan

  variables {
    media_distribution_arns = ["arn:aws:cloudfront::111122223333:distribution/E1"]
    page_distribution_arns  = ["arn:aws:cloudfront::111122223333:distribution/E2"]
  }

  assert {
    condition = {
      for statement in jsondecode(output.policy).Statement : statement.Sid => statement.Condition.StringEquals["aws:SourceArn"]
      if try(statement.Principal.Service, "") == "cloudfront.amazonaws.com"
    } == { RenditionsAreServed = "arn:aws:cloudfront::111122223333:distribution/E1", PageIsServed = "arn:aws:cloudfront::111122223333:distribution/E2" }
    error_message = "One of them can't read what it serves."
  }
}
