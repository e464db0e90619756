variable "name" {
  description = "Prefix of the names of what the key encrypts; its alias is named after it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name is 3 to 24 lower case letters, digits and dashes."
  }
}

variable "page_distribution_arns" {
  description = "The CloudFront distribution that serves the page, where there is one."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.page_distribution_arns) <= 1
    error_message = "One distribution at most serves the page."
  }
}

variable "media_distribution_arns" {
  description = "The CloudFront distribution that serves the media bucket, where there is one."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.media_distribution_arns) <= 1
    error_message = "One distribution at most serves the media bucket."
  }
}
