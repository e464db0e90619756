variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "bucket_domain_name" {
  description = "The media bucket's regional domain name."
  type        = string
}

variable "public_keys" {
  description = "The public keys whose signatures are good, PEM by name: ECDSA P-256 or RSA of 2,048 bits."
  type        = map(string)

  validation {
    condition     = length(var.public_keys) >= 1 && length(var.public_keys) <= 5
    error_message = "A key group holds 1 to 5 keys."
  }

  validation {
    condition     = alltrue([for pem in values(var.public_keys) : startswith(trimspace(pem), "-----BEGIN PUBLIC KEY-----")])
    error_message = "Each of public_keys begins with -----BEGIN PUBLIC KEY-----: never hand a private key to Terraform."
  }

  validation {
    condition     = alltrue([for name in keys(var.public_keys) : can(regex("^[A-Za-z0-9_-]{1,64}$", name))])
    error_message = "A key's name is letters, digits, _ and -."
  }
}

variable "signing_key" {
  description = "The name of the key that the API signs with."
  type        = string

  validation {
    condition     = contains(keys(var.public_keys), var.signing_key)
    error_message = "signing_key is the name of one of public_keys."
  }
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

variable "aliases" {
  description = "Names of one's own; the first is the one that URLs get. None: CloudFront's own name."
  type        = list(string)
  default     = []
}

variable "certificate_arn" {
  description = "A certificate of ACM in us-east-1 for aliases."
  type        = string
  default     = null
}
