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

  mock_resource "aws_s3_bucket" {
    defaults = { id = "page", arn = "arn:aws:s3:::page", bucket_regional_domain_name = "page.s3.eu-west-1.amazonaws.com" }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::111122223333:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }

  mock_resource "aws_cloudfront_origin_access_control" {
    defaults = { id = "control" }
  }

  mock_resource "aws_cloudfront_response_headers_policy" {
    defaults = { id = "headers" }
  }
}

variables {
  name           = "gazette-test"
  directory      = "../../../services/web"
  api_id         = "a1b2c3"
  stage          = "v1"
  sign_in_url    = "https://gazette-test-111122223333.auth.eu-west-1.amazoncognito.com"
  client_id      = "client"
  uploads_origin = "https://uploads.s3.eu-west-1.amazonaws.com"
  media_origin   = "https://media.s3.eu-west-1.amazonaws.com"
}

run "nobody_reads_the_bucket_but_that_distribution" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.page.block_public_acls,
      aws_s3_bucket_public_access_block.page.block_public_policy,
      aws_s3_bucket_public_access_block.page.ignore_public_acls,
      aws_s3_bucket_public_access_block.page.restrict_public_buckets,
    ])
    error_message = "The bucket is private: CloudFront is the way in."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.page.policy).Statement :
      [statement.Principal, statement.Action, statement.Condition] if statement.Effect == "Allow"
      ] == [[
        { Service = "cloudfront.amazonaws.com" },
        ["s3:GetObject", "s3:ListBucket"],
        { StringEquals = { "aws:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/E1" } },
    ]]
    error_message = "Somebody else can read it, or CloudFront can do more than read."
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.page.policy).Statement : statement.Condition if statement.Effect == "Deny"] == [
      { Bool = { "aws:SecureTransport" = "false" } }
    ]
    error_message = "Plain HTTP must be denied."
  }

  assert {
    condition = (
      one([for origin in aws_cloudfront_distribution.page.origin : origin.origin_access_control_id if origin.origin_id == "page"]) == "control"
      && aws_cloudfront_origin_access_control.page.signing_behavior == "always"
    )
    error_message = "S3 would not know who asks."
  }
}

run "each_file_is_what_it_says_and_is_asked_for_each_time" {
  command = plan

  assert {
    condition = toset(keys(aws_s3_object.files)) == toset([
      for file in fileset(var.directory, "**") : file if file != "security_headers.json" && !endswith(file, ".md")
    ]) && contains(keys(aws_s3_object.files), "js/app.js") && contains(keys(aws_s3_object.files), "vendor/lit-html.js")
    error_message = "A file is not served, or one is that is none of the page's."
  }

  assert {
    condition = alltrue([
      for file, object in aws_s3_object.files : object.content_type == lookup({
        css = "text/css; charset=utf-8", html = "text/html; charset=utf-8", js = "text/javascript; charset=utf-8", svg = "image/svg+xml",
      }, regex("[^.]+$", file), object.content_type)
    ])
    error_message = "With nosniff a browser runs no module and uses no style sheet of another type."
  }

  assert {
    condition     = alltrue([for object in concat(values(aws_s3_object.files), [aws_s3_object.config]) : object.cache_control == "no-cache"])
    error_message = "After a deploy a browser would work with old files beside new ones."
  }

  assert {
    condition     = alltrue([for file, object in aws_s3_object.files : object.source_hash == filemd5("${var.directory}/${file}")])
    error_message = "A file that changed would not be written."
  }
}

run "the_api_is_under_the_pages_own_origin" {
  command = plan

  assert {
    condition = (
      one(aws_cloudfront_distribution.page.ordered_cache_behavior).path_pattern == "/v1/*"
      && one(aws_cloudfront_distribution.page.ordered_cache_behavior).allowed_methods == toset(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
      && one(aws_cloudfront_distribution.page.ordered_cache_behavior).viewer_protocol_policy == "https-only"
    )
    error_message = "Some calls don't get to the API, or some get there in clear."
  }

  assert {
    condition = one([
      for origin in aws_cloudfront_distribution.page.origin : jsonencode([origin.domain_name, origin.origin_path, one(origin.custom_origin_config).origin_protocol_policy])
      if origin.origin_id == "api"
    ]) == jsonencode(["a1b2c3.execute-api.eu-west-1.amazonaws.com", null, "https-only"])
    error_message = "Another host is asked, or the stage would be there twice."
  }

  # CachingDisabled, and AllViewerExceptHostHeader: Authorization gets there, and no answer is kept for somebody else.
  assert {
    condition = (
      one(aws_cloudfront_distribution.page.ordered_cache_behavior).cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
      && one(aws_cloudfront_distribution.page.ordered_cache_behavior).origin_request_policy_id == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    )
    error_message = "The API would not know who calls, or one person would see another's answer."
  }

  assert {
    condition = jsondecode(aws_s3_object.config.content) == {
      api_url     = "/v1"
      sign_in_url = var.sign_in_url
      client_id   = "client"
    }
    error_message = "The page would not find its API."
  }
}

run "no_error_is_kept_and_none_is_replaced" {
  command = plan

  assert {
    condition = alltrue([
      for response in aws_cloudfront_distribution.page.custom_error_response :
      response.error_caching_min_ttl == 0 && response.response_page_path == null && response.response_code == null
    ])
    error_message = "A stranger's 404 would be the author's, or a problem's body would be lost."
  }

  assert {
    condition     = toset([for response in aws_cloudfront_distribution.page.custom_error_response : response.error_code]) == toset([400, 403, 404, 405, 414, 500, 501, 502, 503, 504])
    error_message = "CloudFront keeps the others for 10 seconds."
  }
}

run "the_page_itself_is_compressed_and_comes_with_its_headers" {
  command = plan

  assert {
    condition = (
      aws_cloudfront_distribution.page.default_root_object == "index.html"
      && aws_cloudfront_distribution.page.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
      && aws_cloudfront_distribution.page.default_cache_behavior[0].allowed_methods == toset(["GET", "HEAD"])
      && aws_cloudfront_distribution.page.default_cache_behavior[0].compress
      && aws_cloudfront_distribution.page.default_cache_behavior[0].response_headers_policy_id == "headers"
    )
    error_message = "The page is slower, or less safe, than it is to be."
  }

  assert {
    condition = alltrue([
      for config in aws_cloudfront_response_headers_policy.page.security_headers_config :
      config.content_type_options[0].override && config.content_security_policy[0].override
      && config.frame_options[0].frame_option == "DENY"
      && config.referrer_policy[0].referrer_policy == "no-referrer"
      && config.strict_transport_security[0].access_control_max_age_sec >= 31536000
    ])
    error_message = "A header is missing or weaker."
  }

  assert {
    condition = toset(one(aws_cloudfront_response_headers_policy.page.custom_headers_config).items[*].header) == setsubtract(
      keys(jsondecode(file("${var.directory}/security_headers.json"))),
      ["Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"],
    )
    error_message = "A header of the file is missing."
  }
}

run "the_page_may_load_its_own_and_call_its_cloud_and_nothing_else" {
  command = plan

  assert {
    condition = toset(split("; ", one(one(aws_cloudfront_response_headers_policy.page.security_headers_config).content_security_policy).content_security_policy)) == toset([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob: https://media.s3.eu-west-1.amazonaws.com",
      "connect-src 'self' https://uploads.s3.eu-west-1.amazonaws.com https://gazette-test-111122223333.auth.eu-west-1.amazoncognito.com",
      "manifest-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types lit-html",
    ])
    error_message = "The policy lets in more, or less, than the page needs."
  }
}

run "across_origins_cloudfront_has_no_part_in_the_api" {
  command = plan

  variables {
    api_under_same_origin = false
  }

  assert {
    condition     = length(aws_cloudfront_distribution.page.ordered_cache_behavior) == 0 && [for origin in aws_cloudfront_distribution.page.origin : origin.origin_id] == ["page"]
    error_message = "Something goes to the API all the same."
  }

  assert {
    condition     = jsondecode(aws_s3_object.config.content).api_url == "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/v1"
    error_message = "The page would not find its API."
  }

  assert {
    condition     = strcontains(one(one(aws_cloudfront_response_headers_policy.page.security_headers_config).content_security_policy).content_security_policy, "connect-src 'self' https://a1b2c3.execute-api.eu-west-1.amazonaws.com https://uploads.s3.eu-west-1.amazonaws.com ")
    error_message = "The page may not call its API."
  }
}

run "across_origins_the_api_may_have_another_address" {
  command = plan

  variables {
    api_under_same_origin = false
    api_url               = "https://api.example.com/v1"
  }

  assert {
    condition = (
      jsondecode(aws_s3_object.config.content).api_url == "https://api.example.com/v1"
      && strcontains(one(one(aws_cloudfront_response_headers_policy.page.security_headers_config).content_security_policy).content_security_policy, " https://api.example.com ")
    )
    error_message = "The page calls another address."
  }
}

run "cloudfronts_own_name_unless_there_is_another" {
  command = plan

  assert {
    condition     = output.urls == ["https://d111111abcdef8.cloudfront.net"] && aws_cloudfront_distribution.page.viewer_certificate[0].cloudfront_default_certificate
    error_message = "The page would be elsewhere."
  }
}

run "own_names_come_with_modern_tls" {
  command = plan

  variables {
    aliases         = ["gazette.example", "www.gazette.example"]
    certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c"
  }

  assert {
    condition = (
      output.urls == ["https://gazette.example", "https://www.gazette.example"] && output.domain_name == "d111111abcdef8.cloudfront.net"
      && aws_cloudfront_distribution.page.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    )
    error_message = "Older TLS gets in, or the page is elsewhere."
  }
}

run "an_own_name_without_a_certificate_is_refused" {
  command = plan

  variables {
    aliases = ["gazette.example"]
  }

  expect_failures = [aws_cloudfront_distribution.page]
}

run "a_regional_web_acl_is_refused" {
  command = plan

  variables {
    web_acl_arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/gazette/1"
  }

  expect_failures = [var.web_acl_arn]
}

run "a_web_acl_stands_before_all_of_it" {
  command = plan

  variables {
    web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/gazette/1"
  }

  assert {
    condition     = aws_cloudfront_distribution.page.web_acl_id == var.web_acl_arn
    error_message = "The web ACL was lost."
  }
}

run "a_stage_that_is_called_like_a_folder_of_the_page_is_refused" {
  command = plan

  variables {
    stage = "vendor"
  }

  expect_failures = [aws_s3_object.files]
}

run "a_customer_key_encrypts_the_bucket" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/k"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.page.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "The bucket has another key."
  }
}
