resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_158:log_kms_key_arn names a customer key; without one, CloudWatch encrypts with its own
  # checkov:skip=CKV_AWS_338:how long is the environment's to say: a year in prod, less where nobody looks back

  count = var.access_logs ? 1 : 0

  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
}

locals {
  # Who called what, how it went and where to look next. Deliberately no query string (cursors and tokens end up there), no
  # Authorization, no address and no user, not even the token's `sub`: the logs hold no personal data. The two ids are
  # those of the functions' lines: the answer's X-Correlation-Id, and the invocation.
  access_log_format = jsonencode({
    time                = "$context.requestTime"
    correlation_id      = "$context.requestId"
    request_id          = "$context.integration.requestId"
    extended_request_id = "$context.extendedRequestId"
    trace_id            = "$context.xrayTraceId"
    method              = "$context.httpMethod"
    resource            = "$context.resourcePath"
    path                = "$context.path"
    protocol            = "$context.protocol"
    status              = "$context.status"
    response_bytes      = "$context.responseLength"
    response_ms         = "$context.responseLatency"
    integration_status  = "$context.integration.status"
    integration_ms      = "$context.integration.latency"
    integration_error   = "$context.integration.error"
    authorizer_status   = "$context.authorizer.status"
    error_type          = "$context.error.responseType"
  })
}

# One role for the whole account and region, whoever's API it is: off by default, so that nobody takes it from another
# stack, or takes it away from it by being destroyed. Where the account has none, the stage with access logs is refused.
resource "aws_api_gateway_account" "logging" {
  count = var.manage_account_logging_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.logging[0].arn
  # Else the account would go on naming a role that is gone. Deprecated, as 6.0 does so anyway.
  reset_on_delete = true

  depends_on = [aws_iam_role_policy_attachment.logging]
}

resource "aws_iam_role" "logging" {
  count = var.manage_account_logging_role ? 1 : 0

  name                 = "${var.name}-api-gateway-logs"
  description          = "Lets API Gateway write the logs of every API in this account and region"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logging" {
  count = var.manage_account_logging_role ? 1 : 0

  role       = aws_iam_role.logging[0].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

data "aws_partition" "current" {}
