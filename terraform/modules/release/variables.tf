variable "name" {
  description = "The CodeDeploy application's name, and the prefix of its role's."
  type        = string
}

variable "functions" {
  description = "The functions to release, by key: unqualified ARN, and the alias that CodeDeploy moves. One deployment group each."
  type = map(object({
    arn   = string
    alias = string
  }))
}

variable "deployment_config" {
  description = "How calls are moved: a deployment configuration of CodeDeploy's for Lambda, e.g. CodeDeployDefault.LambdaCanary10Percent5Minutes, or one of the site's own."
  type        = string
  default     = "CodeDeployDefault.LambdaCanary10Percent5Minutes"

  validation {
    condition     = startswith(var.deployment_config, "CodeDeployDefault.Lambda") || !startswith(var.deployment_config, "CodeDeployDefault.")
    error_message = "CodeDeploy's own configurations for functions begin with CodeDeployDefault.Lambda."
  }
}

variable "alarm_names" {
  description = "By function key: the alarms that stop its release and take it back."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for names in values(var.alarm_names) : length(names) <= 10])
    error_message = "A deployment group watches 10 alarms at most."
  }
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what the role may ever do, for accounts that require one."
  type        = string
  default     = null
}
