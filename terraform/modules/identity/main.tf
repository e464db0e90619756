resource "aws_cognito_user_pool" "readers_and_authors" {
  name                     = var.name
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  auto_verified_attributes = ["email"]
  mfa_configuration        = var.mfa

  username_configuration {
    case_sensitive = false # Alice and alice are one person
  }

  password_policy {
    minimum_length                   = var.password_minimum_length
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = false # length protects, symbols annoy
    temporary_password_validity_days = 7
  }

  admin_create_user_config {
    allow_admin_create_user_only = !var.self_sign_up
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa == "OFF" ? [] : ["on"]

    content {
      enabled = true
    }
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name         = "${var.name}-app"
  user_pool_id = aws_cognito_user_pool.readers_and_authors.id

  # Browsers and command lines can't keep a secret.
  generate_secret     = false
  explicit_auth_flows = var.explicit_auth_flows

  # A sign-in for a name that doesn't exist fails exactly like a wrong password.
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true

  id_token_validity      = var.token_validity_minutes
  access_token_validity  = var.token_validity_minutes
  refresh_token_validity = var.refresh_token_validity_days

  token_validity_units {
    id_token      = "minutes"
    access_token  = "minutes"
    refresh_token = "days"
  }

  # A page signs people in on Cognito's own page, which hands it a code that is worth nothing without the page's verifier
  # (PKCE). Written out as empty where there is no page: left out, they would stay as they were when a page goes.
  allowed_oauth_flows_user_pool_client = var.sign_in_page
  allowed_oauth_flows                  = var.sign_in_page ? ["code"] : []
  allowed_oauth_scopes                 = var.sign_in_page ? ["openid", "profile"] : []
  supported_identity_providers         = var.sign_in_page ? ["COGNITO"] : []
  callback_urls                        = local.page_addresses
  logout_urls                          = local.page_addresses
}

# Where Cognito serves its sign-in page.
resource "aws_cognito_user_pool_domain" "sign_in" {
  count = var.sign_in_page ? 1 : 0

  domain       = local.domain
  user_pool_id = aws_cognito_user_pool.readers_and_authors.id

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", local.domain)) && !can(regex("aws|amazon|cognito", local.domain))
      error_message = "A page needs a domain of Cognito's, here ${local.domain}: lower case letters, digits and dashes, and neither aws nor amazon nor cognito in it. Choose another name."
    }
  }
}

locals {
  page_addresses = [for url in var.page_urls : "${url}/"] # exactly what the page sends

  # One namespace for all accounts of a region.
  domain = "${var.name}-${data.aws_caller_identity.current.account_id}"
}

resource "aws_cognito_user_group" "editors" {
  name         = "editors"
  description  = "May change every article, not only their own"
  user_pool_id = aws_cognito_user_pool.readers_and_authors.id
}

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}
