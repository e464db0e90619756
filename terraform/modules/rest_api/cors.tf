locals {
  # On every answer that the gateway gives by itself. The function sets the same on its own.
  cors_headers = {
    "Access-Control-Allow-Origin"   = var.cors_allow_origin
    "Access-Control-Expose-Headers" = "ETag,Location,Link,Retry-After,WWW-Authenticate,Allow,X-Correlation-Id"
    "Vary"                          = "Origin"
  }

  preflight_headers = merge(local.cors_headers, {
    "Access-Control-Allow-Headers" = "Authorization,Content-Type,If-Match,If-None-Match,Idempotency-Key,X-API-Key"
    "Access-Control-Max-Age"       = "3600"
  })

  # The methods that a preflight may promise, by path.
  preflights = {
    for path in keys(var.openapi.paths) : path => join(",", sort(concat(
      ["OPTIONS"],
      [for operation in values(local.operations) : operation.method if operation.path == path],
    )))
  }
}

resource "aws_api_gateway_method" "preflight" {
  # checkov:skip=CKV2_AWS_53:the gateway answers by itself, whatever a preflight holds

  for_each = local.preflights

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = local.resource_ids[each.key]
  http_method   = "OPTIONS"
  authorization = "NONE" # browsers send no token with a preflight
}

resource "aws_api_gateway_integration" "preflight" {
  for_each = local.preflights

  rest_api_id       = aws_api_gateway_rest_api.this.id
  resource_id       = local.resource_ids[each.key]
  http_method       = aws_api_gateway_method.preflight[each.key].http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 204 }) }

  # A mock calls nothing, so its method means nothing. Some clouds answer one all the same, and a replacement here is fatal:
  # create_before_destroy, inherited from the deployment, would put the integration and then delete the very same one.
  lifecycle {
    ignore_changes = [integration_http_method]
  }
}

resource "aws_api_gateway_method_response" "preflight" {
  for_each = local.preflights

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = local.resource_ids[each.key]
  http_method = aws_api_gateway_method.preflight[each.key].http_method
  status_code = "204"

  response_parameters = {
    for header in concat(keys(local.preflight_headers), ["Access-Control-Allow-Methods"]) : "method.response.header.${header}" => true
  }
}

resource "aws_api_gateway_integration_response" "preflight" {
  for_each = local.preflights

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = local.resource_ids[each.key]
  http_method = aws_api_gateway_integration.preflight[each.key].http_method
  status_code = aws_api_gateway_method_response.preflight[each.key].status_code

  response_parameters = {
    for header, value in merge(local.preflight_headers, { "Access-Control-Allow-Methods" = each.value }) :
    "method.response.header.${header}" => "'${value}'"
  }
}
