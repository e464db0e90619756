variable "name" {
  description = "Prefix of every name. Account and region are appended to the buckets' names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name is 3 to 24 lower case letters, digits and dashes: a bucket's name has room for no more."
  }
}

variable "cors_allow_origin" {
  description = "The origin whose pages may post uploads; * for any (an upload needs a signed policy in any case)."
  type        = string
  default     = "*"

  validation {
    condition     = var.cors_allow_origin == "*" || can(regex("^https?://[^/]+$", var.cors_allow_origin))
    error_message = "cors_allow_origin is * or scheme://host[:port], with no path."
  }
}

variable "uploads_expire_after_days" {
  description = "Days after which whatever is left of an upload goes. The worker deletes what it has cleaned at once."
  type        = number
  default     = 7

  validation {
    condition     = var.uploads_expire_after_days >= 1 && floor(var.uploads_expire_after_days) == var.uploads_expire_after_days
    error_message = "uploads_expire_after_days is a whole number, at least 1."
  }
}

variable "media_noncurrent_expire_after_days" {
  description = "Days that a deleted rendition can still be restored."
  type        = number
  default     = 30

  validation {
    condition     = var.media_noncurrent_expire_after_days >= 1 && floor(var.media_noncurrent_expire_after_days) == var.media_noncurrent_expire_after_days
    error_message = "media_noncurrent_expire_after_days is a whole number, at least 1."
  }
}

variable "worker_timeout_seconds" {
  description = "The worker function's timeout; a message stays invisible six times as long."
  type        = number

  validation {
    condition     = var.worker_timeout_seconds >= 1 && var.worker_timeout_seconds <= 900
    error_message = "worker_timeout_seconds is from 1 to 900."
  }
}

variable "max_receive_count" {
  description = "Tries before a message goes to the dead letters. Fewer than 5 lose messages to mere throttling."
  type        = number
  default     = 5

  validation {
    condition     = var.max_receive_count >= 5 && var.max_receive_count <= 1000 && floor(var.max_receive_count) == var.max_receive_count
    error_message = "max_receive_count is a whole number from 5 to 1000."
  }
}

variable "force_destroy" {
  description = "Whether destroying the buckets deletes what is in them."
  type        = bool
  default     = false
}

variable "require_tls" {
  description = "Whether buckets, queues and topic refuse plain HTTP. Only a cloud that has no TLS turns it off."
  type        = bool
  default     = true
}
