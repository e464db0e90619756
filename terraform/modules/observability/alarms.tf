locals {
  budget_waits = { namespace = var.name, name = "BudgetWaits" }

  # No data means that nothing happened, which is fine for each of these. `functions` are those whose new version an alarm
  # condemns: it stops their releases, so it has none where the cause lies elsewhere (somebody uploads much, say).
  alarms = merge(
    {
      dead-letters = {
        description = "Image jobs failed every try. docs/runbook.md: look at the worker's log, mend, move the messages back."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = var.dead_letter_queue_name }
        statistic   = "Maximum"
        functions   = ["image_worker"]
        threshold   = var.thresholds.dead_letters
        period      = 60
        periods     = 1
      }
      oldest-image-job = {
        description = "Images wait too long: the worker is throttled, too slow or broken."
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = var.image_jobs_queue_name }
        statistic   = "Maximum"
        functions   = [] # a queue may be long for many reasons
        threshold   = var.thresholds.oldest_job_seconds
        period      = 60
        periods     = 3
      }
      api-5xx = {
        description = "The API answers with server errors."
        namespace   = "AWS/ApiGateway"
        metric      = "5XXError"
        dimensions  = { ApiName = var.api_name, Stage = var.api_stage }
        statistic   = "Sum"
        functions   = ["api", "authorizer"]
        threshold   = var.thresholds.api_5xx
        period      = 60
        periods     = 1
      }
      # Whoever waits is looked at every hour or two, and says so each time: with a shorter period this one would flutter.
      analysis-budget = {
        description = "Images wait for the next day: Rekognition was asked as often as analyses_per_day allows. docs/security.md, Abuse: find out who uploads so much, or raise it."
        namespace   = local.budget_waits.namespace
        metric      = local.budget_waits.name
        dimensions  = {}
        statistic   = "Sum"
        functions   = []
        threshold   = var.thresholds.budget_waits
        period      = 2 * 3600
        periods     = 1
      }
    },
    {
      for key, function_name in var.function_names : "${key}-errors" => {
        description = "Invocations of ${function_name} fail."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function_name }
        statistic   = "Sum"
        functions   = [key]
        threshold   = var.thresholds.function_errors
        period      = 60
        periods     = 1
      }
    },
  )
}

# The worker logs one such line for each image that it puts off: a metric without a call of CloudWatch's.
resource "aws_cloudwatch_log_metric_filter" "budget_waits" {
  count = var.enabled ? 1 : 0

  name           = "${var.name}-budget-waits"
  log_group_name = var.worker_log_group_name
  pattern        = "{ $.message = \"the budget of the day is used up: the image waits\" }"

  metric_transformation {
    namespace = local.budget_waits.namespace
    name      = local.budget_waits.name
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.enabled ? local.alarms : {}

  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operations[0].arn]
  ok_actions          = [aws_sns_topic.operations[0].arn]
}
