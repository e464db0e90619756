locals {
  # No data means that nothing happened, which is fine for each of these.
  alarms = merge(
    {
      dead-letters = {
        description = "Image jobs failed every try. docs/runbook.md: look at the worker's log, mend, move the messages back."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = var.dead_letter_queue_name }
        statistic   = "Maximum"
        threshold   = var.thresholds.dead_letters
        periods     = 1
      }
      oldest-image-job = {
        description = "Images wait too long: the worker is throttled, too slow or broken."
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = var.image_jobs_queue_name }
        statistic   = "Maximum"
        threshold   = var.thresholds.oldest_job_seconds
        periods     = 3
      }
      api-5xx = {
        description = "The API answers with server errors."
        namespace   = "AWS/ApiGateway"
        metric      = "5XXError"
        dimensions  = { ApiName = var.api_name, Stage = var.api_stage }
        statistic   = "Sum"
        threshold   = var.thresholds.api_5xx
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
        threshold   = var.thresholds.function_errors
        periods     = 1
      }
    },
  )
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
  period              = 60
  evaluation_periods  = each.value.periods
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operations[0].arn]
  ok_actions          = [aws_sns_topic.operations[0].arn]
}
