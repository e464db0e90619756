# Operations that the gateway answers by itself: it is up, whatever the functions do.
locals {
  mock_response = {
    body    = jsonencode({ status = "ok" })
    headers = merge(local.cors_headers, { "Cache-Control" = "no-store" })
  }
}

resource "aws_api_gateway_integration" "mock" {
  for_each = local.mock_operations

  rest_api_id       = aws_api_gateway_rest_api.this.id
  resource_id       = local.resource_ids[each.value.path]
  http_method       = aws_api_gateway_method.operation[each.key].http_method
  type              = "MOCK"
  request_templates = { "application/json" = jsonencode({ statusCode = 200 }) }

  # As for preflights, in cors.tf.
  lifecycle {
    ignore_changes = [integration_http_method]
  }
}

resource "aws_api_gateway_method_response" "mock" {
  for_each = local.mock_operations

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = local.resource_ids[each.value.path]
  http_method         = aws_api_gateway_method.operation[each.key].http_method
  status_code         = "200"
  response_parameters = { for header in keys(local.mock_response.headers) : "method.response.header.${header}" => true }
}

resource "aws_api_gateway_integration_response" "mock" {
  for_each = local.mock_operations

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = local.resource_ids[each.value.path]
  http_method         = aws_api_gateway_integration.mock[each.key].http_method
  status_code         = aws_api_gateway_method_response.mock[each.key].status_code
  response_templates  = { "application/json" = local.mock_response.body }
  response_parameters = { for header, value in local.mock_response.headers : "method.response.header.${header}" => "'${value}'" }
}
