mock_provider "aws" {
  override_during = plan

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gazette-test-api/1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:aws-waf-logs-gazette-test-api" }
  }
}

variables {
  name      = "gazette-test"
  stage_arn = "arn:aws:apigateway:eu-west-1::/restapis/api/stages/v1"
}

run "it_stands_before_the_stage_and_lets_through_what_no_rule_names" {
  command = plan

  assert {
    condition     = aws_wafv2_web_acl_association.stage.resource_arn == var.stage_arn && aws_wafv2_web_acl_association.stage.web_acl_arn == aws_wafv2_web_acl.this.arn
    error_message = "The ACL guards nothing, or something else."
  }

  assert {
    condition     = aws_wafv2_web_acl.this.scope == "REGIONAL" && length(aws_wafv2_web_acl.this.default_action[0].allow) == 1
    error_message = "Whoever no rule names must get through."
  }
}

run "amazons_rules_refuse_and_are_asked_after_the_cheap_ones" {
  command = plan

  assert {
    condition = { for rule in aws_wafv2_web_acl.this.rule : rule.name => rule.priority } == {
      AWSManagedRulesAmazonIpReputationList = 0
      RequestsPerAddress                    = 2
      AWSManagedRulesCommonRuleSet          = 3
      AWSManagedRulesKnownBadInputsRuleSet  = 4
    }
    error_message = "The rules, or their order, changed."
  }

  assert {
    condition = alltrue([
      for rule in aws_wafv2_web_acl.this.rule : length(rule.override_action[0].none) == 1 && length(rule.override_action[0].count) == 0
      if rule.name != "RequestsPerAddress"
    ])
    error_message = "A whole group must not be counted only."
  }
}

run "what_an_article_says_is_counted_and_nothing_else" {
  command = plan

  assert {
    condition = jsonencode({
      for rule in aws_wafv2_web_acl.this.rule : rule.name => sort(rule.statement[0].managed_rule_group_statement[0].rule_action_override[*].name)
      if rule.name != "RequestsPerAddress"
      }) == jsonencode({
      AWSManagedRulesAmazonIpReputationList = []
      AWSManagedRulesCommonRuleSet = [
        "CrossSiteScripting_BODY", "EC2MetaDataSSRF_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "SizeRestrictions_BODY",
      ]
      AWSManagedRulesKnownBadInputsRuleSet = ["JavaDeserializationRCE_BODY", "Log4JRCE_BODY"]
    })
    error_message = "Other rules than those on bodies are counted, or one of those refuses."
  }

  assert {
    condition = alltrue(flatten([
      for rule in aws_wafv2_web_acl.this.rule : [
        for override in rule.statement[0].managed_rule_group_statement[0].rule_action_override : length(override.action_to_use[0].count) == 1
      ] if rule.name != "RequestsPerAddress"
    ]))
    error_message = "A rule that is not Amazon's choice counts; it allows nothing."
  }
}

run "a_flood_from_one_address_gets_429_with_a_problem_that_a_page_may_read" {
  command = plan

  variables {
    requests_per_address = 100
    cors_allow_origin    = "https://gazette.example"
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].rate_based_statement[0] if rule.name == "RequestsPerAddress"
    ]).limit == 100
    error_message = "The limit was lost."
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.this.rule : rule.action[0].block[0].custom_response[0] if rule.name == "RequestsPerAddress"
    ]).response_code == 429
    error_message = "A flood is answered 429."
  }

  assert {
    condition = {
      for header in one([
        for rule in aws_wafv2_web_acl.this.rule : rule.action[0].block[0].custom_response[0] if rule.name == "RequestsPerAddress"
      ]).response_header : header.name => header.value
    } == { "access-control-allow-origin" = "https://gazette.example", "retry-after" = "60" }
    error_message = "The answer lacks a header."
  }

  assert {
    condition     = jsondecode(one(aws_wafv2_web_acl.this.custom_response_body).content).status == 429
    error_message = "The body is a problem."
  }
}

run "everything_is_measured_and_no_token_is_kept" {
  command = plan

  assert {
    condition = alltrue([
      for config in concat(aws_wafv2_web_acl.this.visibility_config, flatten([for rule in aws_wafv2_web_acl.this.rule : rule.visibility_config])) :
      config.cloudwatch_metrics_enabled && !config.sampled_requests_enabled
    ])
    error_message = "A rule has no metric, or samples hold tokens."
  }

  assert {
    condition     = toset(flatten(aws_wafv2_web_acl_logging_configuration.this[0].redacted_fields[*].single_header[*].name)) == toset(["authorization", "cookie", "x-api-key"])
    error_message = "The log would hold credentials."
  }

  assert {
    condition     = aws_wafv2_web_acl_logging_configuration.this[0].logging_filter[0].default_behavior == "DROP"
    error_message = "What was let through is in the access log already."
  }
}

run "anonymizers_are_refused_on_demand_but_not_clouds" {
  command = plan

  variables {
    refuse_anonymizers = true
  }

  assert {
    condition = one([
      for rule in aws_wafv2_web_acl.this.rule : rule.statement[0].managed_rule_group_statement[0].rule_action_override[*].name
      if rule.name == "AWSManagedRulesAnonymousIpList"
    ]) == tolist(["HostingProviderIPList"])
    error_message = "Programs in clouds read the API too."
  }
}

run "it_can_go_without_a_log" {
  command = plan

  variables {
    logs = false
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.this) + length(aws_wafv2_web_acl_logging_configuration.this) == 0
    error_message = "Something is left."
  }
}

run "a_rate_that_waf_does_not_know_is_refused" {
  command = plan

  variables {
    requests_per_address = 9
  }

  expect_failures = [var.requests_per_address]
}
