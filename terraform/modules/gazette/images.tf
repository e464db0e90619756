module "image_pipeline" {
  source = "../image_pipeline"

  name                               = var.name
  cors_allow_origins                 = var.cors_allow_origin == "*" ? ["*"] : concat([var.cors_allow_origin], local.page_urls)
  uploads_expire_after_days          = var.uploads_expire_after_days
  media_noncurrent_expire_after_days = var.media_noncurrent_expire_after_days
  worker_timeout_seconds             = var.functions.image_worker.timeout_seconds
  max_receive_count                  = var.max_receive_count
  image_event_emails                 = var.image_event_emails
  image_event_webhook                = var.image_event_webhook
  force_destroy                      = var.force_destroy
  kms_key_arn                        = local.key_arn
  require_tls                        = var.require_tls
  media_distribution                 = one([for cdn in module.media_cdn : { arn = cdn.distribution_arn }])
}

module "media_cdn" {
  source = "../media_cdn"
  count  = var.media_cdn == null ? 0 : 1

  name               = var.name
  bucket_domain_name = module.image_pipeline.media_bucket_domain_name
  public_keys        = { for name, key in var.media_cdn.keys : name => key.public_key_pem }
  signing_key        = var.media_cdn.signing_key
  price_class        = var.media_cdn.price_class
  aliases            = var.media_cdn.aliases
  certificate_arn    = var.media_cdn.certificate_arn
}

module "worker_function" {
  source = "../lambda_image"

  name                     = "${var.name}-image-worker"
  description              = "Checks, cleans, labels and moderates uploaded images"
  image_uri                = var.images.image_worker
  command                  = ["image_worker.handler.handler"]
  architecture             = var.architecture
  memory_mb                = var.functions.image_worker.memory_mb
  timeout_seconds          = var.functions.image_worker.timeout_seconds
  reserved_concurrency     = var.functions.image_worker.reserved_concurrency
  moves_alias              = var.deployment_config == null
  tracing                  = var.tracing
  log_retention_days       = var.log_retention_days
  log_kms_key_arn          = local.key_arn
  permissions_boundary_arn = var.permissions_boundary_arn

  environment_variables = merge(
    {
      TABLE_NAME                = module.article_table.name
      UPLOADS_BUCKET            = module.image_pipeline.uploads_bucket
      MEDIA_BUCKET              = module.image_pipeline.media_bucket
      IMAGE_JOBS_QUEUE_URL      = module.image_pipeline.image_jobs_queue_url
      IMAGE_EVENTS_TOPIC_ARN    = module.image_pipeline.image_events_topic_arn
      MAX_UPLOAD_BYTES          = tostring(var.max_upload_bytes)
      LABEL_MIN_CONFIDENCE      = tostring(var.label_min_confidence)
      MODERATION_MIN_CONFIDENCE = tostring(var.moderation_min_confidence)
      MAX_RECEIVE_COUNT         = tostring(module.image_pipeline.max_receive_count)
      DEAD_LETTER_QUEUE_URL     = module.image_pipeline.dead_letter_queue_url
      TIMEOUT_SECONDS           = tostring(var.functions.image_worker.timeout_seconds)
      MEMORY_MB                 = tostring(var.functions.image_worker.memory_mb)
      MAX_CONCURRENT_PICTURES   = tostring(var.worker_concurrent_pictures)
      REUSE_ANALYSES_FOR_DAYS   = tostring(var.reuse_analyses_for_days)
      ANALYSES_PER_DAY          = tostring(var.analyses_per_day)
    },
    local.common_environment,
    lookup(var.function_environment_variables, "image_worker", {}),
  )

  statements = concat(
    [
      {
        sid = "ClaimAndFinishJobs"
        actions = [
          "dynamodb:ConditionCheckItem",
          "dynamodb:DeleteItem",
          "dynamodb:GetItem",
          "dynamodb:PutItem",
          "dynamodb:Query",
          "dynamodb:UpdateItem",
        ]
        resources = [module.article_table.arn]
      },
      {
        sid       = "FindAnalysesOfTheSameContent"
        actions   = ["dynamodb:Query"]
        resources = [module.article_table.index_arns["content"]]
      },
      {
        sid       = "ReadAndClearUploads"
        actions   = ["s3:DeleteObject", "s3:GetObject"]
        resources = ["${module.image_pipeline.uploads_bucket_arn}/uploads/*"]
      },
      # Without it S3 answers 403, not 404, for an upload that is gone.
      {
        sid       = "LearnThatUploadsAreMissing"
        actions   = ["s3:ListBucket"]
        resources = [module.image_pipeline.uploads_bucket_arn]
      },
      {
        sid       = "FindRenditions"
        actions   = ["s3:ListBucket"]
        resources = [module.image_pipeline.media_bucket_arn]
        conditions = [
          { test = "StringLike", variable = "s3:prefix", values = ["media/*"] },
        ]
      },
      {
        sid       = "WriteAndClearRenditions"
        actions   = ["s3:DeleteObject", "s3:PutObject"]
        resources = ["${module.image_pipeline.media_bucket_arn}/media/*"]
      },
      # Rekognition has no resource to name for these.
      {
        sid       = "AnalyseImages"
        actions   = ["rekognition:DetectLabels", "rekognition:DetectModerationLabels"]
        resources = ["*"]
      },
      {
        sid       = "AnnounceResults"
        actions   = ["sns:Publish"]
        resources = [module.image_pipeline.image_events_topic_arn]
      },
      {
        sid       = "TakeJobs"
        actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        resources = [module.image_pipeline.image_jobs_queue_arn]
      },
      {
        sid       = "BuryJobs"
        actions   = ["sqs:SendMessage"]
        resources = [module.image_pipeline.dead_letter_queue_arn]
      },
    ],
    local.key_statements["image_worker"],
  )
}

module "sweeper_function" {
  source = "../lambda_image"

  name                     = "${var.name}-sweeper"
  description              = "Expires uploads that never came and queues stuck jobs again"
  image_uri                = var.images.image_worker
  command                  = ["image_worker.sweeper_handler.handler"]
  architecture             = var.architecture
  memory_mb                = var.functions.sweeper.memory_mb
  timeout_seconds          = var.functions.sweeper.timeout_seconds
  reserved_concurrency     = var.functions.sweeper.reserved_concurrency
  moves_alias              = var.deployment_config == null
  tracing                  = var.tracing
  log_retention_days       = var.log_retention_days
  log_kms_key_arn          = local.key_arn
  permissions_boundary_arn = var.permissions_boundary_arn

  environment_variables = merge(
    {
      TABLE_NAME           = module.article_table.name
      UPLOADS_BUCKET       = module.image_pipeline.uploads_bucket
      IMAGE_JOBS_QUEUE_URL = module.image_pipeline.image_jobs_queue_url
    },
    local.common_environment,
    lookup(var.function_environment_variables, "sweeper", {}),
  )

  statements = concat(
    [
      {
        sid       = "FindOverdueImages"
        actions   = ["dynamodb:Query"]
        resources = [module.article_table.index_arns["due"]]
      },
      {
        sid       = "SettleImages"
        actions   = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        resources = [module.article_table.arn]
      },
      {
        sid       = "LookForUploads"
        actions   = ["s3:GetObject"]
        resources = ["${module.image_pipeline.uploads_bucket_arn}/uploads/*"]
      },
      # Without it S3 answers 403, not 404, for an upload that never came.
      {
        sid       = "LearnThatUploadsAreMissing"
        actions   = ["s3:ListBucket"]
        resources = [module.image_pipeline.uploads_bucket_arn]
      },
      {
        sid       = "QueueJobs"
        actions   = ["sqs:SendMessage"]
        resources = [module.image_pipeline.image_jobs_queue_arn]
      },
    ],
    local.key_statements["sweeper"],
  )
}
