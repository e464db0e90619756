# Who hears of it besides other stacks, which subscribe for themselves (docs/notifications.md).
locals {
  # What the attribute `type` of a message says; docs/image_event.schema.json has the same three.
  image_event_types = ["image.failed", "image.ready", "image.rejected"]
}

# Nothing is sent before the person has followed the link in SNS's first mail. Their messages wait in no queue of ours: SNS
# itself tries a mail server for six hours.
resource "aws_sns_topic_subscription" "emails" {
  for_each = var.image_event_emails

  topic_arn           = aws_sns_topic.image_events.arn
  protocol            = "email"
  endpoint            = each.key
  filter_policy       = jsonencode({ type = sort(each.value.types) })
  filter_policy_scope = "MessageAttributes"
}

# Terraform does not wait for the endpoint to confirm: it may be deployed later than this.
resource "aws_sns_topic_subscription" "webhook" {
  count = var.image_event_webhook == null ? 0 : 1

  topic_arn            = aws_sns_topic.image_events.arn
  protocol             = "https"
  endpoint             = var.image_event_webhook.url
  raw_message_delivery = var.image_event_webhook.raw_message_delivery
  filter_policy        = jsonencode({ type = sort(var.image_event_webhook.types) })
  filter_policy_scope  = "MessageAttributes"

  # An endpoint that is deployed anew or restarted is not lost: 12 tries over half an hour, from 5 seconds to 5 minutes apart.
  # All of them together must end within the 3,600 seconds that SNS gives a policy, also if each took the longest pause.
  delivery_policy = jsonencode({
    healthyRetryPolicy = {
      numRetries         = 12
      numNoDelayRetries  = 0
      numMinDelayRetries = 2
      minDelayTarget     = 5
      numMaxDelayRetries = 5
      maxDelayTarget     = 300
      backoffFunction    = "exponential"
    }
    # SNS calls it text/plain otherwise, and frameworks then don't parse it.
    requestPolicy = { headerContentType = "application/json" }
  })

  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.undelivered[0].arn })

  # A message that fails at once has to be let in already.
  depends_on = [aws_sqs_queue_policy.undelivered]
}

# What the webhook did not take, however often SNS tried. Without a customer key encrypted by SQS and not by KMS's
# alias/aws/sqs, which SNS may not use.
resource "aws_sqs_queue" "undelivered" {
  count = var.image_event_webhook == null ? 0 : 1

  name                      = "${var.name}-image-events-undelivered"
  message_retention_seconds = 14 * 24 * 3600 # the longest there is
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
}

resource "aws_sqs_queue_policy" "undelivered" {
  count = var.image_event_webhook == null ? 0 : 1

  queue_url = aws_sqs_queue.undelivered[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "ImageEventsTopicSends"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.undelivered[0].arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.image_events.arn } }
      }],
      [for statement in local.queues_only_over_tls : merge(statement, { Resource = aws_sqs_queue.undelivered[0].arn })],
    )
  })
}
