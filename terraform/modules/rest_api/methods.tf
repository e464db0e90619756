resource "aws_api_gateway_method" "operation" {
  # checkov:skip=CKV_AWS_59:the contract says which operations are open: they read what is published

  for_each = local.operations

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = local.resource_ids[each.value.path]
  http_method = each.value.method

  authorization = { none = "NONE", optional = "CUSTOM", required = "COGNITO_USER_POOLS" }[each.value.token]
  authorizer_id = (
    each.value.token == "required" ? aws_api_gateway_authorizer.required[0].id :
    each.value.token == "optional" ? aws_api_gateway_authorizer.optional[0].id :
    null
  )

  api_key_required     = length(var.usage_plans) > 0
  request_parameters   = each.value.parameters
  request_models       = { for media_type, name in each.value.models : media_type => aws_api_gateway_model.this[name].name }
  request_validator_id = length(each.value.models) > 0 ? aws_api_gateway_request_validator.body_and_parameters.id : aws_api_gateway_request_validator.parameters.id
}

resource "aws_api_gateway_integration" "function" {
  for_each = local.function_operations

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = local.resource_ids[each.value.path]
  http_method             = aws_api_gateway_method.operation[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST" # how the gateway calls Lambda, whatever the client called
  uri                     = var.function.invoke_arn
}

resource "aws_api_gateway_model" "this" {
  for_each = local.models

  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = each.key
  content_type = "application/json"
  schema       = each.value
}

resource "aws_api_gateway_request_validator" "parameters" {
  rest_api_id                 = aws_api_gateway_rest_api.this.id
  name                        = "parameters"
  validate_request_parameters = true
}

resource "aws_api_gateway_request_validator" "body_and_parameters" {
  rest_api_id                 = aws_api_gateway_rest_api.this.id
  name                        = "body-and-parameters"
  validate_request_body       = true
  validate_request_parameters = true
}
