mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:gazette-test-operations" }
  }
}

variables {
  name                   = "gazette-test"
  api_name               = "gazette-test"
  api_stage              = "v1"
  function_names         = { api = "gazette-test-api", image_worker = "gazette-test-image-worker" }
  image_jobs_queue_name  = "gazette-test-image-jobs"
  dead_letter_queue_name = "gazette-test-image-jobs-dead-letters"
  worker_log_group_name  = "/aws/lambda/gazette-test-image-worker"
}

run "the_first_dead_letter_raises_an_alarm" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["dead-letters"].threshold == 0
      && aws_cloudwatch_metric_alarm.this["dead-letters"].comparison_operator == "GreaterThanThreshold"
      && aws_cloudwatch_metric_alarm.this["dead-letters"].dimensions.QueueName == "gazette-test-image-jobs-dead-letters"
    )
    error_message = "One dead letter must be enough."
  }
}

run "every_function_is_watched_and_every_alarm_tells_somebody" {
  command = plan

  assert {
    condition     = toset([for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.dimensions.FunctionName if endswith(key, "-errors")]) == toset(values(var.function_names))
    error_message = "A function has no alarm."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 1])
    error_message = "An alarm tells nobody."
  }
}

run "an_image_that_waits_for_the_budget_raises_an_alarm" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.budget_waits[0].log_group_name == "/aws/lambda/gazette-test-image-worker"
      && aws_cloudwatch_log_metric_filter.budget_waits[0].pattern == "{ $.message = \"the budget of the day is used up: the image waits\" }"
    )
    error_message = "The filter does not look for what the worker logs."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["analysis-budget"].metric_name == aws_cloudwatch_log_metric_filter.budget_waits[0].metric_transformation[0].name
      && aws_cloudwatch_metric_alarm.this["analysis-budget"].namespace == aws_cloudwatch_log_metric_filter.budget_waits[0].metric_transformation[0].namespace
      && aws_cloudwatch_metric_alarm.this["analysis-budget"].threshold == 0
      && aws_cloudwatch_metric_alarm.this["analysis-budget"].period == 7200
      && aws_cloudwatch_metric_alarm.this["dead-letters"].period == 60
    )
    error_message = "The alarm looks at another metric, or one wait is not enough."
  }
}

run "how_many_may_wait_unnoticed_is_a_variable" {
  command = plan

  variables {
    thresholds = { budget_waits = 100 }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["analysis-budget"].threshold == 100
    error_message = "The threshold did not arrive."
  }
}

run "only_alarms_of_this_account_may_publish" {
  command = plan

  assert {
    condition     = jsondecode(aws_sns_topic_policy.operations[0].policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    error_message = "Another account's alarms could publish."
  }
}

run "the_dashboard_shows_the_functions_and_both_queues" {
  command = plan

  assert {
    condition = alltrue([
      for name in concat(values(var.function_names), [var.image_jobs_queue_name, var.dead_letter_queue_name, var.api_name]) :
      strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "\"${name}\"")
    ])
    error_message = "Something is missing on the dashboard."
  }
}

run "it_can_be_turned_off" {
  command = plan

  variables {
    enabled = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_dashboard.this) + length(aws_sns_topic.operations) + length(aws_cloudwatch_log_metric_filter.budget_waits) == 0 && output.operations_topic_arn == null
    error_message = "Something is left."
  }
}

run "a_negative_threshold_is_refused" {
  command = plan

  variables {
    thresholds = { api_5xx = -1 }
  }

  expect_failures = [var.thresholds]
}
