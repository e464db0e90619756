mock_provider "aws" {}

variables {
  name = "gazette/api"
}

run "images_are_immutable_scanned_and_encrypted" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE"
    error_message = "A tag that can move would make two deployments of one commit differ."
  }

  assert {
    condition     = aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "Images must be scanned when they are pushed."
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "AES256"
    error_message = "Without a customer key ECR's own encryption applies."
  }

  assert {
    condition     = !aws_ecr_repository.this.force_delete
    error_message = "A repository that still holds images must not vanish by default."
  }
}

run "no_lifecycle_rule_can_delete_an_image_that_was_deployed" {
  command = plan

  assert {
    condition = alltrue([
      for rule in jsondecode(aws_ecr_lifecycle_policy.untagged.policy).rules :
      rule.selection.tagStatus == "untagged" && rule.selection.countType == "sinceImagePushed"
    ])
    error_message = "Only untagged images may expire, and by age, never by count."
  }
}

run "a_customer_key_is_used_where_given" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "A customer key was given but not used."
  }
}

run "only_lambda_functions_of_this_account_may_pull_as_a_service" {
  command = plan

  override_data {
    target = data.aws_caller_identity.current
    values = { account_id = "111122223333" }
  }

  assert {
    condition     = strcontains(aws_ecr_repository_policy.lambda.policy, ":111122223333:function:*")
    error_message = "The pull permission must be bound to this account's functions."
  }
}

run "an_upper_case_name_is_refused" {
  command = plan

  variables {
    name = "Gazette/API"
  }

  expect_failures = [var.name]
}

run "expiring_at_once_is_refused" {
  command = plan

  variables {
    untagged_retention_days = 0
  }

  expect_failures = [var.untagged_retention_days]
}
