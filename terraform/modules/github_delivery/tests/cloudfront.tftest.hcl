mock_provider "aws" {
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::111122223333:policy/mock" }
  }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_data {
  target = data.aws_partition.current
  values = { partition = "aws" }
}

override_data {
  target = data.aws_region.current
  values = { name = "eu-west-1" }
}

override_resource {
  target = aws_iam_openid_connect_provider.github
  values = { arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
}

variables {
  repository   = "example/gazette"
  state_bucket = "gazette-terraform-state-111122223333-eu-west-1"
}

run "nobody_touches_cloudfront_unless_the_account_uses_it" {
  assert {
    condition     = length(aws_iam_policy.cloudfront) + length(aws_iam_role_policy_attachment.cloudfront) + length(aws_iam_policy.page) == 0
    error_message = "The roles are wider than they need."
  }
}

run "a_stage_changes_its_own_distributions_and_takes_no_other_by_a_tag" {
  variables {
    media_cdn = true
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.cloudfront["dev"].policy).Statement : statement.Condition.StringEquals["aws:ResourceTag/Environment"] == "dev"
      if statement.Sid == "OwnDistributions"
    ])
    error_message = "dev could change prod's distribution."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.cloudfront["dev"].policy).Statement : jsonencode(statement.Condition) if statement.Sid == "TagOwnDistributions"
      ] == [jsonencode({
        StringEquals         = { "aws:RequestTag/Environment" = "dev" }
        StringEqualsIfExists = { "aws:ResourceTag/Environment" = "dev" }
    })]
    error_message = "dev could make prod's distribution its own."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_policy.cloudfront : length(policy.policy) < 6144])
    error_message = "A policy has room for 6,144 characters."
  }

  assert {
    condition     = { for stage, attachment in aws_iam_role_policy_attachment.cloudfront : stage => attachment.role } == { for stage in ["dev", "prod"] : stage => "gazette-delivery-${stage}" }
    error_message = "A stage's role did not get its policy, or another's."
  }
}

run "a_stage_with_a_page_looks_after_its_own_files_and_no_other_stage_does" {
  variables {
    pages = ["dev"]
  }

  assert {
    condition     = keys(aws_iam_policy.cloudfront) == ["dev"] && keys(aws_iam_policy.page) == ["dev"] && keys(aws_iam_role_policy_attachment.page) == ["dev"]
    error_message = "A stage's role can't make its page, or another's is wider than it needs."
  }

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_policy.page["dev"].policy).Statement : statement.Resource if contains(statement.Action, "s3:PutObject")
    ]) == ["arn:aws:s3:::gazette-dev-page-111122223333-eu-west-1/*"]
    error_message = "dev could write other objects than its page's files."
  }

  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : statement.Resource if contains(statement.Action, "s3:GetObjectTagging")
    ]) == ["arn:aws:s3:::gazette-dev-page-111122223333-eu-west-1/*"]
    error_message = "A plan can't see the page's files, or sees what other buckets hold."
  }

  assert {
    condition     = length(aws_iam_role_policy.plan.policy) < 10240 && alltrue([for policy in aws_iam_policy.page : length(policy.policy) < 6144])
    error_message = "A policy is longer than its kind may be."
  }
}

run "a_page_of_no_stage_is_refused" {
  command = plan

  variables {
    pages = ["test"]
  }

  expect_failures = [var.pages]
}
