variable "name" {
  description = "The table's name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.name))
    error_message = "A table's name is 3 to 255 letters, digits, _ . or -."
  }
}

variable "key_schema" {
  description = "Keys, indexes and the TTL attribute: services/articles/table.json, decoded. That file is their only place."
  type = object({
    hash_key      = string
    range_key     = string
    ttl_attribute = string
    attributes    = map(string)
    indexes = list(object({
      name               = string
      hash_key           = string
      range_key          = string
      projection         = string
      non_key_attributes = optional(list(string), [])
    }))
  })

  validation {
    condition = alltrue([
      for key in concat(
        [var.key_schema.hash_key, var.key_schema.range_key],
        flatten([for index in var.key_schema.indexes : [index.hash_key, index.range_key]]),
      ) : contains(keys(var.key_schema.attributes), key)
    ])
    error_message = "Every key of the table and of its indexes needs its type in attributes."
  }

  validation {
    condition = length(setsubtract(
      keys(var.key_schema.attributes),
      concat(
        [var.key_schema.hash_key, var.key_schema.range_key],
        flatten([for index in var.key_schema.indexes : [index.hash_key, index.range_key]]),
      ),
    )) == 0
    error_message = "attributes may only name keys: DynamoDB refuses types of attributes that no key uses."
  }

  validation {
    condition     = alltrue([for type in values(var.key_schema.attributes) : contains(["S", "N", "B"], type)])
    error_message = "A key's type is S, N or B."
  }

  validation {
    condition     = alltrue([for index in var.key_schema.indexes : contains(["ALL", "KEYS_ONLY", "INCLUDE"], index.projection)])
    error_message = "A projection is ALL, KEYS_ONLY or INCLUDE."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "A customer key to encrypt the table with; null for the AWS managed key."
  type        = string
  default     = null
}
