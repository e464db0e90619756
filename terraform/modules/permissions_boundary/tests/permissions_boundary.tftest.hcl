mock_provider "aws" {}

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

run "it_names_its_own_resources_and_nobody_elses" {
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(output.policy).Statement : [
        for resource in statement.Resource : strcontains(resource, "gazette-") || strcontains(resource, "log-group:")
      ] if !contains(["WithoutResources", "KeysThroughServices"], statement.Sid)
    ]))
    error_message = "A bounded role reaches another system of the account."
  }
}

run "it_bounds_by_actions_too" {
  assert {
    condition     = !can(regex("\"[a-z0-9-]+:[A-Za-z]*\\*\"", output.policy))
    error_message = "Each action is named."
  }

  assert {
    condition     = !can(regex("\"(iam|sts|cognito-idp):", output.policy))
    error_message = "No role of Gazette makes roles or users."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policy).Statement : [for action in statement.Action : action if startswith(action, "lambda:")]
    ])) == toset(["lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"])
    error_message = "CodeDeploy's role moves aliases; no role of Gazette makes code, or calls it."
  }
}

run "one_stage_can_be_bounded_alone" {
  variables {
    name = "gazette-dev"
  }

  assert {
    condition     = strcontains(output.policy, "table/gazette-dev-*") && aws_iam_policy.boundary.name == "gazette-dev-boundary"
    error_message = "The prefix was lost."
  }
}

run "a_name_with_a_pattern_is_refused" {
  command = plan

  variables {
    name = "*"
  }

  expect_failures = [var.name]
}
