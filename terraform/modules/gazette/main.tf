# The one module that composes the others: what Gazette is, on one page a part.
#
#   data.tf     the table, the user pool, the key that signs cursors
#   keys.tf     the customer key, where there is one, and who may use it for what
#   api.tf      the API, its function and its authorizer's
#   images.tf   the pipeline, the worker and the sweeper
#   page.tf     the page before it
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

  name           = var.name
  enabled        = var.observability
  thresholds     = var.alarm_thresholds
  daily_cost_usd = var.daily_cost_usd
  runbook_url    = var.runbook_url

  topic_kms_key_arn = local.key_arn
  require_tls       = var.require_tls

  api_name  = module.rest_api.name
  api_stage = module.rest_api.stage
  functions = { for key, function in local.functions : key => { name = function.name, timeout_seconds = function.timeout_seconds } }
  queues    = module.image_pipeline.queues
  table     = { name = module.article_table.name, indexes = keys(module.article_table.index_arns) }

  sweep_period_seconds = local.sweep_period_seconds
}

locals {
  # cron(…) tells no period: a day then, the longest that an alarm can look at.
  sweep_rate           = try(regex("^rate\\((\\d+) (minute|hour|day)s?\\)$", var.sweep_schedule), ["1", "day"])
  sweep_period_seconds = tonumber(local.sweep_rate[0]) * { minute = 60, hour = 3600, day = 86400 }[local.sweep_rate[1]]
}

data "aws_region" "current" {}
