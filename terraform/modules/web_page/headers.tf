# What browsers may do with the page: services/web/security_headers.json, which whoever serves the page locally reads, too.
# CloudFront wants each header where it knows one of that name, and takes the others as they are.
locals {
  # A place in braces with nobody to name is left out together with the blank before it.
  places = {
    media_origin   = var.media_origin
    api_origin     = var.api_under_same_origin ? null : regex("^https?://[^/]+", local.api_url)
    uploads_origin = var.uploads_origin
    sign_in_origin = var.sign_in_url
  }
  filled = { for place, origin in local.places : place => origin == null ? "" : " ${origin}" }

  headers = { for header, value in jsondecode(file("${var.directory}/security_headers.json")) : header => replace(
    replace(
      replace(
        replace(value, " {media_origin}", local.filled.media_origin),
        " {api_origin}", local.filled.api_origin
      ), " {uploads_origin}", local.filled.uploads_origin
    ), " {sign_in_origin}", local.filled.sign_in_origin
  ) }

  known = ["Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options"]
}

resource "aws_cloudfront_response_headers_policy" "page" {
  # checkov:skip=CKV_AWS_259:two years; whether subdomains and browsers' lists are told too is for the owner of the name to say

  name    = "${var.name}-page"
  comment = "What browsers may do with the page"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.headers["Content-Security-Policy"]
      override                = true
    }

    # It knows one value, nosniff.
    content_type_options {
      override = true
    }

    frame_options {
      frame_option = local.headers["X-Frame-Options"]
      override     = true
    }

    referrer_policy {
      referrer_policy = local.headers["Referrer-Policy"]
      override        = true
    }

    # Not in the file: locally there is no TLS.
    strict_transport_security {
      access_control_max_age_sec = 63072000
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = { for header, value in local.headers : header => value if !contains(local.known, header) }

      content {
        header   = items.key
        value    = items.value
        override = true
      }
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

  lifecycle {
    precondition {
      condition     = local.headers["X-Content-Type-Options"] == "nosniff" && !strcontains(join("", values(local.headers)), "{")
      error_message = "services/web/security_headers.json has a place in braces that nobody fills, or another X-Content-Type-Options."
    }
  }
}
