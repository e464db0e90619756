mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:mock" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mock" }
  }

  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-1:111122223333:function:mock"
      invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/mock/invocations"
    }
  }

  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "TABLE" }
  }

  mock_resource "aws_cognito_user_pool" {
    defaults = { id = "eu-west-1_abc", arn = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_abc" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:111122223333:rule/mock" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/mock/1" }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::111122223333:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = { arn = "arn:aws:apigateway:eu-west-1::/restapis/api/stages/mock" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:mock" }
  }

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api" }
  }
}

override_resource {
  target          = module.gazette.module.image_pipeline.aws_s3_bucket.uploads
  override_during = plan
  values          = { id = "uploads", arn = "UPLOADS" }
}

override_resource {
  target          = module.gazette.module.image_pipeline.aws_s3_bucket.media
  override_during = plan
  values          = { id = "media", arn = "MEDIA" }
}

override_resource {
  target          = module.gazette.module.image_pipeline.aws_sqs_queue.image_jobs
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:jobs" }
}

override_resource {
  target          = module.gazette.module.image_pipeline.aws_sqs_queue.dead_letters
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:dead" }
}

override_resource {
  target          = module.gazette.module.image_pipeline.aws_sns_topic.image_events
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-west-1:111122223333:events" }
}

variables {
  region = "eu-west-1"
  images = {
    api          = "registry/api@sha256:${sha256("api")}"
    image_worker = "registry/image_worker@sha256:${sha256("image_worker")}"
  }
  cors_allow_origin = "https://gazette.example"
}

run "prod_has_a_waf_unless_somebody_turns_it_off" {
  command = plan

  assert {
    condition     = output.web_acl_name == "gazette-prod-api" && output.media_url == null
    error_message = "Prod's API stands open, or its pictures moved."
  }
}

run "it_can_be_turned_off" {
  command = plan

  variables {
    waf = null
  }

  assert {
    condition     = output.web_acl_name == null
    error_message = "null means none."
  }
}

run "a_cdn_serves_renditions_on_demand" {
  command = plan

  variables {
    media_cdn = {
      keys = {
        a = { public_key_pem = "-----BEGIN PUBLIC KEY-----", private_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-prod-a-AbCdEf" }
      }
      signing_key = "a"
    }
  }

  assert {
    condition     = output.media_url == "https://d111111abcdef8.cloudfront.net" && output.media_domain_name == "d111111abcdef8.cloudfront.net"
    error_message = "The variable made no distribution."
  }
}

run "a_new_version_is_a_canary_first" {
  command = plan

  assert {
    condition     = var.deployment_config == "CodeDeployDefault.LambdaCanary10Percent5Minutes" && toset([for release in output.releases : release.application]) == toset(["gazette-prod"])
    error_message = "A new version would reach callers in another way."
  }
}

run "a_site_without_codedeploy_says_so" {
  command = plan

  variables {
    deployment_config = null
  }

  assert {
    condition     = alltrue([for release in output.releases : release.application == null])
    error_message = "CodeDeploy is there all the same."
  }
}

run "prod_has_a_page_on_demand" {
  command = plan

  assert {
    condition     = output.page_url == null && output.sign_in_url == null
    error_message = "A page is for who asks."
  }
}

run "a_page_takes_the_wafs_place_or_calls_the_api_directly" {
  command = plan

  variables {
    page = { web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/gazette/1" }
    waf  = null
  }

  assert {
    condition     = output.page_url == "https://d111111abcdef8.cloudfront.net" && output.web_acl_name == null
    error_message = "The variable made no page."
  }
}
