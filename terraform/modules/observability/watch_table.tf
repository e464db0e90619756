# The table and each index have throughput of their own: a hot author throttles one index and nothing else.
locals {
  throttled = merge(
    { dynamodb-throttles = { TableName = var.table.name } },
    { for index in var.table.indexes : "dynamodb-throttles-${index}" => { TableName = var.table.name, GlobalSecondaryIndexName = index } },
  )

  table_alarms = {
    for key, dimensions in local.throttled : key => {
      sentence = "DynamoDB refused more than ${local.thresholds.dynamodb_throttles} reads and writes of ${join("/", values(dimensions))} in a minute."
      runbook  = "dynamodb-throttles"
      metrics = {
        reads  = { namespace = "AWS/DynamoDB", name = "ReadThrottleEvents", dimensions = dimensions, statistic = "Sum" }
        writes = { namespace = "AWS/DynamoDB", name = "WriteThrottleEvents", dimensions = dimensions, statistic = "Sum" }
      }
      expression = "FILL(reads, 0) + FILL(writes, 0)"
      threshold  = local.thresholds.dynamodb_throttles
      period     = 60
      periods    = 1
      functions  = []
    }
  }
}
