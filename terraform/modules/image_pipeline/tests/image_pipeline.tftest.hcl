mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

override_resource {
  target          = aws_s3_bucket.uploads
  override_during = plan
  values          = { id = "gazette-test-uploads-111122223333-eu-west-1", arn = "arn:aws:s3:::gazette-test-uploads-111122223333-eu-west-1" }
}

override_resource {
  target          = aws_s3_bucket.media
  override_during = plan
  values          = { id = "gazette-test-media-111122223333-eu-west-1", arn = "arn:aws:s3:::gazette-test-media-111122223333-eu-west-1" }
}

override_resource {
  target          = aws_sqs_queue.image_jobs
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-jobs" }
}

override_resource {
  target          = aws_sqs_queue.dead_letters
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-jobs-dead-letters" }
}

override_resource {
  target          = aws_sns_topic.image_events
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-west-1:111122223333:gazette-test-image-events" }
}

variables {
  name                   = "gazette-test"
  worker_timeout_seconds = 60
}

run "both_buckets_are_private_encrypted_and_named_for_account_and_region" {
  command = plan

  assert {
    condition     = aws_s3_bucket.uploads.bucket == "gazette-test-uploads-111122223333-eu-west-1" && aws_s3_bucket.media.bucket == "gazette-test-media-111122223333-eu-west-1"
    error_message = "Bucket names must be unique among all accounts."
  }

  assert {
    condition = alltrue([
      for block in [aws_s3_bucket_public_access_block.uploads, aws_s3_bucket_public_access_block.media] :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "A bucket could be made public."
  }

  assert {
    condition = alltrue([
      for controls in [aws_s3_bucket_ownership_controls.uploads, aws_s3_bucket_ownership_controls.media] :
      controls.rule[0].object_ownership == "BucketOwnerEnforced"
    ])
    error_message = "ACLs must be off."
  }

  assert {
    condition = alltrue([
      for encryption in [aws_s3_bucket_server_side_encryption_configuration.uploads, aws_s3_bucket_server_side_encryption_configuration.media] :
      one(one(encryption.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    ])
    error_message = "A bucket is not encrypted."
  }
}

run "plain_http_is_denied_everywhere" {
  command = plan

  assert {
    condition = alltrue([
      for policy in [
        aws_s3_bucket_policy.uploads[0].policy,
        aws_s3_bucket_policy.media[0].policy,
        aws_sqs_queue_policy.image_jobs.policy,
        aws_sqs_queue_policy.dead_letters[0].policy,
        aws_sns_topic_policy.image_events[0].policy,
        ] : anytrue([
          for statement in jsondecode(policy).Statement :
          statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ])
    ])
    error_message = "A bucket, queue or topic accepts plain HTTP."
  }
}

run "a_cloud_without_tls_can_turn_the_denial_off_and_the_bucket_may_still_send" {
  command = plan

  variables {
    require_tls = false
  }

  assert {
    condition     = length(aws_s3_bucket_policy.uploads) + length(aws_s3_bucket_policy.media) + length(aws_sns_topic_policy.image_events) == 0
    error_message = "There is nothing left for these policies to say."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_policy.image_jobs.policy).Statement[*].Sid == ["UploadsBucketSends"]
    error_message = "S3 must still be able to send."
  }
}

run "only_the_uploads_bucket_of_this_account_may_send_jobs" {
  command = plan

  assert {
    condition = [
      for statement in jsondecode(aws_sqs_queue_policy.image_jobs.policy).Statement : statement if statement.Effect == "Allow"
      ] == [{
        Sid       = "UploadsBucketSends"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-jobs"
        Condition = {
          ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::gazette-test-uploads-111122223333-eu-west-1" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
    }]
    error_message = "Somebody else than the uploads bucket could send jobs."
  }
}

run "jobs_start_from_uploads_alone_and_never_from_what_the_worker_writes" {
  command = plan

  assert {
    condition     = aws_s3_bucket_notification.uploads.queue[0].filter_prefix == "uploads/" && aws_s3_bucket_notification.uploads.queue[0].events == toset(["s3:ObjectCreated:*"])
    error_message = "Only new objects under uploads/ are jobs."
  }
}

run "a_message_is_invisible_for_six_timeouts_and_tried_five_times" {
  command = plan

  assert {
    condition     = aws_sqs_queue.image_jobs.visibility_timeout_seconds == 360
    error_message = "Visibility must be six times the worker's timeout."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_redrive_policy.image_jobs.redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:eu-west-1:111122223333:gazette-test-image-jobs-dead-letters"
      maxReceiveCount     = 5
    }
    error_message = "Jobs must end among the dead letters after five tries."
  }

  assert {
    condition     = aws_sqs_queue.dead_letters.message_retention_seconds == 1209600
    error_message = "Dead letters must be kept as long as SQS allows."
  }
}

run "uploads_expire_and_deleted_media_can_be_restored_for_a_while" {
  command = plan

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.uploads.rule[0].expiration[0].days == 7
    error_message = "Uploads must expire."
  }

  assert {
    condition     = aws_s3_bucket_versioning.media.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_lifecycle_configuration.media.rule[0].noncurrent_version_expiration[0].noncurrent_days == 30
    error_message = "Media must be versioned, and old versions expire."
  }
}

run "pages_of_the_allowed_origin_may_post_and_nothing_else" {
  command = plan

  variables {
    cors_allow_origins = ["https://news.example.org", "https://d1.cloudfront.net"]
  }

  assert {
    condition = (
      one(aws_s3_bucket_cors_configuration.uploads.cors_rule).allowed_methods == toset(["POST"])
      && one(aws_s3_bucket_cors_configuration.uploads.cors_rule).allowed_origins == toset(["https://d1.cloudfront.net", "https://news.example.org"])
    )
    error_message = "CORS must allow POST from the configured origin only."
  }
}

run "an_origin_with_a_path_is_refused" {
  command = plan

  variables {
    cors_allow_origins = ["*", "https://news.example.org/"]
  }

  expect_failures = [var.cors_allow_origins]
}

run "fewer_than_five_tries_are_refused" {
  command = plan

  variables {
    max_receive_count = 4
  }

  expect_failures = [var.max_receive_count]
}

run "a_name_too_long_for_a_bucket_is_refused" {
  command = plan

  variables {
    name = "gazette-of-the-whole-wide-world"
  }

  expect_failures = [var.name]
}

run "nobody_reads_media_by_the_bucket_s_policy" {
  command = plan

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.media[0].policy).Statement : statement.Effect] == ["Deny"]
    error_message = "Something may read renditions without a presigned URL."
  }
}

run "a_distribution_reads_renditions_and_only_that_one" {
  command = plan

  variables {
    media_distribution = { arn = "arn:aws:cloudfront::111122223333:distribution/E1" }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.media[0].policy).Statement : jsonencode(statement) if statement.Effect == "Allow"
      ] == [jsonencode({
        Sid       = "CloudFrontReadsRenditions"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = ["${aws_s3_bucket.media.arn}/media/*"]
        Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/E1" } }
    })]
    error_message = "Another distribution could read, or this one more than renditions."
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_s3_bucket_policy.media[0].policy).Statement : statement.Sid], "OnlyOverTls")
    error_message = "TLS is still required."
  }
}

run "a_distribution_reads_where_tls_is_not_required_too" {
  command = plan

  variables {
    media_distribution = { arn = "arn:aws:cloudfront::111122223333:distribution/E1" }
    require_tls        = false
  }

  assert {
    condition     = [for statement in jsondecode(aws_s3_bucket_policy.media[0].policy).Statement : statement.Sid] == ["CloudFrontReadsRenditions"]
    error_message = "The policy lost a statement."
  }
}
