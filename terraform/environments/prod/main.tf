# What people rely on: nothing that holds data can be deleted by an apply.
module "gazette" {
  source = "../../modules/gazette"

  name         = "gazette-prod"
  stage        = "prod"
  images       = var.images
  architecture = var.architecture

  deployment_config = var.deployment_config
  functions         = { for key in ["api", "authorizer"] : key => { snap_start = var.snap_start } }

  # The worker is held back at the queue, where waiting is free, and not by reserving executions, which the account may not
  # have to spare.
  worker_maximum_concurrency = var.worker_maximum_concurrency

  cors_allow_origin           = var.cors_allow_origin
  throttle                    = var.throttle
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

  deletion_protection                = true
  force_destroy                      = false
  media_noncurrent_expire_after_days = 90
  log_retention_days                 = 365
}

# `terraform destroy` works from the end: without this, functions, routes and subscriptions would be gone by the time that
# the table refuses. Terraform plans to delete this first, may not, and so deletes nothing; it depends on everything, so
# a `-target` includes it. docs/runbook.md#destroy says how to end prod on purpose.
resource "terraform_data" "prod_is_not_destroyed" {
  depends_on = [module.gazette]

  lifecycle {
    prevent_destroy = true
  }
}
