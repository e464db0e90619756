# Signs each of CloudFront's requests to the bucket.
resource "aws_cloudfront_origin_access_control" "page" {
  name                              = "${var.name}-page"
  description                       = "Reads the page's bucket of ${var.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

locals {
  # Policies that CloudFront brings along, the same in each account, by the ids in its Developer Guide: to look them up by name
  # would take a plan more rights, and a call each.
  managed = {
    caching_optimized             = "658327ea-f89d-4fab-a63d-7439e1bf2b29" # compresses; no-cache is a second at an edge
    caching_disabled              = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    all_viewer_except_host_header = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # Authorization among all others
  }
}

resource "aws_cloudfront_distribution" "page" {
  # checkov:skip=CKV_AWS_68:the page is the same few files for everybody; a site's own web ACL comes by web_acl_arn
  # checkov:skip=CKV_AWS_86:the API logs what it is asked; who reads the page is nobody's business
  # checkov:skip=CKV_AWS_174:TLS 1.2 wherever a site brings its own certificate; CloudFront's own name knows no choice
  # checkov:skip=CKV_AWS_310:one region is the service's
  # checkov:skip=CKV_AWS_374:readers are anywhere
  # checkov:skip=CKV2_AWS_42:the site's own certificate comes with its own names
  # checkov:skip=CKV2_AWS_47:nothing behind it runs Java

  comment             = "Page of ${var.name}"
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  aliases             = var.aliases
  web_acl_id          = var.web_acl_arn
  default_root_object = "index.html"

  # The functions wait for the app client, and that for the page's address, which is known at once: until each edge knows the
  # page, minutes later, they need not wait.
  wait_for_deployment = false

  origin {
    origin_id                = "page"
    domain_name              = aws_s3_bucket.page.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.page.id
  }

  default_cache_behavior {
    target_origin_id           = "page"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "redirect-to-https"
    compress                   = true
    cache_policy_id            = local.managed.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.page.id
  }

  # Deliberately no origin_path: /dev/articles is the stage's own path at API Gateway, so nothing has to be rewritten at the
  # edge. Host is the one header that stays behind: API Gateway knows itself by it.
  dynamic "origin" {
    for_each = var.api_under_same_origin ? ["api"] : []

    content {
      origin_id   = "api"
      domain_name = local.api_host

      custom_origin_config {
        http_port              = 80
        https_port             = 443
        origin_protocol_policy = "https-only"
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.api_under_same_origin ? ["api"] : []

    content {
      path_pattern             = "/${var.stage}/*"
      target_origin_id         = "api"
      allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
      cached_methods           = ["GET", "HEAD"]
      viewer_protocol_policy   = "https-only" # a redirect would only hide that a token went in clear
      compress                 = false
      cache_policy_id          = local.managed.caching_disabled
      origin_request_policy_id = local.managed.all_viewer_except_host_header
    }
  }

  # These would stand for the whole distribution. Deliberately no page for any of them: index.html in place of S3's 404 would
  # take the API's problems away as well, and a page whose addresses are behind the # needs none. But CloudFront keeps errors
  # for 10 seconds also where caching is disabled, and whoever asks next gets them, whatever their token: a draft's 404 for a
  # stranger would be its author's.
  dynamic "custom_error_response" {
    for_each = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.certificate_arn == null
    acm_certificate_arn            = var.certificate_arn
    ssl_support_method             = var.certificate_arn == null ? null : "sni-only"
    minimum_protocol_version       = var.certificate_arn == null ? "TLSv1" : "TLSv1.2_2021" # the first is no choice of ours
  }

  lifecycle {
    precondition {
      condition     = (length(var.aliases) > 0) == (var.certificate_arn != null)
      error_message = "Names of one's own and a certificate for them come together."
    }
  }
}
