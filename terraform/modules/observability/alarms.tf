# An alarm means that somebody has to look. Its description is a sentence and where docs/runbook.md goes on; its key is its
# name without the stack's. What is watched, by file:
#
#   watch_api.tf        errors and latency of the API
#   watch_functions.tf  errors, throttles and time of each function; the schedule; the account's executions
#   watch_queues.tf     work that waits, and what is left of work that failed
#   watch_pictures.tf   what becomes of pictures, and Rekognition
#   watch_table.tf      throttles of the table and each of its indexes
#   cost.tf             the day's bill
#
# Each alarm there has:
#   sentence, runbook   what it says, and the section of docs/runbook.md
#   metrics             by id: namespace, name, dimensions, statistic
#   expression          of those, in metric math; without one there is one metric, and it is that
#   threshold           it goes off above this; below it where `below` is true
#   period, periods     seconds, and how many of them; `of` them where some may be fine
#   missing             what no data means: most often that nothing happened, which is fine
#   functions           those whose new version it condemns: it stops their releases and takes them back, so it has none
#                       where the cause lies elsewhere (somebody uploads much, say)
#
# Metrics of functions are those of the function as a whole, not of an alias' version (`ExecutedVersion`). Those exist only while
# CodeDeploy weighs an alias, and an alarm would have to be written anew with each release; as failures are counted, and not
# shares of calls, what a canary's few calls add to them is as many with or without the other version's.
locals {
  alarms = merge(local.api_alarms, local.function_alarms, local.queue_alarms, local.picture_alarms, local.table_alarms)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for key, alarm in local.alarms : key => alarm if var.enabled }

  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}"
  alarm_description   = "${each.value.sentence} ${local.runbook}#${each.value.runbook}"
  comparison_operator = try(each.value.below, false) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = try(each.value.of, each.value.periods)
  datapoints_to_alarm = each.value.periods
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = [aws_sns_topic.operations[0].arn]
  ok_actions          = [aws_sns_topic.operations[0].arn]

  # Of one metric, as it is:
  namespace          = try(local.single[each.key].namespace, null)
  metric_name        = try(local.single[each.key].name, null)
  dimensions         = try(local.single[each.key].dimensions, null)
  statistic          = try(regex("^[A-Z].*", local.single[each.key].statistic), null)
  extended_statistic = try(regex("^p.*", local.single[each.key].statistic), null)
  period             = contains(keys(local.single), each.key) ? each.value.period : null

  # Of several, by an expression:
  dynamic "metric_query" {
    for_each = { for id, metric in each.value.metrics : id => metric if can(each.value.expression) }

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        stat        = metric_query.value.statistic
        period      = each.value.period
      }
    }
  }

  dynamic "metric_query" {
    for_each = try([each.value.expression], [])

    content {
      id          = "watched"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }
}

locals {
  runbook = coalesce(var.runbook_url, "docs/runbook.md")

  single = { for key, alarm in local.alarms : key => one(values(alarm.metrics)) if !can(alarm.expression) }
}
