variable "region" {
  description = "The AWS region: Lambda takes images from its own region only."
  type        = string
}

variable "name" {
  description = "What the repositories' names begin with."
  type        = string
  default     = "gazette"
}

variable "kms_key_arn" {
  description = "A customer key to encrypt images with; null for ECR's own encryption."
  type        = string
  default     = null
}
