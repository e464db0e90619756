mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::111122223333:distribution/E1", domain_name = "d111111abcdef8.cloudfront.net" }
  }

  mock_resource "aws_cloudfront_key_group" {
    defaults = { id = "group" }
  }

  mock_resource "aws_cloudfront_origin_access_control" {
    defaults = { id = "control" }
  }

  mock_resource "aws_cloudfront_response_headers_policy" {
    defaults = { id = "headers" }
  }

  mock_resource "aws_cloudfront_cache_policy" {
    defaults = { id = "cache" }
  }
}

override_resource {
  target          = aws_cloudfront_public_key.this["a"]
  override_during = plan
  values          = { id = "KA" }
}

override_resource {
  target          = aws_cloudfront_public_key.this["b"]
  override_during = plan
  values          = { id = "KB" }
}

variables {
  name               = "gazette-test"
  bucket_domain_name = "media.s3.eu-west-1.amazonaws.com"
  signing_key        = "a"
  public_keys        = { a = "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----" }
}

run "only_a_signed_url_reads_and_only_over_https" {
  command = plan

  assert {
    condition = (
      aws_cloudfront_distribution.this.default_cache_behavior[0].trusted_key_groups == tolist(["group"])
      && aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "https-only"
      && length(aws_cloudfront_distribution.this.ordered_cache_behavior) == 0
    )
    error_message = "Something can be read without a signature, or in clear."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods == toset(["GET", "HEAD"])
    error_message = "Renditions are read and nothing else."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.this.logging_config) == 0
    error_message = "A log would hold signed URLs."
  }
}

run "cloudfront_signs_what_it_asks_of_s3_and_passes_no_parameter_on" {
  command = plan

  assert {
    condition = (
      one(aws_cloudfront_distribution.this.origin).origin_access_control_id == "control"
      && one(aws_cloudfront_distribution.this.origin).domain_name == var.bucket_domain_name
      && aws_cloudfront_origin_access_control.this.signing_behavior == "always"
    )
    error_message = "S3 would not know who asks."
  }

  assert {
    condition = (
      aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id == "cache"
      && aws_cloudfront_distribution.this.default_cache_behavior[0].origin_request_policy_id == null
      && aws_cloudfront_cache_policy.this.parameters_in_cache_key_and_forwarded_to_origin[0].query_strings_config[0].query_string_behavior == "none"
    )
    error_message = "response-content-type would get to S3."
  }

  assert {
    condition     = aws_cloudfront_cache_policy.this.max_ttl == 60
    error_message = "What is deleted is gone within a minute."
  }
}

run "a_rendition_comes_with_the_headers_that_keep_it_a_picture" {
  command = plan

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].response_headers_policy_id == "headers"
    error_message = "The policy is not in use."
  }

  assert {
    condition = alltrue([
      for config in aws_cloudfront_response_headers_policy.this.security_headers_config :
      config.content_type_options[0].override
      && config.content_security_policy[0].content_security_policy == "default-src 'none'; frame-ancestors 'none'; sandbox"
      && config.content_security_policy[0].override
      && config.referrer_policy[0].referrer_policy == "no-referrer"
      && config.strict_transport_security[0].access_control_max_age_sec >= 31536000
    ])
    error_message = "A header is missing or weaker."
  }

  assert {
    condition     = one(aws_cloudfront_response_headers_policy.this.custom_headers_config[0].items).header == "Cross-Origin-Resource-Policy"
    error_message = "Pages of other origins could not show pictures."
  }
}

run "two_keys_are_good_while_one_replaces_the_other" {
  command = plan

  variables {
    public_keys = {
      a = "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----"
      b = "\n-----BEGIN PUBLIC KEY-----\nB\n-----END PUBLIC KEY-----\n\n"
    }
    signing_key = "b"
  }

  assert {
    condition     = toset(aws_cloudfront_key_group.this.items) == toset(["KA", "KB"]) && output.key_pair_id == "KB"
    error_message = "Both keys must be good, and the new one signs."
  }

  assert {
    condition     = aws_cloudfront_public_key.this["b"].encoded_key == "-----BEGIN PUBLIC KEY-----\nB\n-----END PUBLIC KEY-----\n"
    error_message = "Each plan would replace the key."
  }
}

run "cloudfronts_own_name_unless_there_is_another" {
  command = plan

  assert {
    condition     = output.url == "https://d111111abcdef8.cloudfront.net" && aws_cloudfront_distribution.this.viewer_certificate[0].cloudfront_default_certificate
    error_message = "URLs name another host."
  }
}

run "an_own_name_comes_with_modern_tls" {
  command = plan

  variables {
    aliases         = ["media.example.com"]
    certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c"
  }

  assert {
    condition     = output.url == "https://media.example.com" && aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Older TLS gets in, or URLs name another host."
  }
}

run "an_own_name_without_a_certificate_is_refused" {
  command = plan

  variables {
    aliases = ["media.example.com"]
  }

  expect_failures = [aws_cloudfront_distribution.this]
}

run "anything_but_a_public_key_is_refused" {
  command = plan

  variables {
    public_keys = { a = "-----BEGIN CERTIFICATE-----" }
  }

  expect_failures = [var.public_keys]
}

run "signing_with_a_key_that_is_not_there_is_refused" {
  command = plan

  variables {
    signing_key = "z"
  }

  expect_failures = [var.signing_key]
}
