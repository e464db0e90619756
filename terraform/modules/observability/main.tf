# Alarms that mean somebody has to look, a topic that tells them, and a dashboard that shows where.
resource "aws_sns_topic" "operations" {
  # checkov:skip=CKV_AWS_26:a customer key or none, see below

  count = var.enabled ? 1 : 0

  name = "${var.name}-operations"

  # CloudWatch can't publish to a topic that is encrypted with the AWS managed key: a customer key, or none. An alarm says
  # which threshold was crossed, nothing about articles or people.
  kms_master_key_id = var.topic_kms_key_arn
}

resource "aws_sns_topic_policy" "operations" {
  count = var.enabled ? 1 : 0

  arn = aws_sns_topic.operations[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "AlarmsOfThisAccountPublish"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.operations[0].arn
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      }],
      [for _ in var.daily_cost_usd == null ? [] : ["daily"] : {
        Sid       = "BudgetsOfThisAccountPublish"
        Effect    = "Allow"
        Principal = { Service = "budgets.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.operations[0].arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
          ArnLike      = { "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:budgets::${data.aws_caller_identity.current.account_id}:*" }
        }
      }],
      [for action in var.require_tls ? ["sns:Publish"] : [] : {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = action
        Resource  = aws_sns_topic.operations[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
    )
  })
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}
