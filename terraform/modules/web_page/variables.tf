variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "directory" {
  description = "Where the page's files are: services/web."
  type        = string
}

# ---------------------------------------------------------------- what the page is told

variable "api_id" {
  description = "The REST API's id."
  type        = string
}

variable "stage" {
  description = "The REST API's stage, the first segment of its URLs' paths."
  type        = string
}

variable "api_under_same_origin" {
  description = "Whether CloudFront hands /<stage>/* to the API; otherwise the page calls it across origins."
  type        = bool
  default     = true
}

variable "api_url" {
  description = "Where the API is for a page of another origin, with no slash at the end; null for the stage's own address."
  type        = string
  default     = null
}

variable "sign_in_url" {
  description = "Where Cognito signs people in, with no slash at the end."
  type        = string
}

variable "client_id" {
  description = "The app client that people sign in for."
  type        = string
}

variable "uploads_origin" {
  description = "The origin that pictures are posted to: scheme and host."
  type        = string
}

variable "media_origin" {
  description = "The origin that pictures come from: scheme and host."
  type        = string
}

# ---------------------------------------------------------------- CloudFront

variable "aliases" {
  description = "Names of one's own; the first is the one to give out. None: CloudFront's own name."
  type        = list(string)
  default     = []
}

variable "certificate_arn" {
  description = "A certificate of ACM in us-east-1 for aliases."
  type        = string
  default     = null
}

variable "price_class" {
  description = "Where copies are kept: PriceClass_100 (Europe and North America, cheapest), PriceClass_200 or PriceClass_All."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "web_acl_arn" {
  description = "A web ACL of WAF before all of it, of scope CLOUDFRONT (so in us-east-1); null for none."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null || can(regex("^arn:[a-z-]+:wafv2:us-east-1:[0-9]{12}:global/webacl/", var.web_acl_arn))
    error_message = "web_acl_arn is the ARN of a web ACL of scope CLOUDFRONT: arn:aws:wafv2:us-east-1:<account>:global/webacl/…"
  }
}

# ---------------------------------------------------------------- the bucket

variable "kms_key_arn" {
  description = "A customer key that encrypts the bucket; null for S3's own. CloudFront's distribution has to be let use it."
  type        = string
  default     = null
}

variable "require_tls" {
  description = "Whether the bucket refuses plain HTTP."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes what is in it."
  type        = bool
  default     = false
}
