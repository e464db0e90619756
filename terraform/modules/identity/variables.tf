variable "name" {
  description = "The user pool's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@ -]{1,128}$", var.name))
    error_message = "A user pool's name is 1 to 128 letters, digits, blanks or + = , . @ -."
  }
}

variable "self_sign_up" {
  description = "Whether anybody may sign up; otherwise only administrators create users."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether Cognito refuses to delete the pool. Users can't be restored from anywhere."
  type        = bool
  default     = true
}

variable "explicit_auth_flows" {
  description = "How the app may sign users in. The default never sends a password over the wire."
  type        = list(string)
  default     = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]

  validation {
    condition = length(setsubtract(var.explicit_auth_flows, [
      "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH",
      "ALLOW_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_AUTH",
    ])) == 0
    error_message = "explicit_auth_flows holds an unknown flow."
  }

  validation {
    condition     = contains(var.explicit_auth_flows, "ALLOW_REFRESH_TOKEN_AUTH")
    error_message = "Without ALLOW_REFRESH_TOKEN_AUTH everybody signs in anew every hour."
  }
}

variable "mfa" {
  description = "Second factor by an authenticator app: OFF, OPTIONAL or ON."
  type        = string
  default     = "OPTIONAL"

  validation {
    condition     = contains(["OFF", "OPTIONAL", "ON"], var.mfa)
    error_message = "mfa is OFF, OPTIONAL or ON."
  }
}

variable "password_minimum_length" {
  description = "Characters that a password has at least."
  type        = number
  default     = 12

  validation {
    condition     = var.password_minimum_length >= 8 && var.password_minimum_length <= 99
    error_message = "password_minimum_length is from 8 to 99."
  }
}

variable "token_validity_minutes" {
  description = "Minutes that ID and access tokens last. API Gateway looks at nothing but the signature and this: a stolen token works that long."
  type        = number
  default     = 60

  validation {
    condition     = var.token_validity_minutes >= 5 && var.token_validity_minutes <= 1440
    error_message = "token_validity_minutes is from 5 to 1440."
  }
}

variable "refresh_token_validity_days" {
  description = "Days after which a user signs in again."
  type        = number
  default     = 30

  validation {
    condition     = var.refresh_token_validity_days >= 1 && var.refresh_token_validity_days <= 3650
    error_message = "refresh_token_validity_days is from 1 to 3650."
  }
}

variable "cognito_endpoint" {
  description = "Scheme and host that serve the pool's public keys and its sign-in page; null for Cognito's own in this region."
  type        = string
  default     = null

  validation {
    condition     = var.cognito_endpoint == null || can(regex("^https?://[^/]+$", var.cognito_endpoint))
    error_message = "cognito_endpoint is a scheme and a host, with no path, e.g. https://cognito-idp.eu-west-1.amazonaws.com."
  }
}

variable "sign_in_page" {
  description = "Whether Cognito shows its own page to sign in on. Not told from page_urls: a page's address may wait for this one's."
  type        = bool
  default     = false
}

variable "page_urls" {
  description = "Where pages are that sign people in on Cognito's own page, with no slash at the end."
  type        = list(string)
  default     = []

  # Cognito refuses plain HTTP elsewhere.
  validation {
    condition     = alltrue([for url in var.page_urls : can(regex("^(https://[^/?#]+|http://(localhost|127\\.0\\.0\\.1)(:[0-9]+)?)$", url))])
    error_message = "Each of page_urls is https:// and a host, with no slash at the end; http:// on localhost or 127.0.0.1 only."
  }

  validation {
    condition     = (length(var.page_urls) > 0) == var.sign_in_page
    error_message = "A sign-in page and the pages that send people there come together."
  }
}
