module "rest_api" {
  source = "../rest_api"

  name                        = var.name
  stage                       = var.stage
  openapi                     = yamldecode(file("${local.services}/api/openapi.yaml"))
  function                    = local.callable.api
  authorizer_function         = local.callable.authorizer
  user_pool_arns              = [module.identity.user_pool_arn]
  cors_allow_origin           = var.cors_allow_origin
  throttle                    = var.throttle
  method_throttles            = var.method_throttles
  usage_plans                 = var.usage_plans
  tracing                     = var.tracing
  access_logs                 = var.access_logs
  log_retention_days          = var.log_retention_days
  log_kms_key_arn             = local.key_arn
  manage_account_logging_role = var.manage_account_logging_role
  permissions_boundary_arn    = var.permissions_boundary_arn
}

locals {
  callable = {
    for key, function in { api = module.api_function, authorizer = module.authorizer_function } :
    key => { name = function.name, alias = function.alias_name, invoke_arn = function.alias_invoke_arn }
  }
}

module "waf" {
  source = "../waf"
  count  = var.waf == null ? 0 : 1

  name                 = var.name
  stage_arn            = module.rest_api.stage_arn
  cors_allow_origin    = var.cors_allow_origin
  requests_per_address = var.waf.requests_per_address
  refuse_anonymizers   = var.waf.refuse_anonymizers
  logs                 = var.waf.logs
  log_retention_days   = var.log_retention_days
  log_kms_key_arn      = local.key_arn
}

module "api_function" {
  source = "../lambda_image"

  name                     = "${var.name}-api"
  description              = "Serves the HTTP API"
  image_uri                = var.images.api
  command                  = ["api.handler.handler"]
  architecture             = var.architecture
  memory_mb                = var.functions.api.memory_mb
  timeout_seconds          = var.functions.api.timeout_seconds
  reserved_concurrency     = var.functions.api.reserved_concurrency
  snap_start               = var.functions.api.snap_start
  moves_alias              = var.deployment_config == null
  tracing                  = var.tracing
  log_retention_days       = var.log_retention_days
  log_kms_key_arn          = local.key_arn
  permissions_boundary_arn = var.permissions_boundary_arn

  environment_variables = merge(
    {
      TABLE_NAME           = module.article_table.name
      UPLOADS_BUCKET       = module.image_pipeline.uploads_bucket
      MEDIA_BUCKET         = module.image_pipeline.media_bucket
      IMAGE_JOBS_QUEUE_URL = module.image_pipeline.image_jobs_queue_url
      CURSOR_KEY           = sensitive(terraform_data.cursor_key.output)
      CORS_ALLOW_ORIGIN    = var.cors_allow_origin
      MAX_UPLOAD_BYTES     = tostring(var.max_upload_bytes)
      UPLOADS_PER_HOUR     = tostring(var.uploads_per_person_and_hour)
      TOKEN_AUDIENCE       = module.identity.user_pool_client_id
    },
    # Otherwise a request itself tells: its host, and the stage or base path before its route.
    { for name, url in { PUBLIC_URL = local.public_url } : name => url if var.public_url != null },
    # Otherwise it presigns URLs of S3.
    merge([for cdn in module.media_cdn : {
      MEDIA_URL                    = cdn.url
      MEDIA_KEY_PAIR_ID            = cdn.key_pair_id
      MEDIA_PRIVATE_KEY_SECRET_ARN = local.media_private_key_secret_arn
    }]...),
    local.common_environment,
    lookup(var.function_environment_variables, "api", {}),
  )

  statements = concat(
    [
      {
        sid = "ReadAndWriteArticles"
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
        sid       = "PageThroughArticles"
        actions   = ["dynamodb:Query"]
        resources = [module.article_table.index_arns["feed"], module.article_table.index_arns["author"]]
      },
      # A presigned request may do what its signer may: this one signs an upload's policy, SignRenditions a rendition's URL.
      {
        sid       = "SignUploads"
        actions   = ["s3:PutObject"]
        resources = ["${module.image_pipeline.uploads_bucket_arn}/uploads/*"]
      },
      {
        sid       = "QueueJobs"
        actions   = ["sqs:SendMessage"]
        resources = [module.image_pipeline.image_jobs_queue_arn]
      },
    ],
    [
      var.media_cdn == null ? {
        sid       = "SignRenditions"
        actions   = ["s3:GetObject"]
        resources = ["${module.image_pipeline.media_bucket_arn}/media/*"]
        } : {
        sid       = "ReadTheKeyThatSignsRenditions"
        actions   = ["secretsmanager:GetSecretValue"]
        resources = [local.media_private_key_secret_arn]
      },
    ],
    local.key_statements["api"],
  )
}

module "authorizer_function" {
  source = "../lambda_image"

  name                     = "${var.name}-authorizer"
  description              = "Checks the token of requests that may come without one"
  image_uri                = var.images.api
  command                  = ["api.authorizer.handler"]
  architecture             = var.architecture
  memory_mb                = var.functions.authorizer.memory_mb
  timeout_seconds          = var.functions.authorizer.timeout_seconds
  reserved_concurrency     = var.functions.authorizer.reserved_concurrency
  snap_start               = var.functions.authorizer.snap_start
  moves_alias              = var.deployment_config == null
  tracing                  = var.tracing
  log_retention_days       = var.log_retention_days
  log_kms_key_arn          = local.key_arn
  permissions_boundary_arn = var.permissions_boundary_arn

  environment_variables = merge(
    {
      TOKEN_ISSUER   = module.identity.issuer
      TOKEN_AUDIENCE = module.identity.user_pool_client_id
      JWKS_URL       = module.identity.jwks_url
    },
    local.common_environment,
    lookup(var.function_environment_variables, "authorizer", {}),
  )
}
