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

variable "functions" {
  description = "Every function of the stack, by key: its name, and the seconds after which Lambda stops it."
  type        = map(object({ name = string, timeout_seconds = number }))
}

variable "queues" {
  description = "Every queue of the stack, by key: its name, whether it holds work or letters (what is left of work that failed), and whose failures the letters are, if a function's."
  type        = map(object({ name = string, kind = string, function = optional(string) }))

  validation {
    condition     = alltrue([for queue in values(var.queues) : contains(["work", "letters"], queue.kind)])
    error_message = "A queue holds work or letters."
  }

  validation {
    condition     = alltrue([for queue in values(var.queues) : queue.function == null ? true : contains(keys(var.functions), queue.function)])
    error_message = "A queue's function is one of functions."
  }
}

variable "table" {
  description = "The table's name, and its indexes'."
  type        = object({ name = string, indexes = set(string) })
}

variable "sweep_period_seconds" {
  description = "Seconds from one run of the sweeper to the next."
  type        = number
}

variable "thresholds" {
  description = "Above these an alarm goes off: thresholds.tf has their names, and what they are unless somebody says otherwise."
  type        = map(number)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.thresholds), keys(local.usual_thresholds))) == 0
    error_message = "There is no such threshold: ${join(", ", setsubtract(keys(var.thresholds), keys(local.usual_thresholds)))}."
  }

  validation {
    condition     = alltrue([for threshold in values(var.thresholds) : threshold >= 0])
    error_message = "A threshold is 0 or more."
  }

  validation {
    condition     = alltrue([for name, threshold in var.thresholds : threshold < 100 if endswith(name, "_percent")])
    error_message = "Above 100 percent there is nothing: that alarm could never go off."
  }

  validation {
    condition     = alltrue([for name, threshold in var.thresholds : threshold >= 1 if endswith(name, "_at_least") || name == "missed_sweeps"])
    error_message = "A floor, and the sweeps that may be missed, are 1 or more: there is no share of nothing."
  }
}

variable "daily_cost_usd" {
  description = "The account's cost of a day, in USD, above which AWS Budgets tells the topic; null for no budget."
  type        = number
  default     = null

  validation {
    condition     = var.daily_cost_usd == null ? true : var.daily_cost_usd > 0
    error_message = "daily_cost_usd is more than 0, or null."
  }
}

variable "runbook_url" {
  description = "Where whoever is called at night reads docs/runbook.md; null for the file's own name."
  type        = string
  default     = null
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
