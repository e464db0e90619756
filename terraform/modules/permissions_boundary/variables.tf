variable "name" {
  description = "Prefix of the names that the bounded roles may reach: gazette for all stages, gazette-dev for one."
  type        = string
  default     = "gazette"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name is 2 to 31 lower case letters, digits and hyphens, and begins with a letter."
  }
}
