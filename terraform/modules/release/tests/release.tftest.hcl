mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/gazette-test-codedeploy" }
  }
}

variables {
  name = "gazette-test"
  functions = {
    api          = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:gazette-test-api", alias = "live" }
    image_worker = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:gazette-test-image-worker", alias = "live" }
  }
  alarm_names = { api = ["gazette-test-api-5xx", "gazette-test-api-errors"] }
}

run "each_function_is_released_ten_percent_first_and_taken_back_by_its_own_alarms" {
  command = plan

  assert {
    condition     = aws_codedeploy_app.this.compute_platform == "Lambda" && toset(keys(aws_codedeploy_deployment_group.this)) == toset(keys(var.functions))
    error_message = "A function without a deployment group can't be released."
  }

  assert {
    condition = alltrue([
      for group in aws_codedeploy_deployment_group.this :
      group.deployment_config_name == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
      && group.auto_rollback_configuration[0].enabled
      && group.auto_rollback_configuration[0].events == toset(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"])
      && group.deployment_style[0].deployment_option == "WITH_TRAFFIC_CONTROL"
      && group.deployment_style[0].deployment_type == "BLUE_GREEN"
    ])
    error_message = "A release would not be a canary, or not be taken back."
  }

  assert {
    condition     = aws_codedeploy_deployment_group.this["api"].alarm_configuration[0].alarms == toset(["gazette-test-api-5xx", "gazette-test-api-errors"])
    error_message = "The function's alarms do not stop its release."
  }

  assert {
    condition     = length(aws_codedeploy_deployment_group.this["image_worker"].alarm_configuration) == 0
    error_message = "Without alarms there is nothing to watch; CodeDeploy refuses an empty list."
  }
}

run "codedeploy_moves_these_aliases_and_touches_nothing_else" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policy).Statement : [
        for action in statement.Action : [for resource in statement.Resource : "${action} ${resource}"]
      ]
      ])) == toset(concat(["cloudwatch:DescribeAlarms *"], flatten([
        for function in ["api", "image-worker"] : [
          for action in ["GetAlias", "GetProvisionedConcurrencyConfig", "UpdateAlias"] : [
            for qualifier in ["", ":live"] : "lambda:${action} arn:aws:lambda:eu-west-1:111122223333:function:gazette-test-${function}${qualifier}"
          ]
        ]
    ])))
    error_message = "CodeDeploy's permissions changed."
  }

  assert {
    condition     = jsondecode(aws_iam_role.codedeploy.assume_role_policy).Statement[*].Principal == [{ Service = "codedeploy.amazonaws.com" }]
    error_message = "Somebody else than CodeDeploy could assume the role."
  }
}

run "how_calls_are_moved_is_a_variable" {
  command = plan

  variables {
    deployment_config = "CodeDeployDefault.LambdaAllAtOnce"
  }

  assert {
    condition     = aws_codedeploy_deployment_group.this["api"].deployment_config_name == "CodeDeployDefault.LambdaAllAtOnce"
    error_message = "The configuration did not arrive."
  }
}

run "a_configuration_for_servers_is_refused" {
  command = plan

  variables {
    deployment_config = "CodeDeployDefault.OneAtATime"
  }

  expect_failures = [var.deployment_config]
}

run "more_alarms_than_codedeploy_watches_are_refused" {
  command = plan

  variables {
    alarm_names = { api = [for number in range(11) : "alarm-${number}"] }
  }

  expect_failures = [var.alarm_names]
}
