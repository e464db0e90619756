# API keys tell callers apart, so that one can't use up what others need. They are no proof of who somebody is: tokens are.
resource "aws_api_gateway_usage_plan" "this" {
  for_each = var.usage_plans

  name        = "${var.name}-${each.key}"
  description = "What ${each.key} may call of ${var.name}"

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }

  throttle_settings {
    rate_limit  = each.value.rate_limit
    burst_limit = each.value.burst_limit
  }

  dynamic "quota_settings" {
    for_each = each.value.quota == null ? [] : [each.value.quota]

    content {
      limit  = quota_settings.value.limit
      period = quota_settings.value.period
    }
  }
}

resource "aws_api_gateway_api_key" "this" {
  for_each = local.plans_of_api_keys

  name        = "${var.name}-${each.key}"
  description = "Key of the usage plan ${each.value}"
  value       = terraform_data.api_key_value[each.key].output
}

# Made once, as API Gateway would make it by itself; not every cloud does. Either way it stands in the state.
resource "terraform_data" "api_key_value" {
  for_each = local.plans_of_api_keys

  input = sensitive(replace("${uuid()}${uuid()}", "-", ""))

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_api_gateway_usage_plan_key" "this" {
  for_each = local.plans_of_api_keys

  key_id        = aws_api_gateway_api_key.this[each.key].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.this[each.value].id
}

locals {
  plans_of_api_keys = merge([for name, plan in var.usage_plans : { for key in plan.api_keys : key => name }]...)
}
