# ---------------------------------------------------------------- what and where

variable "name" {
  description = "Prefix of every name, e.g. gazette-dev."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "name is 3 to 24 lower case letters, digits and dashes: a bucket's name has room for no more."
  }
}

variable "stage" {
  description = "The API's stage, the first segment of its URLs' paths."
  type        = string
}

variable "images" {
  description = "The two container images. Pin them by digest: repository@sha256:…"
  type = object({
    api          = string
    image_worker = string
  })
}

variable "architecture" {
  description = "The instruction set that the images were built for: x86_64 or arm64."
  type        = string
  default     = "x86_64"
}

# ---------------------------------------------------------------- functions

variable "functions" {
  description = "Size and limits of each function. reserved_concurrency -1 reserves none; snap_start starts from a snapshot of each version (docs/snapstart.md)."
  type = object({
    api = optional(object({
      memory_mb            = optional(number, 1769)
      timeout_seconds      = optional(number, 15)
      reserved_concurrency = optional(number, -1)
      snap_start           = optional(bool, true)
    }), {})
    authorizer = optional(object({
      memory_mb            = optional(number, 512)
      timeout_seconds      = optional(number, 5)
      reserved_concurrency = optional(number, -1)
      snap_start           = optional(bool, true)
    }), {})
    image_worker = optional(object({
      memory_mb            = optional(number, 2048)
      timeout_seconds      = optional(number, 60)
      reserved_concurrency = optional(number, -1)
    }), {})
    sweeper = optional(object({
      memory_mb            = optional(number, 512)
      timeout_seconds      = optional(number, 60)
      reserved_concurrency = optional(number, -1)
    }), {})
  })
  default = {}

  validation {
    condition     = var.functions.api.timeout_seconds + var.functions.authorizer.timeout_seconds <= 29
    error_message = "API Gateway waits 29 seconds for the authorizer and the API together: longer timeouts only cost."
  }

  validation {
    condition     = var.functions.image_worker.reserved_concurrency == -1 || var.functions.image_worker.reserved_concurrency >= 5
    error_message = "With fewer than 5 reserved executions SQS throttles the worker, and jobs end among the dead letters untried."
  }

  validation {
    condition     = var.functions.image_worker.timeout_seconds >= 30
    error_message = "The worker begins no call of AWS in its last 23 seconds, in which it could time out: it needs at least 30."
  }

  validation {
    condition     = var.functions.image_worker.memory_mb >= 512
    error_message = "The worker needs some 240 MB for itself: with less than 512 it has no room for pictures."
  }
}

variable "deployment_config" {
  description = "How CodeDeploy moves callers to a new version: one of its configurations for Lambda. Null for no CodeDeploy: then an apply moves them at once, and no alarm takes it back."
  type        = string
  default     = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
}

variable "worker_batch_size" {
  description = "Messages that one invocation of the worker gets at most. All of them must fit into its timeout."
  type        = number
  default     = 4

  validation {
    condition     = var.worker_batch_size >= 1 && var.worker_batch_size <= 10
    error_message = "worker_batch_size is from 1 to 10."
  }
}

variable "worker_concurrent_pictures" {
  description = "Messages of a batch that one worker has in hand at the same time, as far as its memory allows."
  type        = number
  default     = 4

  validation {
    condition     = var.worker_concurrent_pictures >= 1 && var.worker_concurrent_pictures <= 10
    error_message = "worker_concurrent_pictures is from 1 to 10."
  }
}

variable "worker_maximum_concurrency" {
  description = "Workers at once; null for no limit but the account's. The knob for Rekognition's transactions a second."
  type        = number
  default     = null

  validation {
    condition     = var.worker_maximum_concurrency == null ? true : var.worker_maximum_concurrency >= 2 && var.worker_maximum_concurrency <= 1000
    error_message = "worker_maximum_concurrency is from 2 to 1000, or null."
  }
}

variable "max_receive_count" {
  description = "Tries of an image job before it goes to the dead letters."
  type        = number
  default     = 5
}

variable "sweep_schedule" {
  description = "When the sweeper runs, as an EventBridge schedule expression."
  type        = string
  default     = "rate(5 minutes)"

  validation {
    condition     = can(regex("^(rate|cron)\\(.+\\)$", var.sweep_schedule))
    error_message = "sweep_schedule is rate(…) or cron(…)."
  }
}

variable "extra_environment_variables" {
  description = "Set in every function."
  type        = map(string)
  default     = {}
}

variable "function_environment_variables" {
  description = "Set in single functions: by api, authorizer, image_worker or sweeper."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.function_environment_variables), ["api", "authorizer", "image_worker", "sweeper"])) == 0
    error_message = "The functions are api, authorizer, image_worker and sweeper."
  }
}

# ---------------------------------------------------------------- the API

variable "cors_allow_origin" {
  description = "The origin whose pages may call the API and post uploads; * for any."
  type        = string
  default     = "*"
}

variable "throttle" {
  description = "Requests a second that the API takes, and how many at once; beyond, clients get 429."
  type = object({
    rate_limit  = optional(number, 500)
    burst_limit = optional(number, 1000)
  })
  default = {}
}

variable "method_throttles" {
  description = "Tighter limits of single methods, by \"POST /articles\"."
  type = map(object({
    rate_limit  = number
    burst_limit = number
  }))
  default = {}
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
}

variable "public_url" {
  description = "Where clients reach the API, where that isn't the stage's own address: a custom domain, say. {api_id} and {stage} are filled in."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null || can(regex("^https?://[^/].*[^/]$", var.public_url))
    error_message = "An http(s) URL with no slash at the end."
  }
}

variable "access_logs" {
  description = "Whether the API writes access logs. The account needs API Gateway's logging role for it."
  type        = bool
  default     = true
}

variable "manage_account_logging_role" {
  description = "Whether to set API Gateway's logging role of this account and region: one stack at most may."
  type        = bool
  default     = false
}

variable "waf" {
  description = "AWS WAF before the API's stage: requests in five minutes from one address, whether VPNs and Tor are refused, whether it logs; null for none."
  type = object({
    requests_per_address = optional(number, 2000)
    refuse_anonymizers   = optional(bool, false)
    logs                 = optional(bool, true)
  })
  default = null
}

# ---------------------------------------------------------------- images

variable "max_upload_bytes" {
  description = "The largest upload."
  type        = number
  default     = 26214400

  validation {
    condition     = var.max_upload_bytes >= 1 && var.max_upload_bytes <= 26214400 && floor(var.max_upload_bytes) == var.max_upload_bytes
    error_message = "max_upload_bytes is from 1 to 26214400, what services/api/openapi.yaml promises at most."
  }
}

variable "uploads_per_person_and_hour" {
  description = "Uploads that one person may register in an hour; beyond, they get 429."
  type        = number
  default     = 200

  validation {
    condition     = var.uploads_per_person_and_hour >= 1 && floor(var.uploads_per_person_and_hour) == var.uploads_per_person_and_hour
    error_message = "uploads_per_person_and_hour is a whole number from 1 on."
  }
}

variable "label_min_confidence" {
  description = "Labels below this confidence, in percent, are not kept."
  type        = number
  default     = 70

  validation {
    condition     = var.label_min_confidence >= 0 && var.label_min_confidence <= 100
    error_message = "label_min_confidence is from 0 to 100."
  }
}

variable "moderation_min_confidence" {
  description = "An image with a moderation label of this confidence, in percent, or more is rejected."
  type        = number
  default     = 60

  validation {
    condition     = var.moderation_min_confidence >= 0 && var.moderation_min_confidence <= 100
    error_message = "moderation_min_confidence is from 0 to 100."
  }
}

variable "reuse_analyses_for_days" {
  description = "Days that what Rekognition saw in a picture serves for identical ones, without another call; 0 for never."
  type        = number
  default     = 30

  validation {
    condition     = var.reuse_analyses_for_days >= 0 && floor(var.reuse_analyses_for_days) == var.reuse_analyses_for_days
    error_message = "reuse_analyses_for_days is a whole number from 0 on."
  }
}

variable "analyses_per_day" {
  description = "Pictures that Rekognition is asked about in a day (UTC), two calls each; further ones wait. 0 for no limit. 10000 are at most 20 USD a day, by the list price of 0.001 USD a call (us-east-1, the first million calls a month of each operation)."
  type        = number
  default     = 10000

  validation {
    condition     = var.analyses_per_day >= 0 && floor(var.analyses_per_day) == var.analyses_per_day
    error_message = "analyses_per_day is a whole number from 0 on."
  }
}

variable "uploads_expire_after_days" {
  description = "Days after which whatever is left of an upload goes."
  type        = number
  default     = 7

  validation {
    condition     = var.uploads_expire_after_days >= 2
    error_message = "A picture that waits for the next day's budget of analyses still needs its upload then: 2 days at least."
  }
}

variable "media_noncurrent_expire_after_days" {
  description = "Days that a deleted rendition can still be restored."
  type        = number
  default     = 30
}

variable "media_cdn" {
  description = "CloudFront before the renditions, which then come with security headers: pairs of keys by name, the private halves in Secrets Manager, and which one signs; null for URLs of S3. docs/security.md tells how to make and rotate a pair."
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

  validation {
    condition = var.media_cdn == null ? true : alltrue([
      for key in values(var.media_cdn.keys) :
      can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:${var.name}-[A-Za-z0-9_-]+$", key.private_key_secret_arn))
    ])
    error_message = "private_key_secret_arn is the whole ARN of a secret whose name begins with ${var.name}-, with no pattern in it: the API may read that one and no other."
  }

  validation {
    condition     = var.media_cdn == null ? true : contains(keys(var.media_cdn.keys), var.media_cdn.signing_key)
    error_message = "signing_key is the name of one of keys."
  }
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

# ---------------------------------------------------------------- people

variable "self_sign_up" {
  description = "Whether anybody may sign up; otherwise only administrators create users."
  type        = bool
  default     = false
}

variable "mfa" {
  description = "Second factor by an authenticator app: OFF, OPTIONAL or ON."
  type        = string
  default     = "OPTIONAL"
}

variable "explicit_auth_flows" {
  description = "How the app may sign users in."
  type        = list(string)
  default     = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
}

variable "cognito_endpoint" {
  description = "Scheme and host that serve the user pool's public keys and its sign-in page; null for Cognito's own in this region."
  type        = string
  default     = null
}

# ---------------------------------------------------------------- the page

variable "page" {
  description = "services/web in a bucket behind CloudFront; null for none. The API is under its origin as /<stage>/*, or is called across origins."
  type = object({
    api_under_same_origin = optional(bool, true)
    aliases               = optional(list(string), [])
    certificate_arn       = optional(string)
    price_class           = optional(string, "PriceClass_100")
    web_acl_arn           = optional(string)
  })
  default = null

  validation {
    condition     = var.page == null || var.waf == null ? true : !var.page.api_under_same_origin
    error_message = "waf counts requests by address, and what comes through CloudFront comes from its few: all readers would share one limit. Set api_under_same_origin = false, and the page calls the API directly; or waf = null, and web_acl_arn names a web ACL of scope CLOUDFRONT."
  }

  validation {
    condition     = var.page == null || length(var.usage_plans) == 0
    error_message = "With usage_plans each call needs an API key, and the page, which everybody can read, has none: page = null, or usage_plans = {}."
  }

  validation {
    condition = var.page == null || var.cors_allow_origin == "*" ? true : (
      var.page.api_under_same_origin
      || contains([for name in var.page.aliases : "https://${name}"], var.cors_allow_origin)
      || length(var.page.aliases) == 0 && endswith(var.cors_allow_origin, ".cloudfront.net")
    )
    error_message = "With api_under_same_origin = false, cors_allow_origin has to be where the page is: https:// and one of its aliases, or, without any, CloudFront's own name."
  }
}

variable "page_urls" {
  description = "Other places where the page is served, with no slash at the end: its people may sign in, too. A developer's own machine, say: http://localhost:8000."
  type        = list(string)
  default     = []
}

# ---------------------------------------------------------------- safety and operations

variable "table_name" {
  description = "The table's name; null for <name>-articles. A table restored from a backup has another one: docs/runbook.md#restore."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the table and the user pool refuse to be deleted."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether destroying the buckets deletes what is in them."
  type        = bool
  default     = false
}

variable "require_tls" {
  description = "Whether buckets, queues and topic refuse plain HTTP. Only a cloud that has no TLS turns it off."
  type        = bool
  default     = true
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

  validation {
    condition     = var.kms_key_arn == null || !var.customer_key
    error_message = "customer_key makes a key; kms_key_arn names one that is there: one of the two."
  }
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what each role may ever do, for accounts that require one."
  type        = string
  default     = null
}

variable "log_level" {
  description = "The least that functions log: DEBUG, INFO, WARNING or ERROR."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level is DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "Days that all logs are kept."
  type        = number
  default     = 30
}

variable "tracing" {
  description = "Whether X-Ray traces requests and what functions do."
  type        = bool
  default     = true
}

variable "observability" {
  description = "Whether there are alarms and a dashboard."
  type        = bool
  default     = true
}

variable "alarm_thresholds" {
  description = "Above these an alarm goes off, by name: modules/observability/thresholds.tf has the names, and what they are unless somebody says otherwise."
  type        = map(number)
  default     = {}
}

variable "daily_cost_usd" {
  description = "The account's cost of a day, in USD, above which AWS Budgets tells the operations topic; null for no budget."
  type        = number
  default     = 30
}

variable "runbook_url" {
  description = "Where whoever is called at night reads docs/runbook.md: alarms and the dashboard link to it. Null for the file's own name."
  type        = string
  default     = null
}
