variable "name" {
  description = "Prefix of every name. Account and region are appended to the buckets' names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name is 3 to 24 lower case letters, digits and dashes: a bucket's name has room for no more."
  }
}

variable "cors_allow_origins" {
  description = "The origins whose pages may post uploads; * for any (an upload needs a signed policy in any case)."
  type        = set(string)
  default     = ["*"]

  validation {
    condition     = alltrue([for origin in var.cors_allow_origins : origin == "*" || can(regex("^https?://[^/]+$", origin))])
    error_message = "Each of cors_allow_origins is * or scheme://host[:port], with no path."
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

variable "image_event_emails" {
  description = "Who is told by mail what became of images: address = { types }, all types unless some are named. Each has to confirm."
  type = map(object({
    types = optional(set(string), ["image.failed", "image.ready", "image.rejected"])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for address in keys(var.image_event_emails) : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s.]+$", address))])
    error_message = "Each key of image_event_emails is an address like desk@example.org."
  }

  validation {
    condition = alltrue([
      for email in values(var.image_event_emails) : length(email.types) > 0 && length(setsubtract(email.types, local.image_event_types)) == 0
    ])
    error_message = "types are some of ${join(", ", local.image_event_types)}: at least one."
  }
}

variable "image_event_webhook" {
  description = "Where SNS posts what became of images; null for nowhere. It has to confirm, and with raw_message_delivery has no signature to verify."
  type = object({
    url                  = string
    types                = optional(set(string), ["image.failed", "image.ready", "image.rejected"])
    raw_message_delivery = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.image_event_webhook == null ? true : can(regex("^https://[^/\\s@?#]+(/\\S*)?$", var.image_event_webhook.url))
    error_message = "image_event_webhook.url is https://host[:port][/path], with no user and password in it: a plan would show them."
  }

  validation {
    condition = var.image_event_webhook == null ? true : (
      length(var.image_event_webhook.types) > 0 && length(setsubtract(var.image_event_webhook.types, local.image_event_types)) == 0
    )
    error_message = "types are some of ${join(", ", local.image_event_types)}: at least one."
  }
}

variable "force_destroy" {
  description = "Whether destroying the buckets deletes what is in them."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "A customer key to encrypt buckets, queues and topic with (modules/encryption has the policy that it needs); null for keys of AWS."
  type        = string
  default     = null
}

variable "require_tls" {
  description = "Whether buckets, queues and topic refuse plain HTTP. Only a cloud that has no TLS turns it off."
  type        = bool
  default     = true
}

variable "media_distribution" {
  description = "The CloudFront distribution that may read renditions, an object because its ARN is not known before it is made; null for none."
  type        = object({ arn = string })
  default     = null
}
