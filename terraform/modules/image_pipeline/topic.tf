resource "aws_sns_topic" "image_events" {
  name = "${var.name}-image-events"

  # The AWS managed key serves publishers of this account, which the worker is. CloudWatch alarms and other services could
  # not publish here; they don't.
  kms_master_key_id = coalesce(var.kms_key_arn, "alias/aws/sns")

  # SHA-256 in what HTTPS subscribers verify; version 1, the default, is SHA-1.
  signature_version = 2
}

resource "aws_sns_topic_policy" "image_events" {
  count = var.require_tls ? 1 : 0

  arn = aws_sns_topic.image_events.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.image_events.arn
      Condition = local.insecure_transport
    }]
  })
}
