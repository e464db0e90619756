resource "aws_dynamodb_table" "articles" {
  # checkov:skip=CKV_AWS_119:kms_key_arn names a customer key; without one, the key is AWS's

  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.key_schema.hash_key
  range_key                   = var.key_schema.range_key
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = var.key_schema.attributes

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = { for index in var.key_schema.indexes : index.name => index }

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.hash_key
      range_key          = global_secondary_index.value.range_key
      projection_type    = global_secondary_index.value.projection
      non_key_attributes = global_secondary_index.value.projection == "INCLUDE" ? global_secondary_index.value.non_key_attributes : null
    }
  }

  ttl {
    attribute_name = var.key_schema.ttl_attribute
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  # `enabled` means a KMS key instead of DynamoDB's own: the AWS managed one where none is given. Its use is in CloudTrail.
  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
