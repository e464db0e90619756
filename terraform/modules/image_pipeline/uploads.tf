# Quarantine: what clients post, never served to anyone.
resource "aws_s3_bucket" "uploads" {
  # checkov:skip=CKV_AWS_18:each post has a policy that the API signed and logged; CloudTrail says who else came
  # checkov:skip=CKV_AWS_21:a deleted upload, GPS position and all, is to be gone
  # checkov:skip=CKV_AWS_144:uploads live for days, and in one place
  # checkov:skip=CKV_AWS_145:AES256 unless a customer key is named

  bucket        = "${var.name}-uploads-${local.bucket_suffix}"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket                  = aws_s3_bucket.uploads.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    # With a customer key a browser's POST needs no more than before: S3 uses the key in the name of who signed the form.
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }

    # One call of KMS for many objects, not one for each.
    bucket_key_enabled = var.kms_key_arn == null ? null : true
  }
}

# Deliberately not versioned: a deleted upload, GPS position and all, is to be gone.
resource "aws_s3_bucket_lifecycle_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    id     = "expire-uploads"
    status = "Enabled"

    filter {}

    expiration {
      days = var.uploads_expire_after_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# Browsers post files here straight from the page; nothing is ever read across origins.
resource "aws_s3_bucket_cors_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  cors_rule {
    allowed_methods = ["POST"]
    allowed_origins = var.cors_allow_origins
    allowed_headers = ["*"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_policy" "uploads" {
  count = var.require_tls ? 1 : 0

  bucket = aws_s3_bucket.uploads.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.uploads.arn, "${aws_s3_bucket.uploads.arn}/*"]
      Condition = local.insecure_transport
    }]
  })

  # S3 refuses two changes of a bucket's access rules at once.
  depends_on = [aws_s3_bucket_public_access_block.uploads]
}

resource "aws_s3_bucket_notification" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  queue {
    id            = "image-jobs"
    queue_arn     = aws_sqs_queue.image_jobs.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "uploads/"
  }

  # S3 sends a test event first, and refuses the configuration when it can't.
  depends_on = [aws_sqs_queue_policy.image_jobs]
}
