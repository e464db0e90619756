locals {
  widgets = [
    {
      title = "API: requests and errors"
      metrics = [
        for metric in ["Count", "4XXError", "5XXError"] : ["AWS/ApiGateway", metric, "ApiName", var.api_name, "Stage", var.api_stage]
      ]
      statistic = "Sum"
    },
    {
      title     = "API: latency, p99, ms"
      metrics   = [["AWS/ApiGateway", "Latency", "ApiName", var.api_name, "Stage", var.api_stage]]
      statistic = "p99"
    },
    {
      title     = "Functions: errors"
      metrics   = [for function_name in values(var.function_names) : ["AWS/Lambda", "Errors", "FunctionName", function_name]]
      statistic = "Sum"
    },
    {
      title     = "Functions: duration, p99, ms"
      metrics   = [for function_name in values(var.function_names) : ["AWS/Lambda", "Duration", "FunctionName", function_name]]
      statistic = "p99"
    },
    {
      title = "Image jobs: waiting, in flight, dead"
      metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.image_jobs_queue_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", var.image_jobs_queue_name],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_queue_name],
      ]
      statistic = "Maximum"
    },
    {
      title     = "Image jobs: age of the oldest, seconds"
      metrics   = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.image_jobs_queue_name]]
      statistic = "Maximum"
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.enabled ? 1 : 0

  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for position, widget in local.widgets : {
        type   = "metric"
        x      = 12 * (position % 2)
        y      = 6 * floor(position / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = data.aws_region.current.name
          stat    = widget.statistic
          period  = 60
          metrics = widget.metrics
        }
      }
    ]
  })
}
