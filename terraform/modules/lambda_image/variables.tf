variable "name" {
  description = "The function's name; its role and log group are named after it."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "A function's name is 1 to 64 letters, digits, _ or -."
  }
}

variable "description" {
  description = "One line for whoever reads the list of functions."
  type        = string
  default     = ""
}

variable "image_uri" {
  description = "The container image. Pin it by digest (repository@sha256:…): Terraform does not see a tag that moved."
  type        = string

  validation {
    condition     = length(var.image_uri) > 0
    error_message = "image_uri must name an image."
  }
}

variable "command" {
  description = "The image's command: the handler, e.g. [\"api.handler.handler\"]. One image can serve several functions."
  type        = list(string)

  validation {
    condition     = length(var.command) > 0
    error_message = "command must name a handler."
  }
}

variable "architecture" {
  description = "The instruction set that the image was built for."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture is x86_64 or arm64."
  }
}

variable "memory_mb" {
  description = "Memory in MB; CPU follows it (one vCPU at 1,769 MB)."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "memory_mb is a whole number from 128 to 10240."
  }
}

variable "timeout_seconds" {
  description = "Seconds after which Lambda stops an invocation."
  type        = number
  default     = 10

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "timeout_seconds is a whole number from 1 to 900."
  }
}

variable "reserved_concurrency" {
  description = "Executions set aside for, and the most of, this function; -1 for none, 0 stops it. Off by default: new accounts have few."
  type        = number
  default     = -1

  validation {
    condition     = var.reserved_concurrency >= -1 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency is a whole number, or -1 for none."
  }
}

variable "snap_start" {
  description = "Whether Lambda keeps a snapshot of each published version, initialised, and starts environments from it. The image must allow it: AWS's own base for Python 3.12 or later, or the label that docs/snapstart.md names."
  type        = bool
  default     = false
}

variable "moves_alias" {
  description = "Whether an apply moves the alias live to the version that it publishes; otherwise whoever releases (CodeDeploy) does."
  type        = bool
  default     = true
}

variable "environment_variables" {
  description = "The function's environment."
  type        = map(string)
  default     = {}
}

variable "statements" {
  description = "What the function may do beside writing its logs and traces; one policy statement each."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  default = []

  validation {
    condition     = alltrue([for statement in var.statements : alltrue([for action in statement.actions : !strcontains(action, "*")])])
    error_message = "Name each action: no wildcards."
  }

  validation {
    condition     = alltrue([for statement in var.statements : can(regex("^[A-Za-z0-9]+$", statement.sid))])
    error_message = "A sid is letters and digits."
  }
}

variable "log_retention_days" {
  description = "Days that the function's logs are kept."
  type        = number
  default     = 30

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "log_retention_days is one of CloudWatch's own steps: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, …"
  }
}

variable "log_kms_key_arn" {
  description = "A customer key to encrypt the logs with; null for CloudWatch's own encryption."
  type        = string
  default     = null
}

variable "tracing" {
  description = "Whether X-Ray traces what the function does."
  type        = bool
  default     = true
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what the role may ever do, for accounts that require one."
  type        = string
  default     = null
}
