# The provider waits 25 seconds for a new queue to settle. Redrive policies are resources of their own, so that neither
# queue names the other, both are made at the same time and the wait is paid once.
resource "aws_sqs_queue" "image_jobs" {
  name                       = "${var.name}-image-jobs"
  visibility_timeout_seconds = 6 * var.worker_timeout_seconds # AWS's own advice for queues that feed a function
  message_retention_seconds  = 4 * 24 * 3600
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null
  kms_master_key_id          = var.kms_key_arn
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-image-jobs-dead-letters"
  message_retention_seconds = 14 * 24 * 3600 # the longest there is: somebody has to find out why first
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
}

resource "aws_sqs_queue_redrive_policy" "image_jobs" {
  queue_url = aws_sqs_queue.image_jobs.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.image_jobs.arn]
  })
}

resource "aws_sqs_queue_policy" "image_jobs" {
  queue_url = aws_sqs_queue.image_jobs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "UploadsBucketSends"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.image_jobs.arn
        # The account too: a bucket's ARN names none, and a deleted bucket's name is free for anybody.
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.uploads.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        }
      }],
      [for statement in local.queues_only_over_tls : merge(statement, { Resource = aws_sqs_queue.image_jobs.arn })],
    )
  })
}

resource "aws_sqs_queue_policy" "dead_letters" {
  count = var.require_tls ? 1 : 0

  queue_url = aws_sqs_queue.dead_letters.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.queues_only_over_tls : merge(statement, { Resource = aws_sqs_queue.dead_letters.arn })]
  })
}

locals {
  queues_only_over_tls = var.require_tls ? [{
    Sid       = "OnlyOverTls"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Condition = local.insecure_transport
  }] : []
}
