mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:gazette-test-operations" }
  }
}

variables {
  name      = "gazette-test"
  api_name  = "gazette-test"
  api_stage = "v1"
  functions = {
    api          = { name = "gazette-test-api", timeout_seconds = 15 }
    image_worker = { name = "gazette-test-image-worker", timeout_seconds = 60 }
  }
  queues = {
    image-jobs   = { name = "gazette-test-image-jobs", kind = "work" }
    dead-letters = { name = "gazette-test-image-jobs-dead-letters", kind = "letters", function = "image_worker" }
    undelivered  = { name = "gazette-test-undelivered", kind = "letters" }
  }
  table                = { name = "gazette-test-articles", indexes = ["feed"] }
  sweep_period_seconds = 300
}

run "the_first_dead_letter_of_any_queue_raises_an_alarm" {
  command = plan

  assert {
    condition = alltrue([
      for key, queue in var.queues : (
        aws_cloudwatch_metric_alarm.this[key].threshold == 0
        && aws_cloudwatch_metric_alarm.this[key].comparison_operator == "GreaterThanThreshold"
        && aws_cloudwatch_metric_alarm.this[key].dimensions.QueueName == queue.name
      ) if queue.kind == "letters"
    ])
    error_message = "One dead letter must be enough."
  }
}

run "every_alarm_tells_somebody_and_says_where_to_read_on" {
  command = plan

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.alarm_actions) == 1 && length(alarm.ok_actions) == 1])
    error_message = "An alarm tells nobody."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : can(regex("\\. docs/runbook\\.md#[a-z0-9-]+$", alarm.alarm_description))])
    error_message = "An alarm does not say what to do."
  }
}

run "the_runbook_may_be_anywhere" {
  command = plan

  variables {
    runbook_url = "https://wiki.example/runbook"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.this["api-5xx"].alarm_description, ". https://wiki.example/runbook#api-5xx")
    error_message = "The mail links elsewhere."
  }
}

# metric_query is a set: by id.
run "shares_are_of_something_and_have_a_floor" {
  command = plan

  variables {
    thresholds = { api_5xx_percent = 2, api_5xx_at_least = 7, pictures_at_least = 30 }
  }

  assert {
    condition = (
      one([for query in aws_cloudwatch_metric_alarm.this["api-5xx"].metric_query : query.expression if query.return_data == true])
      == "IF(errors >= 7, 100 * errors / requests, 0)"
      && aws_cloudwatch_metric_alarm.this["api-5xx"].threshold == 2
    )
    error_message = "It is not a share of requests above a floor."
  }

  assert {
    condition = alltrue([
      for key in ["pictures-rejected", "pictures-failed"] :
      strcontains(one([for query in aws_cloudwatch_metric_alarm.this[key].metric_query : query.expression if query.return_data == true]), " >= 30, 100 * ")
    ])
    error_message = "One bad picture at night would wake somebody."
  }
}

run "a_function_is_slow_by_its_own_timeout" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["api-duration"].threshold == 12000
      && aws_cloudwatch_metric_alarm.this["image_worker-duration"].threshold == 48000
      && aws_cloudwatch_metric_alarm.this["api-duration"].extended_statistic == "p99"
    )
    error_message = "80 % of 15 seconds are 12, of 60 they are 48."
  }
}

run "a_sweeper_that_says_nothing_is_an_alarm" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["sweeper-silent"].treat_missing_data == "breaching"
      && aws_cloudwatch_metric_alarm.this["sweeper-silent"].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.this["sweeper-silent"].threshold == 1
      && aws_cloudwatch_metric_alarm.this["sweeper-silent"].period == 900
    )
    error_message = "Three runs of five minutes are missed in fifteen."
  }

  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.treat_missing_data == "notBreaching" if key != "sweeper-silent"])
    error_message = "A quiet night is no alarm."
  }
}

run "a_rare_sweep_is_looked_for_during_a_day_at_most" {
  command = plan

  variables {
    sweep_period_seconds = 86400
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["sweeper-silent"].period == 86400
    error_message = "CloudWatch knows no longer period."
  }
}

run "a_release_looks_at_what_a_bad_version_sets_off" {
  command = plan

  assert {
    condition = output.alarm_names == {
      api          = ["gazette-test-api-5xx", "gazette-test-api-duration", "gazette-test-api-errors", "gazette-test-api-latency"]
      image_worker = ["gazette-test-dead-letters", "gazette-test-image-worker-duration", "gazette-test-image-worker-errors"]
    }
    error_message = "A release is taken back for what it did not do, or not for what it did."
  }
}

run "an_image_that_waits_for_the_budget_raises_an_alarm" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["analysis-budget"].metric_name == "BudgetWaits"
      && aws_cloudwatch_metric_alarm.this["analysis-budget"].dimensions == tomap({ Stack = "gazette-test", Service = "image_worker" })
      && aws_cloudwatch_metric_alarm.this["analysis-budget"].threshold == 0
      && aws_cloudwatch_metric_alarm.this["analysis-budget"].period == 7200
    )
    error_message = "The alarm looks at another metric, or one wait is not enough."
  }
}

run "without_a_limit_there_is_no_budget_and_nobody_else_may_publish" {
  command = plan

  assert {
    condition     = length(aws_budgets_budget.daily) == 0
    error_message = "Nobody asked for it."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.operations[0].policy).Statement :
      [statement.Principal.Service, statement.Condition.StringEquals["aws:SourceAccount"]] if statement.Effect == "Allow"
    ] == [["cloudwatch.amazonaws.com", "111122223333"]]
    error_message = "Another account's alarms could publish, or another service."
  }
}

run "the_bill_of_a_day_tells_the_same_topic" {
  command = plan

  variables {
    daily_cost_usd = 12.5
  }

  assert {
    condition = (
      aws_budgets_budget.daily[0].limit_amount == "12.5"
      && aws_budgets_budget.daily[0].time_unit == "DAILY"
      && one(aws_budgets_budget.daily[0].notification).subscriber_sns_topic_arns == toset([aws_sns_topic.operations[0].arn])
    )
    error_message = "Nobody would hear of it."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.operations[0].policy).Statement :
      statement.Condition if statement.Sid == "BudgetsOfThisAccountPublish"
    ] == [{ StringEquals = { "aws:SourceAccount" = "111122223333" }, ArnLike = { "aws:SourceArn" = "arn:aws:budgets::111122223333:*" } }]
    error_message = "The budget may not publish, or another account's may."
  }
}

run "the_dashboard_shows_the_functions_and_all_queues" {
  command = plan

  assert {
    condition = alltrue([
      for name in concat(
        [for function in values(var.functions) : function.name], [for queue in values(var.queues) : queue.name], [var.api_name, var.table.name]
      ) : strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, "\"${name}\"")
    ])
    error_message = "Something is missing on the dashboard."
  }
}

run "it_can_be_turned_off" {
  command = plan

  variables {
    enabled        = false
    daily_cost_usd = 10
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_cloudwatch_dashboard.this) + length(aws_sns_topic.operations) + length(aws_budgets_budget.daily) == 0 && output.operations_topic_arn == null
    error_message = "Something is left."
  }
}

run "a_negative_threshold_is_refused" {
  command = plan

  variables {
    thresholds = { api_latency_ms = -1 }
  }

  expect_failures = [var.thresholds]
}

run "a_threshold_that_nothing_can_exceed_is_refused" {
  command = plan

  variables {
    thresholds = { failed_percent = 100 }
  }

  expect_failures = [var.thresholds]
}

run "a_share_of_nothing_is_refused" {
  command = plan

  variables {
    thresholds = { pictures_at_least = 0 }
  }

  expect_failures = [var.thresholds]
}

run "a_threshold_of_no_alarm_is_refused" {
  command = plan

  variables {
    thresholds = { api_5xx = 5 }
  }

  expect_failures = [var.thresholds]
}

run "a_queue_of_neither_work_nor_letters_is_refused" {
  command = plan

  variables {
    queues = { odd = { name = "gazette-test-odd", kind = "odds" } }
  }

  expect_failures = [var.queues]
}

run "letters_of_an_unknown_function_are_refused" {
  command = plan

  variables {
    queues = { letters = { name = "gazette-test-letters", kind = "letters", function = "nobody" } }
  }

  expect_failures = [var.queues]
}

run "no_cost_is_no_budget" {
  command = plan

  variables {
    daily_cost_usd = 0
  }

  expect_failures = [var.daily_cost_usd]
}
