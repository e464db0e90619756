# What the API never gets to see: addresses of ill repute, floods from one address, well-known attacks. Whatever no rule
# names is let through: the gateway, the app and IAM decide about it as they do without this.
#
# Who is refused by a managed rule gets the gateway's own answer for it (WAF_FILTERED in modules/rest_api): a problem with
# CORS headers, as any other. WAF's own answers cannot be application/problem+json (it knows three content types), so only
# the rate rule, whose answer has another status, brings one.
locals {
  name = "${var.name}-api"

  # Cheap and sure first: what stops a request ends its evaluation.
  managed_rule_groups = concat(
    [{ priority = 0, name = "AWSManagedRulesAmazonIpReputationList", counted = [] }],
    # Clouds' addresses are counted: programs that read an API run there.
    var.refuse_anonymizers ? [{ priority = 1, name = "AWSManagedRulesAnonymousIpList", counted = ["HostingProviderIPList"] }] : [],
    [
      { priority = 3, name = "AWSManagedRulesCommonRuleSet", counted = var.counted_common_rules },
      { priority = 4, name = "AWSManagedRulesKnownBadInputsRuleSet", counted = var.counted_known_bad_inputs_rules },
    ],
  )
}

resource "aws_wafv2_web_acl" "this" {
  # checkov:skip=CKV_AWS_192:AWSManagedRulesKnownBadInputsRuleSet above, which a scan of the source does not see

  name        = local.name
  description = "Stands before the stage of ${var.name}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = { for group in local.managed_rule_groups : group.name => group }

    content {
      name     = rule.key
      priority = rule.value.priority

      # The group's own actions.
      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${local.name}-${rule.key}"
        sampled_requests_enabled   = var.sampled_requests
      }
    }
  }

  rule {
    name     = "RequestsPerAddress"
    priority = 2

    action {
      block {
        custom_response {
          response_code            = 429
          custom_response_body_key = "TooManyRequests"

          # Names are lower case: WAF prefixes none of them, and HTTP does not care.
          dynamic "response_header" {
            for_each = { "access-control-allow-origin" = var.cors_allow_origin, "retry-after" = "60" }

            content {
              name  = response_header.key
              value = response_header.value
            }
          }
        }
      }
    }

    statement {
      rate_based_statement {
        aggregate_key_type    = "IP"
        evaluation_window_sec = 300
        limit                 = var.requests_per_address
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${local.name}-RequestsPerAddress"
      sampled_requests_enabled   = var.sampled_requests
    }
  }

  custom_response_body {
    key          = "TooManyRequests"
    content_type = "APPLICATION_JSON"
    content = jsonencode({
      type   = "urn:gazette:problem:too-many-requests"
      title  = "Too Many Requests"
      status = 429
      detail = "Too many requests from this address; wait a few minutes and try again."
    })
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.name
    sampled_requests_enabled   = var.sampled_requests
  }
}

resource "aws_wafv2_web_acl_association" "stage" {
  resource_arn = var.stage_arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}
