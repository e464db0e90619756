locals {
  api = { ApiName = var.api_name, Stage = var.api_stage }

  api_alarms = {
    # A share, as a busy API always has an error or two; with a floor, as one of the night's three requests is a third. Both are
    # small enough for a canary: where its tenth of the calls fails, the share is ten percent.
    api-5xx = {
      sentence = "More than ${local.thresholds.api_5xx_percent} % of the API's answers are server errors."
      runbook  = "api-5xx"
      metrics = {
        errors   = { namespace = "AWS/ApiGateway", name = "5XXError", dimensions = local.api, statistic = "Sum" }
        requests = { namespace = "AWS/ApiGateway", name = "Count", dimensions = local.api, statistic = "Sum" }
      }
      expression = "IF(errors >= ${local.thresholds.api_5xx_at_least}, 100 * errors / requests, 0)"
      threshold  = local.thresholds.api_5xx_percent
      period     = 60
      periods    = 1
      functions  = ["api", "authorizer"]
    }
    # With few requests the 99th percentile is the slowest of all, a start included: one bad minute is none.
    api-latency = {
      sentence  = "One request in a hundred waits for more than ${local.thresholds.api_latency_ms} ms."
      runbook   = "api-latency"
      metrics   = { latency = { namespace = "AWS/ApiGateway", name = "Latency", dimensions = local.api, statistic = "p99" } }
      threshold = local.thresholds.api_latency_ms
      period    = 60
      periods   = 3
      of        = 5
      functions = ["api", "authorizer"]
    }
  }
}
