# One dashboard, read from the top at night: which alarms are on and where the runbook is, then a row for each question. The
# lines in the graphs are the alarms' thresholds. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
locals {
  grid_columns  = 24
  widget_height = 6

  heading = {
    type       = "text"
    x          = 0
    y          = 0
    width      = 6
    height     = local.widget_height
    properties = { markdown = "# ${var.name}\n\nAn alarm is on? ${var.runbook_url == null ? "`docs/runbook.md` of the checkout" : "[The runbook](${var.runbook_url})"} has a section of its name: what it means, what to look at, what to do.\n\nLines in the graphs are the alarms' thresholds." }
  }
  alarm_status = {
    type   = "alarm"
    x      = 6
    y      = 0
    width  = local.grid_columns - 6
    height = local.widget_height
    properties = {
      title = "Alarms"
      alarms = [
        for key in keys(local.alarms) :
        "arn:${data.aws_partition.current.partition}:cloudwatch:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:alarm:${var.name}-${replace(key, "_", "-")}"
      ]
    }
  }

  # A row below the other: its title, a line high, and its widgets side by side.
  row_widgets = [
    for position, row in local.rows : concat(
      [{
        type       = "text"
        x          = 0
        y          = local.widget_height + position * (local.widget_height + 1)
        width      = local.grid_columns
        height     = 1
        properties = { markdown = "## ${row.title}" }
      }],
      [
        for column, widget in row.widgets : {
          type   = "metric"
          x      = column * floor(local.grid_columns / length(row.widgets))
          y      = local.widget_height + position * (local.widget_height + 1) + 1
          width  = floor(local.grid_columns / length(row.widgets))
          height = local.widget_height
          properties = {
            title   = widget.title
            view    = "timeSeries"
            stacked = try(widget.stacked, false)
            region  = try(widget.region, data.aws_region.current.name)
            stat    = try(widget.statistic, "Sum")
            period  = try(widget.period, 60)
            metrics = widget.metrics
            yAxis   = { left = { min = 0, label = widget.unit, showUnits = false } }
            annotations = {
              horizontal = [for label, value in try(widget.thresholds, {}) : { label = label, value = value }]
            }
          }
        }
      ],
    )
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.enabled ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({ widgets = concat([local.heading, local.alarm_status], flatten(local.row_widgets)) })
}
