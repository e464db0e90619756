variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "enabled" {
  description = "Whether there are alarms and a dashboard at all."
  type        = bool
  default     = true
}

variable "api_name" {
  description = "The REST API's name."
  type        = string
}

variable "api_stage" {
  description = "The REST API's stage."
  type        = string
}

variable "function_names" {
  description = "The functions to watch: name by key."
  type        = map(string)
}

variable "image_jobs_queue_name" {
  description = "The job queue's name."
  type        = string
}

variable "dead_letter_queue_name" {
  description = "The name of the dead letters' queue."
  type        = string
}

variable "worker_log_group_name" {
  description = "Where the worker logs that an image has to wait for the day's budget of analyses."
  type        = string
}

variable "thresholds" {
  description = "An alarm goes off above these: dead letters, seconds that the oldest job waits, server errors a minute, failed invocations a minute of one function, times in two hours that an image had to wait for the day's budget of analyses."
  type = object({
    dead_letters       = optional(number, 0)
    oldest_job_seconds = optional(number, 900)
    api_5xx            = optional(number, 5)
    function_errors    = optional(number, 3)
    budget_waits       = optional(number, 0)
  })
  default = {}

  validation {
    condition     = alltrue([for threshold in values(var.thresholds) : threshold >= 0])
    error_message = "A threshold is 0 or more."
  }
}

variable "topic_kms_key_arn" {
  description = "A customer key, which lets CloudWatch use it, to encrypt the operations topic with."
  type        = string
  default     = null
}

variable "require_tls" {
  description = "Whether the topic refuses plain HTTP. Only a cloud that has no TLS turns it off."
  type        = bool
  default     = true
}
