locals {
  function_alarms = merge(
    {
      for key, function in var.functions : "${key}-errors" => {
        sentence  = "More than ${local.thresholds.function_errors} invocations of ${function.name} failed in a minute."
        runbook   = "function-errors"
        metrics   = { errors = merge(local.of_function[key], { name = "Errors", statistic = "Sum" }) }
        threshold = local.thresholds.function_errors
        period    = 60
        periods   = 1
        functions = [key]
      }
    },
    {
      for key, function in var.functions : "${key}-throttles" => {
        sentence  = "Lambda refuses to run ${function.name}: too many executions at once."
        runbook   = "function-throttles"
        metrics   = { throttles = merge(local.of_function[key], { name = "Throttles", statistic = "Sum" }) }
        threshold = local.thresholds.function_throttles
        period    = 60
        periods   = 1
        functions = []
      }
    },
    # The 99th percentile: of fewer than a hundred invocations it is the longest.
    {
      for key, function in var.functions : "${key}-duration" => {
        sentence  = "One call in a hundred of ${function.name} takes more than ${local.thresholds.function_duration_percent} % of its ${function.timeout_seconds} seconds."
        runbook   = "function-duration"
        metrics   = { duration = merge(local.of_function[key], { name = "Duration", statistic = "p99" }) }
        threshold = local.slow_ms[key]
        period    = 300
        periods   = 1
        functions = [key]
      }
    },
    {
      # A run counts when it came to its end: this also finds a sweeper that is started and fails.
      sweeper-silent = {
        sentence = "The sweeper came to no end for ${local.thresholds.missed_sweeps} of its times: stuck jobs stay stuck."
        runbook  = "sweeper-silent"
        metrics = {
          sweeps = { namespace = "Gazette", name = "Sweeps", dimensions = { Stack = var.name, Service = "sweeper" }, statistic = "Sum" }
        }
        threshold = 1
        below     = true
        period    = local.silence_seconds
        periods   = 1
        missing   = "breaching"
        functions = []
      }
      # What is reserved for functions counts as used: nobody else gets it. SERVICE_QUOTA knows the account's own limit.
      concurrency = {
        sentence = "More than ${local.thresholds.concurrency_percent} % of the executions that the account may have at once are taken, by whatever function."
        runbook  = "concurrency"
        metrics = {
          claimed  = { namespace = "AWS/Lambda", name = "ClaimedAccountConcurrency", dimensions = {}, statistic = "Maximum" }
          measured = { namespace = "AWS/Lambda", name = "ConcurrentExecutions", dimensions = {}, statistic = "Maximum" }
        }
        expression = "100 * claimed / SERVICE_QUOTA(measured)"
        threshold  = local.thresholds.concurrency_percent
        period     = 60
        periods    = 3
        functions  = []
      }
    },
  )

  of_function = { for key, function in var.functions : key => { namespace = "AWS/Lambda", dimensions = { FunctionName = function.name } } }

  slow_ms = { for key, function in var.functions : key => 10 * function.timeout_seconds * local.thresholds.function_duration_percent }

  # CloudWatch's periods are whole minutes, and a day at most.
  silence_seconds = min(86400, 60 * ceil(local.thresholds.missed_sweeps * var.sweep_period_seconds / 60))
}
