variable "endpoint_url" {
  description = "The emulator, e.g. http://127.0.0.1:4566."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/]+$", var.endpoint_url))
    error_message = "endpoint_url is scheme://host:port, with no slash at its end."
  }
}

variable "rekognition_endpoint_url" {
  description = "The Rekognition stand-in."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/]+$", var.rekognition_endpoint_url))
    error_message = "rekognition_endpoint_url is scheme://host:port, with no slash at its end."
  }
}

variable "function_host_url" {
  description = "What runs the functions; each has its path /functions/<key> there."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/]+$", var.function_host_url))
    error_message = "function_host_url is scheme://host:port, with no slash at its end."
  }
}

variable "images" {
  description = "The two images: they are only run with RUNTIME=docker."
  type = object({
    api          = string
    image_worker = string
  })
  default = {
    api          = "gazette/api:local"
    image_worker = "gazette/image_worker:local"
  }
}

variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "gazette-local"
}

variable "region" {
  description = "The region that the emulator plays."
  type        = string
  default     = "us-east-1"
}

variable "log_level" {
  description = "The least that functions log."
  type        = string
  default     = "INFO"
}

variable "sweep_schedule" {
  description = "When the sweeper runs."
  type        = string
  default     = "rate(1 minute)"
}

variable "observability" {
  description = "Whether alarms and the dashboard are made too."
  type        = bool
  default     = true
}

variable "page_url" {
  description = "Where the page is served, e.g. http://127.0.0.1:4568; null for no page."
  type        = string
  default     = null

  validation {
    condition     = var.page_url == null || can(regex("^https?://[^/]+$", var.page_url))
    error_message = "page_url is scheme://host:port, with no slash at its end."
  }
}
