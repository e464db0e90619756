variable "name" {
  description = "The API's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.name))
    error_message = "name is 1 to 128 letters, digits, _ or -."
  }
}

variable "stage" {
  description = "The stage's name: the first segment of every URL."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage))
    error_message = "stage is 1 to 128 letters, digits, _ or -."
  }
}

# What is read of the document, beside its paths and methods:
#   security: [{idToken: []}]        a token is required
#   security: [{}, {idToken: []}]    a token is optional
#   security: []                     no token is looked at
#   x-gazette-integration: mock      the gateway answers by itself
#   requestBody.content.*.schema     the gateway checks the kind of JSON that the referenced schema has
variable "openapi" {
  description = "The decoded OpenAPI 3 document: the only source of routes."
  type        = any

  validation {
    condition     = alltrue([for path in keys(var.openapi.paths) : can(regex("^(/[^/]+){1,4}$", path))])
    error_message = "A path has one to four segments and no slash at its end."
  }

  validation {
    condition = alltrue(flatten([
      for item in values(var.openapi.paths) : [
        for verb, operation in item : [
          for media in values(try(operation.requestBody.content, {})) :
          can(var.openapi.components.schemas[trimprefix(media.schema["$ref"], "#/components/schemas/")].type)
        ]
      ]
    ]))
    error_message = "A request body's schema is a $ref to #/components/schemas/…, which says its type."
  }

  validation {
    condition = alltrue(flatten([
      for item in values(var.openapi.paths) : [
        for verb in keys(item) : contains(["get", "post", "put", "patch", "delete", "parameters", "summary", "description"], verb)
      ]
    ]))
    error_message = "Operations are get, post, put, patch and delete; OPTIONS is made for every path, HEAD for every get."
  }
}

variable "function" {
  description = "The function that serves every operation: its name, the alias that is called, and what calls it."
  type = object({
    name       = string
    alias      = string
    invoke_arn = string
  })
}

variable "authorizer_function" {
  description = "The function that checks optional tokens; needed where the document has operations with one."
  type = object({
    name       = string
    alias      = string
    invoke_arn = string
  })
  default = null
}

variable "user_pool_arns" {
  description = "The Cognito user pools whose tokens are accepted; needed where the document has operations that require one."
  type        = list(string)
  default     = []
}

variable "cors_allow_origin" {
  description = "The origin whose pages may call the API; * for any."
  type        = string
  default     = "*"

  validation {
    condition     = var.cors_allow_origin == "*" || can(regex("^https?://[^/']+$", var.cors_allow_origin))
    error_message = "cors_allow_origin is * or scheme://host[:port], with no path."
  }
}

variable "throttle" {
  description = "Requests a second that the stage takes, and how many at once; beyond, clients get 429."
  type = object({
    rate_limit  = optional(number, 500)
    burst_limit = optional(number, 1000)
  })
  default = {}

  validation {
    condition     = var.throttle.rate_limit > 0 && var.throttle.burst_limit >= 1
    error_message = "Both limits are positive; a burst of 0 would refuse every request."
  }
}

variable "method_throttles" {
  description = "Tighter limits of single methods, by \"POST /articles\"."
  type = map(object({
    rate_limit  = number
    burst_limit = number
  }))
  default = {}

  validation {
    condition     = alltrue([for limits in values(var.method_throttles) : limits.rate_limit > 0 && limits.burst_limit >= 1])
    error_message = "Both limits are positive; a burst of 0 would refuse every request."
  }
}

variable "usage_plans" {
  description = "Who may call how much, by name. While there is one, every call but a preflight needs one of their API keys in X-API-Key."
  type = map(object({
    rate_limit  = optional(number, 50)
    burst_limit = optional(number, 100)
    quota       = optional(object({ limit = number, period = optional(string, "DAY") }))
    api_keys    = set(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for plan in values(var.usage_plans) : plan.rate_limit > 0 && plan.burst_limit >= 1])
    error_message = "Both limits are positive; a burst of 0 would refuse every request."
  }

  validation {
    condition     = alltrue([for plan in values(var.usage_plans) : plan.quota == null ? true : contains(["DAY", "WEEK", "MONTH"], plan.quota.period) && plan.quota.limit >= 1])
    error_message = "A quota is 1 or more calls a DAY, WEEK or MONTH."
  }

  validation {
    condition     = length(flatten([for plan in values(var.usage_plans) : tolist(plan.api_keys)])) == length(toset(flatten([for plan in values(var.usage_plans) : tolist(plan.api_keys)])))
    error_message = "An API key belongs to one plan: API Gateway takes it for one in each stage."
  }
}

variable "access_logs" {
  description = "Whether the stage writes access logs. They need the account's API Gateway logging role."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 30
}

variable "log_kms_key_arn" {
  description = "A customer key to encrypt the logs with; null for CloudWatch's own encryption."
  type        = string
  default     = null
}

variable "manage_account_logging_role" {
  description = "Whether to set the API Gateway logging role of this account and region: one stack at most may."
  type        = bool
  default     = false
}

variable "tracing" {
  description = "Whether X-Ray traces requests."
  type        = bool
  default     = true
}

variable "detailed_metrics" {
  description = "Whether CloudWatch gets metrics for each method, at a price for each."
  type        = bool
  default     = false
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what a role may ever do, for accounts that require one."
  type        = string
  default     = null
}
