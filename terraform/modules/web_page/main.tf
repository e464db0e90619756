# The page: static files in a private bucket, and CloudFront before them, which reads it in nobody's name but its own. The
# API is under the same origin, as /<stage>/* (distribution.tf), so that a browser asks no leave to call it.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Everything in it is in the repository, and is meant for everybody.
resource "aws_s3_bucket" "page" {
  # checkov:skip=CKV_AWS_18:CloudFront alone reads it, and what it reads is public
  # checkov:skip=CKV_AWS_21:git has each version of each file
  # checkov:skip=CKV_AWS_144:one region is the service's; an apply writes all files again
  # checkov:skip=CKV_AWS_145:AES256 unless a customer key is named
  # checkov:skip=CKV2_AWS_61:nothing in it grows old: an apply deletes what is no longer served
  # checkov:skip=CKV2_AWS_62:nothing works on the files of the page

  # Bucket names are one namespace for all accounts and regions.
  bucket        = "${var.name}-page-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.name}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "page" {
  bucket                  = aws_s3_bucket.page.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "page" {
  bucket = aws_s3_bucket.page.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "page" {
  bucket = aws_s3_bucket.page.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }

    # One call of KMS for many objects, not one for each.
    bucket_key_enabled = var.kms_key_arn == null ? null : true
  }
}

resource "aws_s3_bucket_policy" "page" {
  bucket = aws_s3_bucket.page.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      # Denied to everybody, whatever else allows it.
      var.require_tls ? [{
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.page.arn, "${aws_s3_bucket.page.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }] : [],
      # That one distribution: any other of CloudFront's, of whatever account, is the same principal. Listing is what makes
      # S3 say 404, and not 403, of a file that is not there; no request of a browser's can become a listing.
      [{
        Sid       = "CloudFrontReadsThePage"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = ["s3:GetObject", "s3:ListBucket"]
        Resource  = [aws_s3_bucket.page.arn, "${aws_s3_bucket.page.arn}/*"]
        Condition = { StringEquals = { "aws:SourceArn" = aws_cloudfront_distribution.page.arn } }
      }],
    )
  })

  # S3 refuses two changes of a bucket's access rules at once.
  depends_on = [aws_s3_bucket_public_access_block.page]
}

locals {
  # All but what is read by Terraform, by people, or made below.
  files = toset([
    for file in fileset(var.directory, "**") : file
    if !contains(["config.json", "security_headers.json"], file) && !endswith(file, ".md")
  ])

  content_types = {
    css  = "text/css; charset=utf-8"
    html = "text/html; charset=utf-8"
    js   = "text/javascript; charset=utf-8"
    json = "application/json"
    png  = "image/png"
    svg  = "image/svg+xml"
    txt  = "text/plain; charset=utf-8"
  }

  # A browser may keep a file, but asks each time whether it is still the same (304): after a deploy nobody works with new
  # files beside old ones. For as long as an apply itself takes to write them, one can.
  cache_control = "no-cache"
}

resource "aws_s3_object" "files" {
  for_each = local.files

  bucket        = aws_s3_bucket.page.id
  key           = each.value
  source        = "${var.directory}/${each.value}"
  source_hash   = filemd5("${var.directory}/${each.value}") # with a customer key, an ETag is no hash
  content_type  = lookup(local.content_types, reverse(split(".", each.value))[0], null)
  cache_control = local.cache_control

  # What is there before it would stay encrypted in another way.
  depends_on = [aws_s3_bucket_ownership_controls.page, aws_s3_bucket_server_side_encryption_configuration.page]

  lifecycle {
    precondition {
      condition     = contains(keys(local.content_types), reverse(split(".", each.value))[0])
      error_message = "Say in content_types what ${each.value} is: no browser may guess it."
    }

    precondition {
      condition     = !var.api_under_same_origin || !startswith(each.value, "${var.stage}/")
      error_message = "${each.value} would be asked of the API: whatever begins with /${var.stage}/ is."
    }
  }
}

# Where the page's cloud is: all that it is told.
resource "aws_s3_object" "config" {
  bucket        = aws_s3_bucket.page.id
  key           = "config.json"
  content       = jsonencode({ api_url = local.api_url, sign_in_url = var.sign_in_url, client_id = var.client_id })
  content_type  = local.content_types.json
  cache_control = local.cache_control

  depends_on = [aws_s3_bucket_ownership_controls.page, aws_s3_bucket_server_side_encryption_configuration.page]
}

locals {
  api_url = var.api_under_same_origin ? "/${var.stage}" : coalesce(var.api_url, "https://${local.api_host}/${var.stage}")

  # Of what the API is known by before its stage is there: the stage waits for the functions, they for the app client, and
  # that for the page's address.
  api_host = "${var.api_id}.execute-api.${data.aws_region.current.name}.${data.aws_partition.current.dns_suffix}"
}
