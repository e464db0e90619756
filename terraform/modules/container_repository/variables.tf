variable "name" {
  description = "The repository's name, e.g. gazette/api."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+(?:[._/-][a-z0-9]+)*$", var.name)) && length(var.name) <= 256
    error_message = "An ECR repository's name is lower case letters, digits and single . _ - / between them."
  }
}

variable "untagged_retention_days" {
  description = "Days after which an image without a tag expires."
  type        = number
  default     = 14

  validation {
    condition     = var.untagged_retention_days >= 1 && floor(var.untagged_retention_days) == var.untagged_retention_days
    error_message = "untagged_retention_days is a whole number of days, at least 1."
  }
}

variable "kms_key_arn" {
  description = "A customer key to encrypt images with; null for ECR's own encryption. It cannot be changed later."
  type        = string
  default     = null
}

variable "force_delete" {
  description = "Whether destroying the repository deletes its images too."
  type        = bool
  default     = false
}
