variable "region" {
  description = "The AWS region of the stages."
  type        = string
}

variable "repository" {
  description = "The GitHub repository whose workflows deliver: owner/name."
  type        = string
}

variable "state_bucket" {
  description = "The bucket of terraform/bootstrap."
  type        = string
}

variable "create_provider" {
  description = "Whether to make GitHub's identity provider: not where the account has it already."
  type        = bool
  default     = true
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds these roles, for accounts that require one."
  type        = string
  default     = null
}

variable "bound_stages" {
  description = "Whether to make a policy that bounds the stages' roles, and to require it of each: the output stages_permissions_boundary_arn is then their permissions_boundary_arn."
  type        = bool
  default     = false
}

variable "pages" {
  description = "The stages that may have a page (their page): the roles may then look after CloudFront, the page's files and the name of its sign-in page."
  type        = set(string)
  default     = ["dev"]
}

variable "media_cdn" {
  description = "Whether the stages' roles may look after CloudFront, as their media_cdn needs."
  type        = bool
  default     = false
}

variable "customer_keys" {
  description = "Whether stages make KMS keys of their own, with their customer_key: then the roles may make them and look after them."
  type        = bool
  default     = false
}
