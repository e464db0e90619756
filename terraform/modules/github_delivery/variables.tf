variable "repository" {
  description = "The GitHub repository whose workflows deliver: owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository is owner/name, with no pattern in it."
  }
}

variable "state_bucket" {
  description = "The bucket of terraform/bootstrap."
  type        = string
}

variable "environments" {
  description = "The GitHub environment that may deliver to each stage."
  type        = map(string)
  default     = { dev = "dev", prod = "production" }

  validation {
    condition     = !contains(keys(var.environments), "plan") && alltrue([for environment in values(var.environments) : can(regex("^[A-Za-z0-9_.-]+$", environment))])
    error_message = "A stage is not called plan, and an environment's name is letters, digits, _ . and -."
  }
}

variable "building_stage" {
  description = "The stage whose delivery builds and pushes images; others run what it ran."
  type        = string
  default     = "dev"
}

variable "name" {
  description = "Prefix of the names of roles, stages, states and repositories."
  type        = string
  default     = "gazette"
}

variable "customer_keys" {
  description = "Whether stages make KMS keys of their own (their customer_key): then the roles may make them and look after them."
  type        = bool
  default     = false
}

variable "create_provider" {
  description = "Whether to make GitHub's identity provider: an account has room for one, so not where it is there already."
  type        = bool
  default     = true
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds these roles."
  type        = string
  default     = null
}

variable "stages_permissions_boundary_arn" {
  description = "A policy that must bound every role that these make, as modules/permissions_boundary describes one: the stages' permissions_boundary_arn. The roles' own where left out."
  type        = string
  default     = null
}

variable "pages" {
  description = "The stages that may have a page: their roles may look after CloudFront, too, and after what the page is made of."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.pages, keys(var.environments))) == 0
    error_message = "Each of pages is a stage of environments."
  }
}

variable "media_cdn" {
  description = "Whether the stages' roles may look after CloudFront, as their media_cdn needs."
  type        = bool
  default     = false
}
