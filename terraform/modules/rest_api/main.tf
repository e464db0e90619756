# The API is written out, resource by resource, from the OpenAPI document, instead of handed to API Gateway as a body: a
# plan then names each route that changes, and clouds that can't import a document can still run it.
resource "aws_api_gateway_rest_api" "this" {
  name        = var.name
  description = "${var.openapi.info.title} ${var.openapi.info.version}"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  # Where one has to be replaced, the old one answers until the new one can.
  lifecycle {
    create_before_destroy = true
  }
}

# API Gateway serves a deployment: a snapshot. It makes a new one only when this hash changes, so everything that a
# deployment holds is in it (terraform-provider-aws#162): what the routes are made of, and the ids of what they became.
# Deliberately the inputs and not the resources themselves, some of whose attributes read back differently.
resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = {
    contents = sha256(jsonencode({
      operations        = local.operations
      api_key_required  = length(var.usage_plans) > 0
      preflights        = local.preflights
      mock_response     = local.mock_response
      models            = local.models
      gateway_responses = local.gateway_responses
      headers           = [local.cors_headers, local.preflight_headers]
      functions         = [var.function.invoke_arn, try(var.authorizer_function.invoke_arn, null), var.user_pool_arns]
      integrations      = [for integration in aws_api_gateway_integration.function : integration.id]
      resources         = values(local.resource_ids)
      authorizers       = concat(aws_api_gateway_authorizer.required[*].id, aws_api_gateway_authorizer.optional[*].id)
      validators        = [aws_api_gateway_request_validator.parameters.id, aws_api_gateway_request_validator.body_and_parameters.id]
    }))
  }

  depends_on = [
    aws_api_gateway_gateway_response.this,
    aws_api_gateway_integration.function,
    aws_api_gateway_integration_response.mock,
    aws_api_gateway_integration_response.preflight,
    aws_api_gateway_method_response.mock,
    aws_api_gateway_method_response.preflight,
  ]

  # The stage moves to the new deployment before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  # checkov:skip=CKV2_AWS_29:modules/waf stands before it where the environment says so: in prod, unless told otherwise
  # checkov:skip=CKV_AWS_76:set below; a plan does not know the destination yet, which its scan takes for none
  # checkov:skip=CKV_AWS_120:answers differ by caller and change at once; clients hold ETags
  # checkov:skip=CKV2_AWS_4:execution logs would hold tokens and bodies: access logs and traces say enough
  # checkov:skip=CKV2_AWS_51:there is no HTTP backend that could ask for a certificate: functions are invoked through IAM

  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage
  xray_tracing_enabled = var.tracing

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access

    content {
      destination_arn = access_log_settings.value.arn
      format          = local.access_log_format
    }
  }

  depends_on = [aws_api_gateway_account.logging]
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225:answers differ by caller and change at once; clients hold ETags

  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.throttle.rate_limit
    throttling_burst_limit = var.throttle.burst_limit
    metrics_enabled        = var.detailed_metrics

    # Execution logs would hold tokens and bodies; access logs and traces say enough.
    logging_level      = "OFF"
    data_trace_enabled = false
  }
}

# A method's own limits stand beside the stage's: API Gateway takes the setting with the longest path.
resource "aws_api_gateway_method_settings" "method" {
  # checkov:skip=CKV_AWS_225:answers differ by caller and change at once; clients hold ETags

  for_each = var.method_throttles

  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "${trimprefix(split(" ", each.key)[1], "/")}/${split(" ", each.key)[0]}"

  settings {
    throttling_rate_limit  = each.value.rate_limit
    throttling_burst_limit = each.value.burst_limit
    metrics_enabled        = var.detailed_metrics
    logging_level          = "OFF"
    data_trace_enabled     = false
  }

  lifecycle {
    precondition {
      condition     = contains(keys(local.operations), each.key)
      error_message = "${each.key} is none of the document's methods."
    }
  }
}

resource "aws_lambda_permission" "api" {
  statement_id  = "AllowRestApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  qualifier     = var.function.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage}/*"
}
