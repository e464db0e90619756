# What was refused or counted, and by which rule; what was let through is in the stage's access log.
resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158:log_kms_key_arn names a customer key; without one, CloudWatch encrypts with its own

  count = var.logs ? 1 : 0

  name              = "aws-waf-logs-${local.name}" # WAF takes no other prefix
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  count = var.logs ? 1 : 0

  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.this[0].arn]

  # Tokens and keys are nobody's to read. Bodies are never logged.
  dynamic "redacted_fields" {
    for_each = ["authorization", "cookie", "x-api-key"]

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      dynamic "condition" {
        for_each = ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"]

        content {
          action_condition {
            action = condition.value
          }
        }
      }
    }
  }
}
