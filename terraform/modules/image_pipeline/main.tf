# From an upload to its announcement: the two buckets, the queue between S3 and the worker, the topic after it.
# Functions are none of its business: they are wired to it where both are known (modules/gazette), so that this module and
# the functions' modules depend on each other in one direction only.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Bucket names are one namespace for all accounts and regions.
  bucket_suffix = "${data.aws_caller_identity.current.account_id}-${data.aws_region.current.name}"

  # Denied to everybody, whatever else allows it.
  insecure_transport = { Bool = { "aws:SecureTransport" = "false" } }
}
