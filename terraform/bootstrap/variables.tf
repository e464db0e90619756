variable "region" {
  description = "The AWS region of the state bucket."
  type        = string
}

variable "name" {
  description = "Prefix of the bucket's name; account and region are appended."
  type        = string
  default     = "gazette"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}$", var.name))
    error_message = "name is 2 to 15 lower case letters, digits and dashes."
  }
}

variable "kms_key_arn" {
  description = "A customer key to encrypt the state with; null for the AWS managed key."
  type        = string
  default     = null
}
