# CloudFront before the media bucket: the headers that a presigned URL of S3 cannot send, and copies near the readers. Who
# reads needs a URL that the API signed, as without it.

# CloudFront's alone may read the bucket (its policy is in image_pipeline), and signs each of its requests.
resource "aws_cloudfront_origin_access_control" "this" {
  name                              = "${var.name}-media"
  description                       = "Reads the media bucket of ${var.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Whose signatures are good. Two while one replaces the other.
resource "aws_cloudfront_public_key" "this" {
  for_each = var.public_keys

  name        = "${var.name}-media-${each.key}"
  comment     = "Checks URLs of renditions of ${var.name}"
  encoded_key = "${trimspace(each.value)}\n" # CloudFront gives it back so; any other end were a change in each plan

  # One that was replaced leaves the group before it goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudfront_key_group" "this" {
  name    = "${var.name}-media"
  comment = "Signs URLs of renditions of ${var.name}"
  items   = [for key in aws_cloudfront_public_key.this : key.id]
}

# A rendition never changes, but it is deleted with its image: for a minute longer, an edge may still have it. What the
# worker writes says private to everybody else. No parameter is part of the key, and so none is passed on: the signature's
# are checked and taken off, and S3's response-* never get there.
resource "aws_cloudfront_cache_policy" "this" {
  name        = "${var.name}-media"
  comment     = "A minute, whatever the parameters"
  min_ttl     = 60
  default_ttl = 60
  max_ttl     = 60

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = false # a JPEG is compressed
    enable_accept_encoding_gzip   = false

    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }
}

# A rendition is a picture and nothing else, also for a browser that would guess, and it runs nothing where it is opened.
resource "aws_cloudfront_response_headers_policy" "this" {
  # checkov:skip=CKV_AWS_259:two years; whether subdomains and browsers' lists are told too is for the owner of the name to say

  name    = "${var.name}-media"
  comment = "What browsers may do with a rendition"

  security_headers_config {
    content_type_options {
      override = true
    }

    content_security_policy {
      content_security_policy = "default-src 'none'; frame-ancestors 'none'; sandbox"
      override                = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "no-referrer" # the address is a secret while it lasts
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 63072000
      override                   = true
    }
  }

  custom_headers_config {
    # Pages of other origins show pictures: that is what they are for.
    items {
      header   = "Cross-Origin-Resource-Policy"
      value    = "cross-origin"
      override = true
    }
  }

  # S3 names the key that it encrypts with, and so the account.
  remove_headers_config {
    items {
      header = "x-amz-server-side-encryption"
    }

    items {
      header = "x-amz-server-side-encryption-aws-kms-key-id"
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_68:each request needs a URL that the API signed; a flood of others ends at the edge
  # checkov:skip=CKV_AWS_86:logs would hold signed URLs, which are good for a quarter of an hour
  # checkov:skip=CKV_AWS_174:TLS 1.2 wherever a site brings its own certificate; CloudFront's own name knows no choice
  # checkov:skip=CKV_AWS_305:there is nothing to show at /
  # checkov:skip=CKV_AWS_310:one region is the service's
  # checkov:skip=CKV_AWS_374:readers are anywhere
  # checkov:skip=CKV2_AWS_42:the site's own certificate comes with its own names
  # checkov:skip=CKV2_AWS_47:nothing behind it runs Java, or anything else

  comment         = "Renditions of ${var.name}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  aliases         = var.aliases

  # Deliberately no logging_config: a log would hold signed URLs, which are good for a quarter of an hour.

  origin {
    origin_id                = "media"
    domain_name              = var.bucket_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = "media"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "https-only"
    compress                   = false
    cache_policy_id            = aws_cloudfront_cache_policy.this.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    trusted_key_groups         = [aws_cloudfront_key_group.this.id]
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
