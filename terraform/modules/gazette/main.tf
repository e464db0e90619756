# The one module that composes the others: what Gazette is, on one page a part.
#
#   data.tf     the table, the user pool, the key that signs cursors
#   keys.tf     the customer key, where there is one, and who may use it for what
#   api.tf      the API, its function and its authorizer's
#   images.tf   the pipeline, the worker and the sweeper
#   triggers.tf what starts them
#   releases.tf how a new version of a function gets into service
#   outputs.tf  what others script against

locals {
  services = "${path.module}/../../../services"

  # One place for what all four functions share.
  common_environment = merge({ LOG_LEVEL = var.log_level, STACK_NAME = var.name }, var.extra_environment_variables)

  media_private_key_secret_arn = try(var.media_cdn.keys[var.media_cdn.signing_key].private_key_secret_arn, null)

  # The stage's own address isn't here: it exists after the stage, which exists after the function that would be told.
  public_url = var.public_url == null ? null : replace(
    replace(var.public_url, "{api_id}", module.rest_api.id), "{stage}", var.stage
  )
}

module "observability" {
  source = "../observability"

  name       = var.name
  enabled    = var.observability
  thresholds = var.alarm_thresholds

  topic_kms_key_arn = local.key_arn
  require_tls       = var.require_tls

  api_name               = module.rest_api.name
  api_stage              = module.rest_api.stage
  image_jobs_queue_name  = module.image_pipeline.image_jobs_queue_name
  dead_letter_queue_name = module.image_pipeline.dead_letter_queue_name
  worker_log_group_name  = module.worker_function.log_group_name

  function_names = {
    api          = module.api_function.name
    authorizer   = module.authorizer_function.name
    image_worker = module.worker_function.name
    sweeper      = module.sweeper_function.name
  }
}

data "aws_region" "current" {}
