variable "region" {
  description = "The AWS region."
  type        = string
}

variable "images" {
  description = "The two images, by digest: Terraform does not see a tag that moved, and a digest can't move."
  type = object({
    api          = string
    image_worker = string
  })

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("@sha256:[0-9a-f]{64}$", image))])
    error_message = "Both images end in @sha256:<64 hex digits>."
  }
}

variable "architecture" {
  description = "What the images were built for: x86_64 or arm64."
  type        = string
  default     = "x86_64"
}

variable "deployment_config" {
  description = "How CodeDeploy brings a new version into service: by default all calls at once. Null for no CodeDeploy: an apply does it."
  type        = string
  default     = "CodeDeployDefault.LambdaAllAtOnce"
}

variable "snap_start" {
  description = "Whether the API's functions start from snapshots (docs/snapstart.md): not every region has that, and keeping them costs."
  type        = bool
  default     = true
}

variable "cors_allow_origin" {
  description = "The origin whose pages may call the API."
  type        = string
  default     = "*"
}

variable "customer_key" {
  description = "Whether to make a KMS key of this stage's own and encrypt everything with it; otherwise keys of AWS do."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "A KMS key of the site's to encrypt everything with, instead of one made here. Its policy needs what modules/encryption says."
  type        = string
  default     = null
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what each role may ever do, where the account requires one."
  type        = string
  default     = null
}

variable "table_name" {
  description = "The table's name, where it was restored from a backup: docs/runbook.md#restore. Null for gazette-dev-articles."
  type        = string
  default     = null
}

variable "manage_account_logging_role" {
  description = "Whether this stack sets API Gateway's logging role of the account and region. Exactly one stack of an account should."
  type        = bool
  default     = false
}

variable "method_throttles" {
  description = "Tighter limits of single methods, by \"POST /articles\". Each upload that is registered costs a worker's time and two calls of Rekognition."
  type        = map(object({ rate_limit = number, burst_limit = number }))
  default = {
    "POST /articles"                     = { rate_limit = 20, burst_limit = 40 }
    "POST /articles/{article_id}/images" = { rate_limit = 10, burst_limit = 20 }
  }
}

variable "uploads_per_person_and_hour" {
  description = "Uploads that one person may register in an hour; beyond, they get 429."
  type        = number
  default     = 200
}

variable "analyses_per_day" {
  description = "Pictures that Rekognition is asked about in a day (UTC), two calls each; further ones wait. 0 for no limit. 1000 are at most 2 USD a day, by the list price of 0.001 USD a call (us-east-1)."
  type        = number
  default     = 1000
}

variable "usage_plans" {
  description = "Who may call how much, by name (modules/gazette has the fields). While there is one, calls need an API key."
  type = map(object({
    rate_limit  = optional(number, 50)
    burst_limit = optional(number, 100)
    quota       = optional(object({ limit = number, period = optional(string, "DAY") }))
    api_keys    = set(string)
  }))
  default = {}
}

variable "public_url" {
  description = "Where clients reach the API, where that isn't the stage's own address: a custom domain, say."
  type        = string
  default     = null
}

variable "image_event_emails" {
  description = "Who is told by mail what became of images: address = { types }, all types unless some are named. Each has to confirm."
  type = map(object({
    types = optional(set(string), ["image.failed", "image.ready", "image.rejected"])
  }))
  default = {}
}

variable "image_event_webhook" {
  description = "Where SNS posts what became of images; null for nowhere. docs/notifications.md says how to confirm and to verify."
  type = object({
    url                  = string
    types                = optional(set(string), ["image.failed", "image.ready", "image.rejected"])
    raw_message_delivery = optional(bool, false)
  })
  default = null
}

variable "waf" {
  description = "AWS WAF before the API (modules/gazette has the fields); null for none."
  type = object({
    requests_per_address = optional(number, 2000)
    refuse_anonymizers   = optional(bool, false)
    logs                 = optional(bool, true)
  })
  default = null
}

variable "media_cdn" {
  description = "CloudFront before the renditions (docs/security.md tells how to make its keys); null for presigned URLs of S3."
  type = object({
    keys = map(object({
      public_key_pem         = string
      private_key_secret_arn = string
    }))
    signing_key     = string
    price_class     = optional(string, "PriceClass_100")
    aliases         = optional(list(string), [])
    certificate_arn = optional(string)
  })
  default = null
}

variable "page" {
  description = "services/web behind CloudFront (docs/page.md, modules/gazette has the fields); null for none."
  type = object({
    api_under_same_origin = optional(bool, true)
    aliases               = optional(list(string), [])
    certificate_arn       = optional(string)
    price_class           = optional(string, "PriceClass_100")
    web_acl_arn           = optional(string)
  })
  default = {}
}

variable "page_urls" {
  description = "Other places where the page is served: its people may sign in, too. A developer's own machine, say: http://localhost:8000."
  type        = list(string)
  default     = []
}

variable "alarm_thresholds" {
  description = "Above these an alarm goes off, by name (modules/observability/thresholds.tf has them)."
  type        = map(number)
  default     = {}
}

variable "daily_cost_usd" {
  description = "The account's cost of a day, in USD, above which AWS Budgets tells the operations topic; null for no budget."
  type        = number
  default     = 10
}

variable "runbook_url" {
  description = "Where whoever is called at night reads docs/runbook.md: alarms and the dashboard link to it. Null for the file's own name."
  type        = string
  default     = null
}
