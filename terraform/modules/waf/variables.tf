variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "stage_arn" {
  description = "The ARN of the REST API's stage to stand before."
  type        = string
}

variable "cors_allow_origin" {
  description = "The origin whose pages may read the answer to too many requests; * for any."
  type        = string
  default     = "*"
}

variable "requests_per_address" {
  description = "Requests in five minutes from one address; beyond, it gets 429 until it slows down. Offices and mobile networks share one."
  type        = number
  default     = 2000

  validation {
    condition     = var.requests_per_address >= 10 && var.requests_per_address <= 2000000000 && floor(var.requests_per_address) == var.requests_per_address
    error_message = "requests_per_address is a whole number from 10 to 2000000000: WAF takes no other."
  }
}

variable "refuse_anonymizers" {
  description = "Whether VPNs, proxies and Tor are refused. Some readers have good reasons to use them."
  type        = bool
  default     = false
}

# An article is text about anything: an attack that it quotes is none. Nothing here runs or includes a body, and a body may
# have 1 MB where the rule for its size draws the line at 8 KB.
variable "counted_common_rules" {
  description = "Rules of AWSManagedRulesCommonRuleSet that count what they find instead of refusing it."
  type        = set(string)
  default = [
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "SizeRestrictions_BODY",
  ]
}

variable "counted_known_bad_inputs_rules" {
  description = "Rules of AWSManagedRulesKnownBadInputsRuleSet that count what they find instead of refusing it."
  type        = set(string)
  default = [
    "JavaDeserializationRCE_BODY",
    "Log4JRCE_BODY",
  ]
}

variable "sampled_requests" {
  description = "Whether WAF keeps samples of requests for three hours, with their headers: tokens among them."
  type        = bool
  default     = false
}

variable "logs" {
  description = "Whether refused and counted requests are logged, without their credentials."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 30
}

variable "log_kms_key_arn" {
  description = "A customer key to encrypt the log with; null for CloudWatch's own encryption."
  type        = string
  default     = null
}
