# What the dashboard shows. A metric is a list: namespace, name, then each dimension and its value, then how it is drawn.
locals {
  api_dimensions = ["ApiName", var.api_name, "Stage", var.api_stage]

  worker_metrics = ["Stack", var.name, "Service", "image_worker"]

  work    = [for queue in values(var.queues) : queue.name if queue.kind == "work"]
  letters = [for queue in values(var.queues) : queue.name if queue.kind == "letters"]

  # us-east-1, the first million calls a month of each operation: https://aws.amazon.com/rekognition/pricing/
  rekognition_usd_a_call = 0.001

  rows = [
    {
      title = "Traffic"
      widgets = [
        {
          title = "Requests a minute"
          unit  = "requests"
          metrics = [
            concat(["AWS/ApiGateway", "Count"], local.api_dimensions, [{ label = "all" }]),
            concat(["AWS/ApiGateway", "4XXError"], local.api_dimensions, [{ label = "refused (4xx)" }]),
          ]
        },
        {
          title   = "Invocations a minute"
          unit    = "invocations"
          metrics = [for key, function in var.functions : ["AWS/Lambda", "Invocations", "FunctionName", function.name, { label = key }]]
        },
        {
          title     = "The account's executions at once, % of its limit"
          unit      = "%"
          statistic = "Maximum"
          metrics = [
            ["AWS/Lambda", "ClaimedAccountConcurrency", { id = "claimed", visible = false }],
            ["AWS/Lambda", "ConcurrentExecutions", { id = "measured", visible = false }],
            [{ expression = local.function_alarms.concurrency.expression, id = "share", label = "taken or reserved" }],
          ]
          thresholds = { concurrency = local.thresholds.concurrency_percent }
        },
      ]
    },
    {
      title = "Errors"
      widgets = [
        {
          title = "Server errors, % of requests"
          unit  = "%"
          metrics = [
            concat(["AWS/ApiGateway", "5XXError"], local.api_dimensions, [{ id = "errors", visible = false }]),
            concat(["AWS/ApiGateway", "Count"], local.api_dimensions, [{ id = "requests", visible = false }]),
            [{ expression = "100 * errors / requests", id = "share", label = "5xx" }],
          ]
          thresholds = { "api-5xx" = local.thresholds.api_5xx_percent }
        },
        {
          title      = "Failed invocations a minute"
          unit       = "invocations"
          metrics    = [for key, function in var.functions : ["AWS/Lambda", "Errors", "FunctionName", function.name, { label = key }]]
          thresholds = { errors = local.thresholds.function_errors }
        },
        {
          title = "Refused by Lambda and DynamoDB, a minute"
          unit  = "refusals"
          metrics = concat(
            [for key, function in var.functions : ["AWS/Lambda", "Throttles", "FunctionName", function.name, { label = key }]],
            [
              for pair in setproduct(values(local.throttled), ["ReadThrottleEvents", "WriteThrottleEvents"]) : concat(
                ["AWS/DynamoDB", pair[1]], flatten([for name, value in pair[0] : [name, value]]),
                [{ label = "${try(pair[0].GlobalSecondaryIndexName, "table")}: ${lower(trimsuffix(pair[1], "ThrottleEvents"))}s" }],
              )
            ],
          )
          thresholds = { "dynamodb-throttles" = local.thresholds.dynamodb_throttles }
        },
      ]
    },
    {
      title = "Latency"
      widgets = [
        {
          title = "API, ms"
          unit  = "ms"
          metrics = [
            concat(["AWS/ApiGateway", "Latency"], local.api_dimensions, [{ stat = "p50", label = "p50" }]),
            concat(["AWS/ApiGateway", "Latency"], local.api_dimensions, [{ stat = "p99", label = "p99" }]),
          ]
          thresholds = { "api-latency" = local.thresholds.api_latency_ms }
        },
        {
          title     = "Functions, p50, ms"
          unit      = "ms"
          statistic = "p50"
          metrics   = [for key, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function.name, { label = key }]]
        },
        {
          title     = "Functions, p99, ms"
          unit      = "ms"
          statistic = "p99"
          metrics   = [for key, function in var.functions : ["AWS/Lambda", "Duration", "FunctionName", function.name, { label = key }]]
        },
      ]
    },
    {
      title = "Queues"
      widgets = [
        {
          title     = "Jobs"
          unit      = "messages"
          statistic = "Maximum"
          metrics = concat(
            [for name in local.work : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { label = "waiting" }]],
            [for name in local.work : ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", name, { label = "in hand" }]],
          )
        },
        {
          title      = "Age of the oldest job, s"
          unit       = "s"
          statistic  = "Maximum"
          metrics    = [for name in local.work : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name, { label = "oldest" }]]
          thresholds = { "image-jobs-oldest" = local.thresholds.oldest_job_seconds }
        },
        {
          title      = "Dead letters"
          unit       = "messages"
          statistic  = "Maximum"
          metrics    = [for name in local.letters : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, { label = trimprefix(name, "${var.name}-") }]]
          thresholds = { "dead-letters" = local.thresholds.dead_letters }
        },
      ]
    },
    {
      title = "Pictures"
      widgets = [
        {
          title   = "By outcome"
          unit    = "pictures"
          stacked = true
          period  = 300
          metrics = [
            for id, picture in local.pictures :
            concat([picture.namespace, picture.name], flatten([for name, value in picture.dimensions : [name, value]]), [{ label = replace(id, "_", " ") }])
          ]
        },
        {
          title  = "From upload to ready, ms"
          unit   = "ms"
          period = 300
          metrics = [
            concat(["Gazette", "TimeToReady"], local.worker_metrics, [{ stat = "p50", label = "p50" }]),
            concat(["Gazette", "TimeToReady"], local.worker_metrics, [{ stat = "p95", label = "p95" }]),
          ]
        },
        {
          title  = "Analyses and tries"
          unit   = "count"
          period = 300
          metrics = [
            for name, label in {
              RekognitionCalls = "calls of Rekognition", RekognitionThrottles = "refused by it", AnalysesReused = "analyses reused", Retries = "jobs tried again"
            } : concat(["Gazette", name], local.worker_metrics, [{ label = label }])
          ]
          thresholds = { "rekognition-throttles" = local.thresholds.rekognition_throttles }
        },
      ]
    },
    {
      # What an hour costs is nowhere to be had; what Rekognition is asked is, and it is most of it.
      title = "Spend"
      widgets = [
        {
          title  = "Rekognition, USD an hour (calls × ${local.rekognition_usd_a_call})"
          unit   = "USD"
          period = 3600
          metrics = [
            concat(["Gazette", "RekognitionCalls"], local.worker_metrics, [{ id = "calls", visible = false }]),
            [{ expression = "calls * ${local.rekognition_usd_a_call}", id = "usd", label = "Rekognition" }],
          ]
        },
        {
          title   = "Pictures that wait for the next day's budget of analyses"
          unit    = "pictures"
          period  = 3600
          metrics = [concat(["Gazette", "BudgetWaits"], local.worker_metrics, [{ label = "put off" }])]
        },
        # Billing is in us-east-1, wherever the stack is, and there only where the account turned billing alerts on.
        {
          title     = "The account's bill of this month so far, USD"
          unit      = "USD"
          region    = "us-east-1"
          statistic = "Maximum"
          period    = 21600
          metrics   = [["AWS/Billing", "EstimatedCharges", "Currency", "USD", { label = "all services" }]]
        },
      ]
    },
  ]
}
