# With the document that is really served.
mock_provider "aws" {
  override_during = plan

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { id = "api", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api" }
  }
}

variables {
  name                = "gazette-test"
  stage               = "v1"
  openapi             = yamldecode(file("../../../services/api/openapi.yaml"))
  function            = { name = "gazette-test-api", alias = "live", invoke_arn = "arn:aws:lambda:eu-west-1:111122223333:function:gazette-test-api" }
  authorizer_function = { name = "gazette-test-authorizer", alias = "live", invoke_arn = "arn:aws:lambda:eu-west-1:111122223333:function:gazette-test-authorizer" }
  user_pool_arns      = ["arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_abc"]
}

run "every_operation_of_the_document_is_a_method_and_there_is_no_catch_all" {
  command = plan

  assert {
    condition = toset(keys(aws_api_gateway_method.operation)) == toset(flatten([
      for path, item in var.openapi.paths : [for verb in concat(tolist(setintersection(keys(item), ["get", "post", "put", "patch", "delete"])), contains(keys(item), "get") ? ["head"] : []) : "${upper(verb)} ${path}"]
    ]))
    error_message = "Methods and document differ."
  }

  assert {
    condition = alltrue([
      for resource in concat(values(aws_api_gateway_resource.depth_1), values(aws_api_gateway_resource.depth_2), values(aws_api_gateway_resource.depth_3), values(aws_api_gateway_resource.depth_4)) :
      !endswith(resource.path_part, "+}")
    ])
    error_message = "A catch-all would let any path reach the function."
  }

  assert {
    condition     = alltrue([for method in values(aws_api_gateway_method.operation) : method.http_method != "ANY"])
    error_message = "ANY would let every method reach the function."
  }
}

run "paths_above_a_path_are_made_although_nothing_is_served_there" {
  command = plan

  assert {
    condition     = contains(keys(aws_api_gateway_resource.depth_2), "/labels/{label}") && !contains(keys(aws_api_gateway_method.preflight), "/labels/{label}")
    error_message = "/labels/{label} is a resource without methods."
  }
}

run "what_changes_anything_requires_a_token" {
  command = plan

  assert {
    condition = alltrue([
      for method in values(aws_api_gateway_method.operation) : method.authorization == "COGNITO_USER_POOLS" if !contains(["GET", "HEAD"], method.http_method)
    ])
    error_message = "A write is open to everybody."
  }

  assert {
    condition     = aws_api_gateway_method.operation["GET /articles"].authorization == "CUSTOM" && aws_api_gateway_method.operation["GET /health"].authorization == "NONE"
    error_message = "Reading articles takes a token or none; health looks at none."
  }
}

run "a_request_without_a_token_reaches_the_optional_authorizer" {
  command = plan

  assert {
    condition = (
      aws_api_gateway_authorizer.optional[0].type == "REQUEST"
      && aws_api_gateway_authorizer.optional[0].identity_source == ""
      && aws_api_gateway_authorizer.optional[0].authorizer_result_ttl_in_seconds == 0
    )
    error_message = "With an identity source or a cache API Gateway refuses requests without a token by itself."
  }
}

run "every_path_answers_preflights_with_its_own_methods" {
  command = plan

  assert {
    condition     = toset(keys(aws_api_gateway_integration_response.preflight)) == toset(keys(var.openapi.paths))
    error_message = "A path has no preflight."
  }

  assert {
    condition     = aws_api_gateway_integration_response.preflight["/articles/{article_id}"].response_parameters["method.response.header.Access-Control-Allow-Methods"] == "'DELETE,GET,HEAD,OPTIONS,PATCH,PUT'"
    error_message = "A preflight promises other methods than there are."
  }

  assert {
    condition = alltrue([
      for path, response in aws_api_gateway_integration_response.preflight :
      toset(split(",", trim(response.response_parameters["method.response.header.Access-Control-Allow-Methods"], "'"))) == toset(concat(
        ["OPTIONS"],
        [for key in keys(aws_api_gateway_method.operation) : split(" ", key)[0] if split(" ", key)[1] == path],
      ))
    ])
    error_message = "A preflight promises other methods than its path has."
  }

  assert {
    condition = alltrue([
      for response in values(aws_api_gateway_integration_response.preflight) :
      alltrue([for header in ["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "X-API-Key"] : strcontains(response.response_parameters["method.response.header.Access-Control-Allow-Headers"], header)])
    ])
    error_message = "A header that the API reads is not allowed across origins."
  }
}

run "every_gateway_made_answer_is_a_problem_that_browsers_may_read" {
  command = plan

  assert {
    condition = alltrue([
      for response in values(aws_api_gateway_gateway_response.this) : (
        response.response_parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        && response.response_parameters["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        && length(setsubtract(["type", "title", "status", "detail"], keys(jsondecode(response.response_templates["application/json"])))) == 0
        && tostring(jsondecode(response.response_templates["application/json"]).status) == response.status_code
      )
    ])
    error_message = "A gateway response is no problem, hides from browsers, or says another status than it has."
  }

  assert {
    condition = (
      aws_api_gateway_gateway_response.this["ACCESS_DENIED"].status_code == "401"
      && aws_api_gateway_gateway_response.this["MISSING_AUTHENTICATION_TOKEN"].status_code == "404"
      && jsondecode(aws_api_gateway_gateway_response.this["BAD_REQUEST_BODY"].response_templates["application/json"]).errors[0].pointer == ""
    )
    error_message = "A bad token is 401, an unknown path 404, and a bad body is pointed at."
  }

  assert {
    condition     = aws_api_gateway_gateway_response.this["THROTTLED"].response_parameters["gatewayresponse.header.Retry-After"] == "'1'" && aws_api_gateway_gateway_response.this["QUOTA_EXCEEDED"].response_parameters["gatewayresponse.header.Retry-After"] == "'3600'"
    error_message = "Throttled clients must learn when to come back."
  }
}

run "an_origin_replaces_the_star_everywhere_and_caches_learn_of_it" {
  command = plan

  variables {
    cors_allow_origin = "https://news.example.org"
  }

  assert {
    condition = alltrue(concat(
      [for response in values(aws_api_gateway_gateway_response.this) : response.response_parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://news.example.org'"],
      [for response in values(aws_api_gateway_integration_response.preflight) : response.response_parameters["method.response.header.Access-Control-Allow-Origin"] == "'https://news.example.org'"],
      [for response in values(aws_api_gateway_integration_response.mock) : response.response_parameters["method.response.header.Vary"] == "'Origin'"],
    ))
    error_message = "An answer still allows another origin."
  }
}

run "health_is_answered_without_a_function" {
  command = plan

  assert {
    condition     = keys(aws_api_gateway_integration.mock) == ["GET /health", "HEAD /health"] && !contains(keys(aws_api_gateway_integration.function), "GET /health")
    error_message = "Health, and only health, is answered by the gateway."
  }

  assert {
    condition     = jsondecode(aws_api_gateway_integration_response.mock["GET /health"].response_templates["application/json"]) == { status = "ok" }
    error_message = "Health must say ok."
  }
}

run "bodies_must_be_json_of_the_right_kind_and_fields_are_left_to_the_function" {
  command = plan

  assert {
    condition     = aws_api_gateway_method.operation["POST /articles"].request_models == tomap({ "application/json" = "ArticleDraft" })
    error_message = "Creating an article must check its body."
  }

  assert {
    condition = alltrue([
      for model in values(aws_api_gateway_model.this) :
      keys(jsondecode(model.schema)) == ["$schema", "title", "type"] && jsondecode(model.schema).type == "object"
    ])
    error_message = "A model says more than its kind: the gateway would refuse fields without pointing at them."
  }

  assert {
    condition     = aws_api_gateway_request_validator.body_and_parameters.validate_request_body && aws_api_gateway_method.operation["PUT /articles/{article_id}"].request_parameters == tomap({ "method.request.path.article_id" = true })
    error_message = "Bodies and path parameters must be validated."
  }
}

run "lambda_lets_in_this_apis_stage_and_authorizer_only" {
  command = plan

  assert {
    condition     = aws_lambda_permission.api.source_arn == "arn:aws:execute-api:eu-west-1:111122223333:api/v1/*"
    error_message = "Another API or stage could invoke the function."
  }

  assert {
    condition     = startswith(aws_lambda_permission.authorizer[0].source_arn, "arn:aws:execute-api:eu-west-1:111122223333:api/authorizers/")
    error_message = "Something else than the authorizer could invoke its function."
  }
}

run "logs_hold_no_tokens_no_query_strings_and_no_addresses" {
  command = plan

  assert {
    condition     = !can(regex("(?i)querystring|header|authorizer\\.claims|principalId|sourceIp|requestOverride", aws_api_gateway_stage.this.access_log_settings[0].format))
    error_message = "The access log would hold personal data or secrets."
  }

  assert {
    condition     = one(aws_api_gateway_method_settings.all.settings).logging_level == "OFF" && !one(aws_api_gateway_method_settings.all.settings).data_trace_enabled
    error_message = "Execution logs would hold bodies and tokens."
  }
}

run "the_accounts_logging_role_is_left_alone_by_default" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_account.logging) == 0
    error_message = "An account-wide setting must not be taken over unasked."
  }
}

run "a_stage_has_limits_that_nobody_asked_for" {
  command = plan

  assert {
    condition = (
      one(aws_api_gateway_method_settings.all.settings).throttling_rate_limit == 500
      && one(aws_api_gateway_method_settings.all.settings).throttling_burst_limit == 1000
    )
    error_message = "Without limits of the stage's own, one stage takes the whole account's."
  }
}

run "requests_are_throttled_and_traced" {
  command = plan

  variables {
    throttle = { rate_limit = 7, burst_limit = 9 }
  }

  assert {
    condition = (
      aws_api_gateway_method_settings.all.method_path == "*/*"
      && one(aws_api_gateway_method_settings.all.settings).throttling_rate_limit == 7
      && one(aws_api_gateway_method_settings.all.settings).throttling_burst_limit == 9
      && aws_api_gateway_stage.this.xray_tracing_enabled
    )
    error_message = "The stage's limits or traces are missing."
  }
}

run "the_stage_traces_nothing_where_that_is_off" {
  command = plan

  variables {
    tracing = false
  }

  assert {
    condition     = !aws_api_gateway_stage.this.xray_tracing_enabled
    error_message = "The stage still sends traces."
  }
}

run "the_gateways_own_answers_and_the_access_log_have_the_calls_id" {
  command = plan

  assert {
    condition = alltrue([
      for response in aws_api_gateway_gateway_response.this :
      response.response_parameters["gatewayresponse.header.X-Correlation-Id"] == "context.requestId"
    ])
    error_message = "An answer of the gateway could not be found in the logs."
  }

  assert {
    condition = (
      jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format).correlation_id == "$context.requestId"
      && jsondecode(aws_api_gateway_stage.this.access_log_settings[0].format).request_id == "$context.integration.requestId"
    )
    error_message = "A line of the access log could not be joined with the function's."
  }
}

run "a_get_is_a_head_too_with_the_same_token_and_the_same_function" {
  command = plan

  assert {
    condition = alltrue([
      for key, method in aws_api_gateway_method.operation :
      aws_api_gateway_method.operation[replace(key, "GET", "HEAD")].authorization == method.authorization if method.http_method == "GET"
    ])
    error_message = "A HEAD is guarded otherwise than its GET."
  }

  assert {
    condition     = contains(keys(aws_api_gateway_integration.function), "HEAD /articles/{article_id}")
    error_message = "A HEAD reaches no function."
  }
}

run "a_method_can_have_limits_of_its_own" {
  command = plan

  variables {
    method_throttles = { "POST /articles/{article_id}/images" = { rate_limit = 3, burst_limit = 4 } }
  }

  assert {
    condition = (
      aws_api_gateway_method_settings.method["POST /articles/{article_id}/images"].method_path == "articles/{article_id}/images/POST"
      && one(aws_api_gateway_method_settings.method["POST /articles/{article_id}/images"].settings).throttling_rate_limit == 3
      && one(aws_api_gateway_method_settings.method["POST /articles/{article_id}/images"].settings).throttling_burst_limit == 4
      && aws_api_gateway_method_settings.all.method_path == "*/*"
    )
    error_message = "The method's limits are missing, or the stage's are gone."
  }
}

run "limits_of_a_method_that_is_not_there_are_refused" {
  command = plan

  variables {
    method_throttles = { "POST /labels" = { rate_limit = 3, burst_limit = 4 } }
  }

  expect_failures = [aws_api_gateway_method_settings.method]
}

run "nobody_needs_an_api_key_by_default" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_usage_plan.this) == 0 && alltrue([for method in values(aws_api_gateway_method.operation) : !method.api_key_required])
    error_message = "API keys are asked for, although there is no plan."
  }
}

run "with_a_usage_plan_every_call_but_a_preflight_needs_a_key" {
  command = plan

  variables {
    usage_plans = {
      partners = { rate_limit = 5, burst_limit = 6, quota = { limit = 1000 }, api_keys = ["reader", "newsroom"] }
      free     = { api_keys = ["everybody"] }
    }
  }

  assert {
    condition = (
      alltrue([for method in values(aws_api_gateway_method.operation) : method.api_key_required])
      && alltrue([for method in values(aws_api_gateway_method.preflight) : method.api_key_required != true])
    )
    error_message = "A method can be called without a key, or a preflight can't."
  }

  assert {
    condition = (
      one(aws_api_gateway_usage_plan.this["partners"].throttle_settings).rate_limit == 5
      && one(aws_api_gateway_usage_plan.this["partners"].quota_settings).limit == 1000
      && one(aws_api_gateway_usage_plan.this["partners"].quota_settings).period == "DAY"
      && length(aws_api_gateway_usage_plan.this["free"].quota_settings) == 0
      && keys(aws_api_gateway_usage_plan_key.this) == ["everybody", "newsroom", "reader"]
    )
    error_message = "A plan's limits or keys are missing."
  }
}

run "a_key_of_two_plans_is_refused" {
  command = plan

  variables {
    usage_plans = { a = { api_keys = ["same"] }, b = { api_keys = ["same"] } }
  }

  expect_failures = [var.usage_plans]
}
