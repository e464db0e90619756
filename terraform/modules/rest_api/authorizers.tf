# Where a token is required, API Gateway checks it by itself; no function runs for a request without one.
resource "aws_api_gateway_authorizer" "required" {
  count = anytrue([for operation in values(local.operations) : operation.token == "required"]) ? 1 : 0

  rest_api_id     = aws_api_gateway_rest_api.this.id
  name            = "token-required"
  type            = "COGNITO_USER_POOLS"
  provider_arns   = var.user_pool_arns
  identity_source = "method.request.header.Authorization"

  lifecycle {
    precondition {
      condition     = length(var.user_pool_arns) > 0
      error_message = "The document has operations that require a token: user_pool_arns must name who issues it."
    }
  }
}

# Where a token is optional the Cognito authorizer can't help: it refuses every request that has none. This function allows
# those too. No identity source and nothing cached, since either makes API Gateway itself refuse a request without a token.
resource "aws_api_gateway_authorizer" "optional" {
  count = local.has_optional_token ? 1 : 0

  rest_api_id                      = aws_api_gateway_rest_api.this.id
  name                             = "token-optional"
  type                             = "REQUEST"
  authorizer_uri                   = try(var.authorizer_function.invoke_arn, null)
  identity_source                  = ""
  authorizer_result_ttl_in_seconds = 0

  lifecycle {
    precondition {
      condition     = var.authorizer_function != null
      error_message = "The document has operations whose token is optional: authorizer_function must check it."
    }
  }
}

resource "aws_lambda_permission" "authorizer" {
  count = local.has_optional_token ? 1 : 0

  statement_id  = "AllowRestApiAuthorizer"
  action        = "lambda:InvokeFunction"
  function_name = var.authorizer_function.name
  qualifier     = var.authorizer_function.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/authorizers/${aws_api_gateway_authorizer.optional[0].id}"
}

locals {
  has_optional_token = anytrue([for operation in values(local.operations) : operation.token == "optional"])
}
