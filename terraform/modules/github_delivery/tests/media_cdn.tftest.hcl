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
    condition     = length(aws_iam_policy.media_cdn) + length(aws_iam_role_policy_attachment.media_cdn) == 0
    error_message = "The roles are wider than they need."
  }
}

run "a_stage_changes_its_own_distributions_and_takes_no_other_by_a_tag" {
  variables {
    media_cdn = true
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.media_cdn["dev"].policy).Statement : statement.Condition.StringEquals["aws:ResourceTag/Environment"] == "dev"
      if statement.Sid == "OwnDistributions"
    ])
    error_message = "dev could change prod's distribution."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.media_cdn["dev"].policy).Statement : jsonencode(statement.Condition) if statement.Sid == "TagOwnDistributions"
      ] == [jsonencode({
        StringEquals         = { "aws:RequestTag/Environment" = "dev" }
        StringEqualsIfExists = { "aws:ResourceTag/Environment" = "dev" }
    })]
    error_message = "dev could make prod's distribution its own."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_policy.media_cdn : length(policy.policy) < 6144])
    error_message = "A policy has room for 6,144 characters."
  }

  assert {
    condition     = { for stage, attachment in aws_iam_role_policy_attachment.media_cdn : stage => attachment.role } == { for stage in ["dev", "prod"] : stage => "gazette-delivery-${stage}" }
    error_message = "A stage's role did not get its policy, or another's."
  }
}
