mock_provider "aws" {
  override_during = plan

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
