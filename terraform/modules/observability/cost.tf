# The bill of a day, of the whole account: what costs most here, Rekognition, has no resources that could be tagged, so a budget
# of one stage's tags would leave out what it is there for. AWS looks at it a few times a day: this is for the morning.
resource "aws_budgets_budget" "daily" {
  count = var.enabled && var.daily_cost_usd != null ? 1 : 0

  name         = "${var.name}-daily-cost"
  budget_type  = "COST"
  time_unit    = "DAILY"
  limit_unit   = "USD"
  limit_amount = format("%.1f", coalesce(var.daily_cost_usd, 0))

  notification {
    notification_type         = "ACTUAL"
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    subscriber_sns_topic_arns = [aws_sns_topic.operations[0].arn]
  }

  # AWS tries the topic when the budget is made.
  depends_on = [aws_sns_topic_policy.operations]
}
