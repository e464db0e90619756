output "uploads_bucket" {
  description = "The quarantine bucket's name."
  value       = aws_s3_bucket.uploads.id
}

output "uploads_bucket_arn" {
  description = "The quarantine bucket's ARN."
  value       = aws_s3_bucket.uploads.arn
}

output "uploads_bucket_domain_name" {
  description = "The host that clients post to."
  value       = aws_s3_bucket.uploads.bucket_regional_domain_name
}

output "media_bucket" {
  description = "The name of the bucket that serves."
  value       = aws_s3_bucket.media.id
}

output "media_bucket_arn" {
  description = "The ARN of the bucket that serves."
  value       = aws_s3_bucket.media.arn
}

output "media_bucket_domain_name" {
  description = "The host of the bucket that serves: where CloudFront finds it."
  value       = aws_s3_bucket.media.bucket_regional_domain_name
}

output "image_jobs_queue_url" {
  description = "The job queue's URL."
  value       = aws_sqs_queue.image_jobs.id
}

output "image_jobs_queue_arn" {
  description = "The job queue's ARN."
  value       = aws_sqs_queue.image_jobs.arn
}

output "dead_letter_queue_url" {
  description = "The URL of the dead letters' queue."
  value       = aws_sqs_queue.dead_letters.id
}

output "dead_letter_queue_arn" {
  description = "The ARN of the dead letters' queue."
  value       = aws_sqs_queue.dead_letters.arn
}

output "image_events_topic_arn" {
  description = "The ARN of the topic that announces what became of an image."
  value       = aws_sns_topic.image_events.arn
}

output "undelivered_image_events_queue_url" {
  description = "The URL of the queue of what the webhook did not take; null where there is no webhook."
  value       = one(aws_sqs_queue.undelivered[*].id)
}

output "max_receive_count" {
  description = "Tries before a message goes to the dead letters."
  value       = var.max_receive_count
}

output "queues" {
  description = "Every queue, by key: its name, whether it holds work or letters (what is left of work that failed), and whose failures the letters are, if a function's."
  value = merge(
    {
      image-jobs   = { name = aws_sqs_queue.image_jobs.name, kind = "work", function = null }
      dead-letters = { name = aws_sqs_queue.dead_letters.name, kind = "letters", function = "image_worker" }
    },
    { for queue in aws_sqs_queue.undelivered : "image-events-undelivered" => { name = queue.name, kind = "letters", function = null } },
  )
}
