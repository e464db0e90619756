# With documents that nobody serves.
mock_provider "aws" {}

variables {
  name     = "gazette-test"
  stage    = "v1"
  function = { name = "api", alias = "live", invoke_arn = "arn:aws:lambda:eu-west-1:111122223333:function:api" }

  openapi = {
    info  = { title = "Test", version = "1" }
    paths = { "/open" = { get = { security = [] } } }
  }
}

run "a_document_without_tokens_makes_no_authorizer" {
  command = plan

  assert {
    condition     = length(aws_api_gateway_authorizer.required) + length(aws_api_gateway_authorizer.optional) + length(aws_lambda_permission.authorizer) == 0
    error_message = "An authorizer that nothing uses."
  }
}

run "an_operation_that_says_nothing_follows_the_documents_own_security" {
  command = plan

  variables {
    user_pool_arns = ["arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_abc"]

    openapi = {
      info     = { title = "Test", version = "1" }
      security = [{ idToken = [] }]
      paths    = { "/closed" = { get = {} }, "/open" = { get = { security = [] } } }
    }
  }

  assert {
    condition     = aws_api_gateway_method.operation["GET /closed"].authorization == "COGNITO_USER_POOLS" && aws_api_gateway_method.operation["GET /open"].authorization == "NONE"
    error_message = "The document's default was not applied, or an operation's own was lost."
  }
}

run "a_required_token_without_a_user_pool_is_refused" {
  command = plan

  variables {
    openapi = {
      info  = { title = "Test", version = "1" }
      paths = { "/closed" = { get = { security = [{ idToken = [] }] } } }
    }
  }

  expect_failures = [aws_api_gateway_authorizer.required]
}

run "a_path_deeper_than_four_segments_is_refused" {
  command = plan

  variables {
    openapi = {
      info  = { title = "Test", version = "1" }
      paths = { "/a/b/c/d/e" = { get = { security = [] } } }
    }
  }

  expect_failures = [var.openapi]
}

run "a_method_that_would_not_be_made_is_refused" {
  command = plan

  variables {
    openapi = {
      info  = { title = "Test", version = "1" }
      paths = { "/a" = { trace = { security = [] } } }
    }
  }

  expect_failures = [var.openapi]
}

run "a_body_whose_schema_is_not_a_component_is_refused" {
  command = plan

  variables {
    openapi = {
      info  = { title = "Test", version = "1" }
      paths = { "/a" = { post = { security = [], requestBody = { content = { "application/json" = { schema = { type = "object" } } } } } } }
    }
  }

  expect_failures = [var.openapi]
}

run "a_burst_of_none_is_refused" {
  command = plan

  variables {
    throttle = { burst_limit = 0 }
  }

  expect_failures = [var.throttle]
}
