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
      version    = "1"
    }
  }

  mock_resource "aws_lambda_alias" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-1:111122223333:function:mock:live"
      invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/mock:live/invocations"
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

  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::111122223333:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { id = "api", execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api" }
  }
}

override_resource {
  target          = module.image_pipeline.aws_s3_bucket.uploads
  override_during = plan
  values          = { id = "uploads", arn = "UPLOADS", bucket_regional_domain_name = "uploads.s3.eu-west-1.amazonaws.com" }
}

override_resource {
  target          = module.image_pipeline.aws_s3_bucket.media
  override_during = plan
  values          = { id = "media", arn = "MEDIA", bucket_regional_domain_name = "media.s3.eu-west-1.amazonaws.com" }
}

override_resource {
  target          = module.image_pipeline.aws_sqs_queue.image_jobs
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:jobs" }
}

override_resource {
  target          = module.image_pipeline.aws_sqs_queue.dead_letters
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-west-1:111122223333:dead" }
}

override_resource {
  target          = module.image_pipeline.aws_sns_topic.image_events
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-west-1:111122223333:events" }
}

variables {
  name   = "gazette-test"
  stage  = "v1"
  images = { api = "registry/api@sha256:0", image_worker = "registry/image_worker@sha256:0" }
}

# A policy is compared as a whole, each action with each of its resources: a permission too many fails as one too few does.
run "each_function_may_do_what_it_needs_and_nothing_else" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.api).Statement : [
        for action in statement.Action : [for resource in statement.Resource : "${action} ${resource}"]
      ]
      ])) == toset([
      "logs:CreateLogStream arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "logs:PutLogEvents arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "xray:PutTraceSegments *",
      "xray:PutTelemetryRecords *",
      "dynamodb:ConditionCheckItem TABLE",
      "dynamodb:DeleteItem TABLE",
      "dynamodb:GetItem TABLE",
      "dynamodb:PutItem TABLE",
      "dynamodb:Query TABLE",
      "dynamodb:UpdateItem TABLE",
      "dynamodb:Query TABLE/index/feed",
      "dynamodb:Query TABLE/index/author",
      "s3:PutObject UPLOADS/uploads/*",
      "s3:GetObject MEDIA/media/*",
      "sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:jobs",
    ])
    error_message = "The API's permissions changed."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.authorizer).Statement : [
        for action in statement.Action : [for resource in statement.Resource : "${action} ${resource}"]
      ]
      ])) == toset([
      "logs:CreateLogStream arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "logs:PutLogEvents arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "xray:PutTraceSegments *",
      "xray:PutTelemetryRecords *",
    ])
    error_message = "The authorizer's permissions changed."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.image_worker).Statement : [
        for action in statement.Action : [for resource in statement.Resource : "${action} ${resource}"]
      ]
      ])) == toset([
      "logs:CreateLogStream arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "logs:PutLogEvents arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "xray:PutTraceSegments *",
      "xray:PutTelemetryRecords *",
      "dynamodb:ConditionCheckItem TABLE",
      "dynamodb:DeleteItem TABLE",
      "dynamodb:GetItem TABLE",
      "dynamodb:PutItem TABLE",
      "dynamodb:Query TABLE",
      "dynamodb:UpdateItem TABLE",
      "dynamodb:Query TABLE/index/content",
      "s3:DeleteObject UPLOADS/uploads/*",
      "s3:GetObject UPLOADS/uploads/*",
      "s3:ListBucket UPLOADS",
      "s3:ListBucket MEDIA",
      "s3:DeleteObject MEDIA/media/*",
      "s3:PutObject MEDIA/media/*",
      "rekognition:DetectLabels *",
      "rekognition:DetectModerationLabels *",
      "sns:Publish arn:aws:sns:eu-west-1:111122223333:events",
      "sqs:ChangeMessageVisibility arn:aws:sqs:eu-west-1:111122223333:jobs",
      "sqs:DeleteMessage arn:aws:sqs:eu-west-1:111122223333:jobs",
      "sqs:GetQueueAttributes arn:aws:sqs:eu-west-1:111122223333:jobs",
      "sqs:ReceiveMessage arn:aws:sqs:eu-west-1:111122223333:jobs",
      "sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:dead",
    ])
    error_message = "The worker's permissions changed."
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.image_worker).Statement : statement.Condition if contains(statement.Resource, "MEDIA")
    ] == [{ StringLike = { "s3:prefix" = ["media/*"] } }]
    error_message = "The worker lists renditions, and nothing else of that bucket."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.policies.sweeper).Statement : [
        for action in statement.Action : [for resource in statement.Resource : "${action} ${resource}"]
      ]
      ])) == toset([
      "logs:CreateLogStream arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "logs:PutLogEvents arn:aws:logs:eu-west-1:111122223333:log-group:mock:*",
      "xray:PutTraceSegments *",
      "xray:PutTelemetryRecords *",
      "dynamodb:Query TABLE/index/due",
      "dynamodb:GetItem TABLE",
      "dynamodb:UpdateItem TABLE",
      "s3:GetObject UPLOADS/uploads/*",
      "s3:ListBucket UPLOADS",
      "sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:jobs",
    ])
    error_message = "The sweeper's permissions changed."
  }
}

run "keys_of_aws_serve_unless_somebody_says_otherwise" {
  command = plan

  assert {
    condition     = length(module.encryption) == 0 && alltrue([for policy in values(output.policies) : !strcontains(policy, "kms:")])
    error_message = "There is a customer key, or a permission for one."
  }
}

run "a_customer_key_comes_with_the_permission_to_use_it_through_what_it_encrypts_alone" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/k"
  }

  assert {
    condition = {
      for function, policy in output.policies : function => {
        for statement in jsondecode(policy).Statement : join(",", statement.Action) => statement.Condition
        if strcontains(jsonencode(statement), "kms:") && statement.Resource == ["arn:aws:kms:eu-west-1:111122223333:key/k"]
      }
      } == {
      api = {
        "kms:Decrypt"         = { StringEquals = { "kms:ViaService" = [for s in ["dynamodb", "s3", "sqs"] : "${s}.eu-west-1.amazonaws.com"] } }
        "kms:GenerateDataKey" = { StringEquals = { "kms:ViaService" = [for s in ["s3", "sqs"] : "${s}.eu-west-1.amazonaws.com"] } }
      }
      authorizer = {}
      image_worker = {
        "kms:Decrypt"         = { StringEquals = { "kms:ViaService" = [for s in ["dynamodb", "s3", "sns", "sqs"] : "${s}.eu-west-1.amazonaws.com"] } }
        "kms:GenerateDataKey" = { StringEquals = { "kms:ViaService" = [for s in ["s3", "sns", "sqs"] : "${s}.eu-west-1.amazonaws.com"] } }
      }
      sweeper = {
        "kms:Decrypt"         = { StringEquals = { "kms:ViaService" = [for s in ["dynamodb", "sqs"] : "${s}.eu-west-1.amazonaws.com"] } }
        "kms:GenerateDataKey" = { StringEquals = { "kms:ViaService" = [for s in ["sqs"] : "${s}.eu-west-1.amazonaws.com"] } }
      }
    }
    error_message = "A function can't use the key for what it does, or can use it for more."
  }

  assert {
    condition     = length(module.encryption) == 0
    error_message = "A key is made although the site has one."
  }
}

run "a_key_is_made_or_named_not_both" {
  command = plan

  variables {
    customer_key = true
    kms_key_arn  = "arn:aws:kms:eu-west-1:111122223333:key/k"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_plain_stack_repeats_only_what_failed_limits_no_workers_and_keeps_to_its_prefix" {
  command = plan

  assert {
    condition     = aws_lambda_event_source_mapping.image_jobs.function_response_types == toset(["ReportBatchItemFailures"])
    error_message = "Partial failures must be reported."
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.image_jobs.scaling_config) == 0
    error_message = "No limit by default."
  }

  assert {
    condition = alltrue([
      for name in [output.table_name, output.api_function, output.authorizer_function, output.worker_function, output.sweeper_function] :
      startswith(name, "gazette-test-")
    ])
    error_message = "Two stacks in one account would collide."
  }
}

run "a_limit_of_workers_holds_the_queue_back" {
  command = plan

  variables {
    worker_maximum_concurrency = 2
  }

  assert {
    condition     = aws_lambda_event_source_mapping.image_jobs.scaling_config[0].maximum_concurrency == 2
    error_message = "The limit was lost."
  }
}

run "an_api_that_outlasts_the_gateway_is_refused" {
  command = plan

  variables {
    functions = { api = { timeout_seconds = 30 } }
  }

  expect_failures = [var.functions]
}

run "reserving_less_than_five_workers_is_refused" {
  command = plan

  variables {
    functions = { image_worker = { reserved_concurrency = 4 } }
  }

  expect_failures = [var.functions]
}

run "a_worker_that_has_no_time_to_begin_anything_is_refused" {
  command = plan

  variables {
    functions = { image_worker = { timeout_seconds = 29 } }
  }

  expect_failures = [var.functions]
}

run "a_worker_that_has_no_room_for_a_picture_is_refused" {
  command = plan

  variables {
    functions = { image_worker = { memory_mb = 511 } }
  }

  expect_failures = [var.functions]
}

run "a_variable_for_an_unknown_function_is_refused" {
  command = plan

  variables {
    function_environment_variables = { worker = { DEBUG = "1" } }
  }

  expect_failures = [var.function_environment_variables]
}

run "an_upload_larger_than_the_contract_is_refused" {
  command = plan

  variables {
    max_upload_bytes = 26214401
  }

  expect_failures = [var.max_upload_bytes]
}

run "a_confidence_beyond_certainty_is_refused" {
  command = plan

  variables {
    moderation_min_confidence = 101
  }

  expect_failures = [var.moderation_min_confidence]
}

run "a_schedule_that_is_none_is_refused" {
  command = plan

  variables {
    sweep_schedule = "every now and then"
  }

  expect_failures = [var.sweep_schedule]
}

run "a_usage_plan_gives_its_keys_out" {
  command = plan

  variables {
    usage_plans      = { partners = { api_keys = ["newsroom"] } }
    method_throttles = { "POST /articles" = { rate_limit = 5, burst_limit = 5 } }
  }

  assert {
    condition     = nonsensitive(keys(output.api_keys)) == ["newsroom"]
    error_message = "The plan, or its key, did not get to the API."
  }
}

run "a_public_url_is_told_to_the_api_and_given_out" {
  command = plan

  variables {
    public_url = "https://api.example.com/{stage}"
  }

  assert {
    condition     = output.api_url == "https://api.example.com/${var.stage}"
    error_message = "The output names another address."
  }
}

run "a_public_url_that_ends_in_a_slash_is_refused" {
  command = plan

  variables {
    public_url = "https://api.example.com/"
  }

  expect_failures = [var.public_url]
}

run "subscribers_of_image_events_are_handed_to_the_pipeline" {
  command = plan

  variables {
    image_event_emails  = { "moderators@example.org" = { types = ["image.rejected"] } }
    image_event_webhook = { url = "https://hooks.example.org/gazette", types = ["image.ready"] }
  }

  override_resource {
    target          = module.image_pipeline.aws_sqs_queue.undelivered
    override_during = plan
    values          = { id = "undelivered", arn = "arn:aws:sqs:eu-west-1:111122223333:undelivered" }
  }

  assert {
    condition     = output.undelivered_image_events_queue_url == "undelivered"
    error_message = "The webhook did not get to the pipeline, or its queue not out."
  }
}

run "there_is_no_waf_unless_somebody_asks_for_it" {
  command = plan

  assert {
    condition     = output.web_acl_name == null
    error_message = "WAF costs, and not every cloud has it."
  }
}

run "a_waf_stands_before_the_api" {
  command = plan

  variables {
    waf = {}
  }

  override_resource {
    target          = module.waf[0].aws_wafv2_web_acl.this
    override_during = plan
    values          = { arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gazette-test-api/1" }
  }

  assert {
    condition     = output.web_acl_name == "gazette-test-api"
    error_message = "The variable made no web ACL."
  }
}

run "a_part_of_a_picture_is_no_budget" {
  command = plan

  variables {
    analyses_per_day = 0.5
  }

  expect_failures = [var.analyses_per_day]
}

run "uploads_outlive_the_wait_for_the_next_days_budget" {
  command = plan

  variables {
    uploads_expire_after_days = 1
  }

  expect_failures = [var.uploads_expire_after_days]
}

run "without_a_cdn_renditions_are_presigned_urls_of_s3" {
  command = plan

  assert {
    condition     = !strcontains(output.policies.api, "secretsmanager:") && strcontains(output.policies.api, "SignRenditions")
    error_message = "The API signs for S3 by its own role."
  }

  assert {
    condition     = output.media_url == null
    error_message = "There is no CloudFront unless somebody asks for it."
  }
}

run "with_a_cdn_the_api_reads_one_secret_and_no_rendition" {
  command = plan

  variables {
    media_cdn = {
      keys = {
        old = { public_key_pem = "-----BEGIN PUBLIC KEY-----", private_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-test-old-AbCdEf" }
        new = { public_key_pem = "-----BEGIN PUBLIC KEY-----", private_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-test-new-AbCdEf" }
      }
      signing_key = "new"
    }
  }

  override_resource {
    target          = module.media_cdn[0].aws_cloudfront_distribution.this
    override_during = plan
    values          = { arn = "arn:aws:cloudfront::111122223333:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }

  assert {
    condition = [
      for statement in jsondecode(output.policies.api).Statement : statement if length(regexall("secretsmanager:|s3:GetObject", jsonencode(statement))) > 0
      ] == [{
        Sid      = "ReadTheKeyThatSignsRenditions"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = ["arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-test-new-AbCdEf"]
    }]
    error_message = "The API reads the key that signs, no other secret, and the bucket no longer."
  }

  assert {
    condition     = output.media_url == "https://d111111abcdef8.cloudfront.net"
    error_message = "The API would sign for another address."
  }
}

run "a_pattern_of_secrets_is_refused" {
  command = plan

  variables {
    media_cdn = {
      keys        = { a = { public_key_pem = "-----BEGIN PUBLIC KEY-----", private_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-test-*" } }
      signing_key = "a"
    }
  }

  expect_failures = [var.media_cdn]
}

run "another_stages_secret_is_refused" {
  command = plan

  variables {
    media_cdn = {
      keys        = { a = { public_key_pem = "-----BEGIN PUBLIC KEY-----", private_key_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:gazette-prod-a-AbCdEf" } }
      signing_key = "a"
    }
  }

  expect_failures = [var.media_cdn]
}

run "everybody_calls_the_alias_and_may_call_nothing_else" {
  command = plan

  assert {
    condition = (
      aws_lambda_event_source_mapping.image_jobs.function_name == module.worker_function.alias_arn
      && aws_cloudwatch_event_target.sweeper.arn == module.sweeper_function.alias_arn
      && endswith(local.callable.api.invoke_arn, ":live/invocations")
      && endswith(local.callable.authorizer.invoke_arn, ":live/invocations")
    )
    error_message = "Something calls a version that no release moves."
  }

  assert {
    condition     = aws_lambda_permission.sweep.qualifier == "live" && aws_lambda_permission.sweep.source_arn == "arn:aws:events:eu-west-1:111122223333:rule/mock"
    error_message = "The schedule may call the alias alone."
  }
}

run "a_canary_is_the_default_and_snapshots_are_the_apis" {
  command = plan

  assert {
    condition     = module.release[0].application == "gazette-test" && toset(keys(module.release[0].deployment_groups)) == toset(["api", "authorizer", "image_worker", "sweeper"])
    error_message = "A function can't be released."
  }

  assert {
    condition = output.releases["image_worker"] == {
      function         = "gazette-test-image-worker"
      alias            = "live"
      version          = "1"
      application      = "gazette-test"
      deployment_group = "image-worker"
    }
    error_message = "make deploy could not find what to release."
  }

  assert {
    condition     = module.observability.alarm_names.api == ["gazette-test-api-5xx", "gazette-test-api-duration", "gazette-test-api-errors", "gazette-test-api-latency"]
    error_message = "The API's release has other alarms."
  }
}

run "without_codedeploy_nothing_of_it_is_made" {
  command = plan

  variables {
    deployment_config = null
  }

  assert {
    condition     = length(module.release) == 0 && alltrue([for release in values(output.releases) : release.application == null && release.deployment_group == null])
    error_message = "A cloud without CodeDeploy could not apply this."
  }
}

run "no_function_may_write_traces_where_tracing_is_off" {
  command = plan

  variables {
    tracing = false
  }

  assert {
    condition = alltrue([
      for function in [module.api_function, module.authorizer_function, module.worker_function, module.sweeper_function] :
      !strcontains(function.policy, "xray")
    ])
    error_message = "A function may still send traces."
  }
}

run "every_function_may_write_traces_otherwise" {
  command = plan

  assert {
    condition = alltrue([
      for function in [module.api_function, module.authorizer_function, module.worker_function, module.sweeper_function] :
      strcontains(function.policy, "xray:PutTraceSegments")
    ])
    error_message = "A function could not send its traces."
  }
}

run "a_sweeper_is_missed_by_its_own_schedule" {
  command = plan

  variables {
    sweep_schedule = "rate(2 hours)"
  }

  assert {
    condition     = local.sweep_period_seconds == 7200
    error_message = "Two hours are 7200 seconds."
  }
}

run "a_cron_schedule_tells_no_period" {
  command = plan

  variables {
    sweep_schedule = "cron(0/5 * * * ? *)"
  }

  assert {
    condition     = local.sweep_period_seconds == 86400
    error_message = "It is looked for during a day."
  }
}

run "there_is_no_page_unless_somebody_asks" {
  command = plan

  assert {
    condition     = length(module.web_page) == 0 && output.page_url == null && output.page_domain_name == null && output.sign_in_url == null
    error_message = "There is a page, or a way to sign in for one."
  }
}

run "a_page_is_where_people_come_back_to_and_pictures_are_posted_from" {
  command = plan

  variables {
    cors_allow_origin = "https://news.example.org"
    page              = {}
    page_urls         = ["http://localhost:8000"]
  }

  assert {
    condition = (
      output.page_url == "https://d111111abcdef8.cloudfront.net" && output.page_domain_name == "d111111abcdef8.cloudfront.net"
      && output.sign_in_url == "https://gazette-test-111122223333.auth.eu-west-1.amazoncognito.com"
    )
    error_message = "The outputs name other addresses."
  }

  assert {
    condition     = join(" ", local.page_urls) == "https://d111111abcdef8.cloudfront.net http://localhost:8000"
    error_message = "People could not come back from signing in."
  }
}

run "a_page_under_names_of_its_own_is_found_there" {
  command = plan

  variables {
    page = { aliases = ["gazette.example"], certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c" }
  }

  assert {
    condition     = output.page_url == "https://gazette.example" && join(" ", local.page_urls) == "https://gazette.example"
    error_message = "The page is elsewhere."
  }
}

run "a_page_that_is_served_elsewhere_alone_has_a_sign_in_page_and_no_bucket" {
  command = plan

  variables {
    cognito_endpoint = "http://127.0.0.1:4566"
    page_urls        = ["http://127.0.0.1:4568"]
  }

  assert {
    condition     = length(module.web_page) == 0 && output.page_url == "http://127.0.0.1:4568" && output.sign_in_url == "http://127.0.0.1:4566"
    error_message = "The page is somewhere else, or nobody can sign in."
  }
}

run "a_web_acl_that_would_count_all_readers_as_few_is_refused" {
  command = plan

  variables {
    page = {}
    waf  = {}
  }

  expect_failures = [var.page]
}

run "a_web_acl_goes_with_a_page_that_calls_the_api_directly" {
  command = plan

  variables {
    page = { api_under_same_origin = false }
    waf  = {}
  }

  override_resource {
    target          = module.waf.aws_wafv2_web_acl.this
    override_during = plan
    values          = { arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/mock/1" }
  }

  override_resource {
    target          = module.rest_api.aws_api_gateway_stage.this
    override_during = plan
    values          = { arn = "arn:aws:apigateway:eu-west-1::/restapis/api/stages/v1" }
  }

  assert {
    condition     = output.page_url == "https://d111111abcdef8.cloudfront.net" && output.web_acl_name == "gazette-test-api"
    error_message = "One of them is missing."
  }
}

run "a_page_that_has_no_api_key_is_refused_where_each_call_needs_one" {
  command = plan

  variables {
    page        = {}
    usage_plans = { partners = { api_keys = ["newsroom"] } }
  }

  expect_failures = [var.page]
}

run "a_page_that_may_not_call_the_api_is_refused" {
  command = plan

  variables {
    page              = { api_under_same_origin = false, aliases = ["gazette.example"], certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c" }
    cors_allow_origin = "https://news.example.org"
  }

  expect_failures = [var.page]
}
