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

run "a_pull_request_may_plan_and_only_the_environments_may_deliver" {
  assert {
    condition = tomap({
      for role, resource in aws_iam_role.this : role => jsondecode(resource.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]
      }) == tomap({
      plan = "repo:example/gazette:pull_request"
      dev  = "repo:example/gazette:environment:dev"
      prod = "repo:example/gazette:environment:production"
    })
    error_message = "Each role is taken on by one identity, written out in full."
  }
}

run "the_plan_role_changes_nothing" {
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.plan.policy).Statement : [
        for action in statement.Action : can(regex(":(Get|Describe|List)|^apigateway:GET$|^budgets:ViewBudget$", action))
      ]
    ]))
    error_message = "Every action of the plan role reads."
  }
}

run "a_stage_cannot_write_another_stages_state" {
  assert {
    condition     = !strcontains(aws_iam_role_policy.deploy["prod"].policy, "dev.tfstate") && !strcontains(aws_iam_role_policy.deploy["dev"].policy, "prod.tfstate")
    error_message = "A stage's role names its own state."
  }
}

run "only_the_stage_that_builds_may_push_images" {
  assert {
    condition     = strcontains(aws_iam_role_policy.deploy["dev"].policy, "ecr:PutImage") && !strcontains(aws_iam_role_policy.deploy["prod"].policy, "ecr:PutImage")
    error_message = "prod runs what dev ran; it pushes nothing."
  }
}

run "every_stage_may_read_what_the_scan_found_and_only_the_building_one_keeps_what_is_in_an_image" {
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.deploy : strcontains(policy.policy, "ecr:DescribeImageScanFindings")])
    error_message = "A deploy shows ECR's findings."
  }

  assert {
    condition = {
      for stage, policy in aws_iam_role_policy.deploy : stage => anytrue([
        for statement in jsondecode(policy.policy).Statement : strcontains(jsonencode(statement.Resource), "/sboms/") if contains(statement.Action, "s3:PutObject")
      ])
    } == { dev = true, prod = false }
    error_message = "The stage that builds writes the documents; the others read them."
  }
}

run "a_policy_fits_into_a_role" {
  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.deploy : length(policy.policy) < 10240])
    error_message = "A role's inline policies have room for 10,240 characters."
  }
}

run "a_boundary_is_required_of_every_role_that_is_made" {
  variables {
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
  }

  assert {
    condition     = aws_iam_role.this["prod"].permissions_boundary == var.permissions_boundary_arn && strcontains(aws_iam_role_policy.deploy["prod"].policy, "iam:PermissionsBoundary")
    error_message = "The boundary must bind the role and what it makes."
  }
}

run "what_is_made_can_be_bounded_more_tightly_than_who_makes_it" {
  variables {
    permissions_boundary_arn        = "arn:aws:iam::111122223333:policy/everybodys"
    stages_permissions_boundary_arn = "arn:aws:iam::111122223333:policy/gazette-boundary"
  }

  assert {
    condition     = aws_iam_role.this["dev"].permissions_boundary == "arn:aws:iam::111122223333:policy/everybodys"
    error_message = "A delivery under the functions' boundary could deliver nothing."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.deploy["dev"].policy).Statement : statement.Condition.StringEquals["iam:PermissionsBoundary"]
      if statement.Sid == "MakeRoles"
    ] == ["arn:aws:iam::111122223333:policy/gazette-boundary"]
    error_message = "A role without the boundary could be made."
  }
}

run "what_starts_functions_is_bound_to_the_stage_by_the_function" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.deploy["dev"].policy).Statement : statement.Condition.ArnLike["lambda:FunctionArn"]
      if anytrue([for action in statement.Action : strcontains(action, "EventSourceMapping") && !strcontains(action, "Get") && !strcontains(action, "List")])
      ] == [
      "arn:aws:lambda:eu-west-1:111122223333:function:gazette-dev-*",
      "arn:aws:lambda:eu-west-1:111122223333:function:gazette-dev-*",
    ]
    error_message = "dev could start prod's functions."
  }
}

run "a_repository_with_a_pattern_is_refused" {
  command = plan

  variables {
    repository = "example/*"
  }

  expect_failures = [var.repository]
}

run "a_stage_looks_after_its_own_web_acl_alone" {
  assert {
    condition = flatten([
      for statement in jsondecode(aws_iam_role_policy.deploy["dev"].policy).Statement : [
        for resource in statement.Resource : resource if strcontains(resource, ":regional/webacl/") || strcontains(resource, "aws-waf-logs")
      ]
      ]) == [
      "arn:aws:logs:eu-west-1:111122223333:log-group:aws-waf-logs-gazette-dev-*",
      "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gazette-dev-*/*",
    ]
    error_message = "A web ACL and its log are bound to the stage by their names."
  }
}

run "a_delivery_has_no_part_in_keys_unless_stages_make_them" {
  command = plan

  assert {
    condition     = length(aws_iam_policy.customer_key) == 0
    error_message = "A role may handle keys although no stage has one."
  }
}

run "a_delivery_looks_after_its_own_stages_key_and_deletes_none" {
  command = plan

  variables {
    customer_keys = true
  }

  assert {
    condition = alltrue(flatten([
      for stage, policy in aws_iam_policy.customer_key : [
        for statement in jsondecode(policy.policy).Statement :
        try(statement.Condition.StringEquals["aws:ResourceTag/Environment"], statement.Condition.StringEquals["aws:RequestTag/Environment"]) == stage
        if !contains(["FindAliases", "NameOwnKey"], statement.Sid)
      ]
    ]))
    error_message = "A stage's delivery may handle another stage's key."
  }

  assert {
    condition = alltrue([
      for policy in aws_iam_policy.customer_key :
      !strcontains(policy.policy, "kms:*") && !strcontains(policy.policy, "Deletion") && length(policy.policy) < 6144
    ])
    error_message = "A delivery may do anything to a key, or delete it; or the policy is longer than a managed one may be."
  }
}

run "a_stage_releases_its_own_functions_alone" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for stage, policy in aws_iam_policy.release : [
        for statement in jsondecode(policy.policy).Statement : [
          for resource in statement.Resource : strcontains(resource, "gazette-${stage}")
        ] if !contains(["KnowHowCallsAreMoved", "ReadReleases", "StopReleases"], statement.Sid)
      ]
    ]))
    error_message = "A stage's delivery could release another stage's functions."
  }

  assert {
    condition = {
      for stage, policy in aws_iam_policy.release : stage => [
        for statement in jsondecode(policy.policy).Statement : [statement.Resource, statement.Condition.StringEquals["iam:PassedToService"]] if contains(statement.Action, "iam:PassRole")
      ]
      } == {
      for stage in ["dev", "prod"] : stage => [[["arn:aws:iam::111122223333:role/gazette-${stage}-codedeploy"], ["codedeploy.amazonaws.com"]]]
    }
    error_message = "CodeDeploy gets its own role, and nobody else does."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_policy.release : length(policy.policy) < 6144])
    error_message = "A managed policy has room for 6,144 characters."
  }
}
