# The same Gazette as everywhere, told where the local cloud is. All that is local is in this folder.
module "gazette" {
  source = "../../modules/gazette"

  name   = var.name
  stage  = "local"
  images = var.images

  # The emulator has neither CodeDeploy nor SnapStart's snapshots.
  deployment_config = null
  functions         = { for key in ["api", "authorizer"] : key => { snap_start = false } }

  # Everything that runs here shows that the boundary leaves room for it.
  permissions_boundary_arn = module.permissions_boundary.arn

  # Two services are elsewhere than the SDK would look; the SDK's own variables say where.
  extra_environment_variables = {
    AWS_ENDPOINT_URL             = var.endpoint_url
    AWS_ENDPOINT_URL_REKOGNITION = var.rekognition_endpoint_url
  }

  # The emulator hands a function's events to this address.
  function_environment_variables = {
    for key in ["api", "authorizer", "image_worker", "sweeper"] : key => {
      MINISTACK_LAMBDA_PROXY_URL = "${var.function_host_url}/functions/${key}"
    }
  }

  # The emulator serves a REST API under its own address; no name has to be resolved for this one.
  public_url       = "${var.endpoint_url}/restapis/{api_id}/{stage}/_user_request_"
  cognito_endpoint = var.endpoint_url
  page_urls        = var.page_url == null ? [] : [var.page_url]
  require_tls      = false # the emulator speaks plain HTTP on the loopback interface

  # `make token` signs local users in by their passwords.
  explicit_auth_flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  mfa                 = "OFF"

  # Tests and fuzzers are not people, and nobody pays for their analyses.
  uploads_per_person_and_hour = 10000
  analyses_per_day            = 100000

  deletion_protection = false
  force_destroy       = true
  log_level           = var.log_level
  sweep_schedule      = var.sweep_schedule
  observability       = var.observability
  daily_cost_usd      = null # nobody pays
  log_retention_days  = 1
}

module "permissions_boundary" {
  source = "../../modules/permissions_boundary"

  name = var.name
}
