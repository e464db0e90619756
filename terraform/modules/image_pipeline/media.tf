# What the worker cleaned: the only images that are ever served, by short-lived signed URLs of S3 or CloudFront.
resource "aws_s3_bucket" "media" {
  # checkov:skip=CKV_AWS_18:each read has a URL that the API signed and logged; CloudTrail says who else came
  # checkov:skip=CKV_AWS_144:one region is the service's; versions bring back what was deleted by mistake
  # checkov:skip=CKV_AWS_145:AES256 unless a customer key is named
  # checkov:skip=CKV2_AWS_62:nothing works on renditions

  bucket        = "${var.name}-media-${local.bucket_suffix}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "media" {
  bucket                  = aws_s3_bucket.media.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "media" {
  bucket = aws_s3_bucket.media.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "media" {
  bucket = aws_s3_bucket.media.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }

    # One call of KMS for many objects, not one for each.
    bucket_key_enabled = var.kms_key_arn == null ? null : true
  }
}

# Originals are gone soon: a rendition deleted by mistake could not be made again.
resource "aws_s3_bucket_versioning" "media" {
  bucket = aws_s3_bucket.media.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "media" {
  bucket = aws_s3_bucket.media.id

  rule {
    id     = "expire-what-was-deleted"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.media_noncurrent_expire_after_days
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.media]
}

locals {
  media_policy_statements = concat(
    var.require_tls ? [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.media.arn, "${aws_s3_bucket.media.arn}/*"]
      Condition = local.insecure_transport
    }] : [],
    # That one distribution: any other of CloudFront's, of whatever account, is the same principal.
    var.media_distribution == null ? [] : [{
      Sid       = "CloudFrontReadsRenditions"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = ["${aws_s3_bucket.media.arn}/media/*"]
      Condition = { StringEquals = { "aws:SourceArn" = var.media_distribution.arn } }
    }],
  )
}

resource "aws_s3_bucket_policy" "media" {
  count = var.require_tls || var.media_distribution != null ? 1 : 0

  bucket = aws_s3_bucket.media.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.media_policy_statements })

  depends_on = [aws_s3_bucket_public_access_block.media]
}
