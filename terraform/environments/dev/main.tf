# Where changes are tried: everything can be torn down and made again.
module "gazette" {
  source = "../../modules/gazette"

  name         = "gazette-dev"
  stage        = "dev"
  images       = var.images
  architecture = var.architecture

  deployment_config = var.deployment_config
  functions         = { for key in ["api", "authorizer"] : key => { snap_start = var.snap_start } }

  cors_allow_origin           = var.cors_allow_origin
  throttle                    = { rate_limit = 50, burst_limit = 100 }
  method_throttles            = var.method_throttles
  uploads_per_person_and_hour = var.uploads_per_person_and_hour
  analyses_per_day            = var.analyses_per_day
  usage_plans                 = var.usage_plans
  public_url                  = var.public_url
  waf                         = var.waf
  media_cdn                   = var.media_cdn
  page                        = var.page
  page_urls                   = var.page_urls
  image_event_emails          = var.image_event_emails
  image_event_webhook         = var.image_event_webhook
  customer_key                = var.customer_key
  kms_key_arn                 = var.kms_key_arn
  permissions_boundary_arn    = var.permissions_boundary_arn
  table_name                  = var.table_name
  alarm_thresholds            = var.alarm_thresholds
  daily_cost_usd              = var.daily_cost_usd
  runbook_url                 = var.runbook_url
  manage_account_logging_role = var.manage_account_logging_role

  deletion_protection = false
  force_destroy       = true
  log_level           = "DEBUG"
  log_retention_days  = 7
}
