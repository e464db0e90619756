# What starts the worker and the sweeper. Here, and not in image_pipeline: the functions' policies need the pipeline's
# ARNs, and these need the functions' ARNs. Where both are known the arrows between modules point one way.
resource "aws_lambda_event_source_mapping" "image_jobs" {
  event_source_arn        = module.image_pipeline.image_jobs_queue_arn
  function_name           = module.worker_function.alias_arn
  batch_size              = var.worker_batch_size
  function_response_types = ["ReportBatchItemFailures"] # one broken image doesn't repeat the whole batch

  # Holds the worker back where Rekognition's transactions a second are the limit, without taking concurrency from others.
  dynamic "scaling_config" {
    for_each = var.worker_maximum_concurrency == null ? [] : [var.worker_maximum_concurrency]

    content {
      maximum_concurrency = scaling_config.value
    }
  }
}

resource "aws_cloudwatch_event_rule" "sweep" {
  name                = "${var.name}-sweep"
  description         = "Starts the sweeper"
  schedule_expression = var.sweep_schedule
}

resource "aws_cloudwatch_event_target" "sweeper" {
  rule = aws_cloudwatch_event_rule.sweep.name
  arn  = module.sweeper_function.alias_arn

  # The next sweep does what this one missed.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "AllowSweepSchedule"
  action        = "lambda:InvokeFunction"
  function_name = module.sweeper_function.name
  qualifier     = module.sweeper_function.alias_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn
}
