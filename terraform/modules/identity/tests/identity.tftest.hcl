mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_cognito_user_pool" {
    defaults = { id = "eu-west-1_abc" }
  }
}

variables {
  name = "gazette-test"
}

run "nobody_signs_up_and_no_password_travels_by_default" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.readers_and_authors.admin_create_user_config[0].allow_admin_create_user_only
    error_message = "Self sign-up must be off by default."
  }

  assert {
    condition     = toset(aws_cognito_user_pool_client.app.explicit_auth_flows) == toset(["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    error_message = "Only SRP and refresh tokens by default."
  }
}

run "a_sign_in_does_not_tell_whether_a_user_exists" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool_client.app.prevent_user_existence_errors == "ENABLED"
    error_message = "User names could be enumerated."
  }

  assert {
    condition     = !aws_cognito_user_pool_client.app.generate_secret
    error_message = "The app client runs in browsers: it can't keep a secret."
  }
}

run "tokens_last_an_hour" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool_client.app.id_token_validity == 60 && aws_cognito_user_pool_client.app.token_validity_units[0].id_token == "minutes"
    error_message = "ID tokens must last 60 minutes."
  }
}

run "users_cannot_be_deleted_with_the_pool_by_accident" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.readers_and_authors.deletion_protection == "ACTIVE"
    error_message = "Deletion protection must be on by default."
  }
}

run "keys_come_from_the_regions_own_endpoint" {
  command = plan

  assert {
    condition     = output.jwks_url == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc/.well-known/jwks.json"
    error_message = "The key's address is wrong."
  }
}

run "another_endpoint_serves_the_keys_but_never_changes_the_issuer" {
  command = plan

  variables {
    cognito_endpoint = "http://127.0.0.1:4566"
  }

  assert {
    condition     = output.jwks_url == "http://127.0.0.1:4566/eu-west-1_abc/.well-known/jwks.json"
    error_message = "The keys must come from the given endpoint."
  }

  assert {
    condition     = output.issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc"
    error_message = "The issuer in the tokens is the region's."
  }
}

run "an_endpoint_with_a_path_is_refused" {
  command = plan

  variables {
    cognito_endpoint = "http://127.0.0.1:4566/"
  }

  expect_failures = [var.cognito_endpoint]
}

run "an_unknown_auth_flow_is_refused" {
  command = plan

  variables {
    explicit_auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_EVERYTHING"]
  }

  expect_failures = [var.explicit_auth_flows]
}

run "without_a_page_there_is_no_way_to_sign_in_by_one" {
  command = plan

  assert {
    condition = (
      length(aws_cognito_user_pool_domain.sign_in) == 0 && output.sign_in_url == null
      && aws_cognito_user_pool_client.app.allowed_oauth_flows_user_pool_client == false
      && length(aws_cognito_user_pool_client.app.allowed_oauth_flows) == 0
      && length(aws_cognito_user_pool_client.app.callback_urls) == 0
    )
    error_message = "There is a sign-in page that nobody asked for."
  }
}

run "a_page_signs_people_in_by_a_code_and_gets_them_back_at_its_own_address_alone" {
  command = plan

  variables {
    sign_in_page = true
    page_urls    = ["https://d1.cloudfront.net", "http://localhost:8000"]
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.app.allowed_oauth_flows_user_pool_client
      && aws_cognito_user_pool_client.app.allowed_oauth_flows == toset(["code"])
      && aws_cognito_user_pool_client.app.allowed_oauth_scopes == toset(["openid", "profile"])
      && aws_cognito_user_pool_client.app.supported_identity_providers == toset(["COGNITO"])
    )
    error_message = "Tokens in an address are in histories and logs: a code, and nothing else."
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.app.callback_urls == toset(["https://d1.cloudfront.net/", "http://localhost:8000/"])
      && aws_cognito_user_pool_client.app.logout_urls == toset(["https://d1.cloudfront.net/", "http://localhost:8000/"])
    )
    error_message = "People would be sent elsewhere."
  }

  assert {
    condition     = output.sign_in_url == "https://gazette-test-111122223333.auth.eu-west-1.amazoncognito.com"
    error_message = "The sign-in page is elsewhere, or another account may have the name."
  }
}

run "another_endpoint_has_its_own_sign_in_page" {
  command = plan

  variables {
    cognito_endpoint = "http://127.0.0.1:4566"
    sign_in_page     = true
    page_urls        = ["http://127.0.0.1:4568"]
  }

  assert {
    condition     = output.sign_in_url == "http://127.0.0.1:4566"
    error_message = "The page would send people to AWS."
  }
}

run "a_page_that_is_served_in_clear_is_refused" {
  command = plan

  variables {
    sign_in_page = true
    page_urls    = ["http://gazette.example"]
  }

  expect_failures = [var.page_urls]
}

run "a_page_whose_address_ends_in_a_slash_is_refused" {
  command = plan

  variables {
    sign_in_page = true
    page_urls    = ["https://gazette.example/"]
  }

  expect_failures = [var.page_urls]
}

run "a_name_that_cognito_takes_for_no_domain_is_refused" {
  command = plan

  variables {
    name         = "gazette-aws"
    sign_in_page = true
    page_urls    = ["https://gazette.example"]
  }

  expect_failures = [aws_cognito_user_pool_domain.sign_in]
}
